from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign.picks import Pick
from hitsieve.campaign.state import Round
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.report import campaign_learned
from hitsieve.report.campaign_learned import chemistry
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from hitsieve.campaign.run import Campaign

GOOD, POOR = "c1ccc2ncccc2c1", "c1ccncc1"


def _rounds(higher: bool) -> list[Round]:  # noqa: FBT001 - one switch of a test
    """Quinolines are good, pyridines poor, and chlorine for fluorine helps by one."""
    sign = 1.0 if higher else -1.0
    compounds = []
    for n in range(1, 9):
        tail = "C" * n
        for group, gain in (("F", 0.0), ("Cl", 1.0)):
            # The halogen on one ring, the tail on the other.
            compounds.append((f"{group}c1ccc2nc({tail})ccc2c1", 8.0 + gain + 0.01 * n))
            compounds.append((f"{group}c1cc({tail})ccn1", 5.0 + gain - 0.01 * n))
    pairs = [(f"K{i}", smiles) for i, (smiles, _) in enumerate(compounds)]
    found = [Measurement(sign * value) for _, value in compounds]
    picks = tuple(Pick(name, "gain") for name, _ in pairs)
    return [Round(1, "m", picks, label_rows(FakeOracle(), pairs, found))]


def _learned(campaign: Campaign, *, higher: bool, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(campaign.oracle, "higher_is_better", higher)
    return chemistry(campaign, _rounds(higher))


@pytest.mark.parametrize("higher", [True, False])
def test_kinds_and_exchanges_that_helped(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, *, higher: bool
) -> None:
    found = _learned(campaign, higher=higher, monkeypatch=monkeypatch)
    (scaffold,) = found.scaffolds
    assert scaffold.words == GOOD
    assert scaffold.group.count == 16
    assert "<svg" in scaffold.picture
    assert found.clusters
    assert all("2" in one.words for one in found.clusters), "fused rings"
    best = found.exchanges[0]
    assert (best.old, best.new) == ("F*", "Cl*")
    assert best.count == 16
    assert best.change.value == pytest.approx(1.0 if higher else -1.0, abs=0.15)
    assert best.change.low < best.change.value < best.change.high
    assert (found.compounds, found.measured) == (32, 32)


def test_of_many_compounds_a_random_part_is_looked_at(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_learned, "_MOST_COMPOUNDS", 20)
    found = _learned(campaign, higher=True, monkeypatch=monkeypatch)
    assert (found.compounds, found.measured) == (20, 32)
    assert sum(one.group.count for one in found.scaffolds) < 16


def test_failures_teach_nothing_and_break_nothing(campaign: Campaign) -> None:
    pairs = [("a", "CCO"), ("b", "CCN")]
    sick = FakeOracle({"a": "fail", "b": "fail"})
    picks = (Pick("a", "gain"), Pick("b", "gain"))
    found = chemistry(campaign, [Round(0, "", picks, sick.measure(pairs))])
    assert found.scaffolds == found.clusters == found.exchanges == ()
    assert replace(found, measured=0) == found
