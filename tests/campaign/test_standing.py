from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from hitsieve.campaign.picks import Pick
from hitsieve.campaign.rounds import Round
from hitsieve.campaign.standing import fingerprint_of, settled, standing
from hitsieve.campaign.state import CampaignFolder
from hitsieve.errors import ChecksumError
from hitsieve.oracles.inbox import InboxConfig, InboxOracle
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

IDS = ("a", "b", "c")


def a_round(number: int, ids: tuple[str, ...], value: float) -> Round:
    pairs = [(name, "CCO") for name in ids]
    labels = label_rows(FakeOracle(), pairs, [Measurement(value)] * len(ids))
    return Round(number, "m", tuple(Pick(name, "greedy") for name in ids), labels)


@pytest.fixture
def bench(tmp_path: Path) -> InboxOracle:
    """A laboratory that was asked for three compounds."""
    config = InboxConfig(
        folder=tmp_path / "inbox", target="length", endpoint="l", unit="1", controls=()
    )
    oracle = InboxOracle(config)
    picks = {"compound_id": IDS, "smiles": ["CCO"] * 3, "reason": ["x"] * 3}
    oracle.ask(pa.table(picks), batch="b")
    return oracle


def tell(oracle: InboxOracle, folder: Path, **values: float) -> None:
    path = folder / "r.csv"
    rows = [f"{name},{value},1" for name, value in values.items()]
    path.write_text("\n".join(["compound_id,value,unit", *rows]))
    oracle.tell(path, revise=True)


def test_what_a_program_measured_stands_as_it_was_committed() -> None:
    rounds = [a_round(0, IDS, 7.0)]
    assert standing(FakeOracle(), rounds) == rounds


def test_what_a_laboratory_told_is_joined_anew(bench: InboxOracle, tmp_path: Path) -> None:
    rounds = [a_round(0, IDS[:2], 7.0), a_round(1, IDS[2:], 7.0), a_round(2, (), 0.0)]
    assert [str(v) for one in standing(bench, rounds) for v in one.values] == ["nan"] * 3
    tell(bench, tmp_path, c=5.0, a=3.0)
    now = standing(bench, rounds)
    assert [[str(value) for value in one.values] for one in now] == [["3.0", "nan"], ["5.0"], []]
    before = fingerprint_of(now)
    assert fingerprint_of(standing(bench, rounds)) == before
    tell(bench, tmp_path, a=4.0)
    assert fingerprint_of(standing(bench, rounds)) != before


def test_what_a_round_is_chosen_by_is_kept(bench: InboxOracle, tmp_path: Path) -> None:
    folder = CampaignFolder(tmp_path / "c", {})
    rounds = [a_round(0, IDS[:2], 7.0), a_round(1, IDS[2:], 7.0)]
    tell(bench, tmp_path, a=3.0, b=4.0, c=5.0)
    first = settled(folder, 2, standing(bench, rounds))
    assert [one.values for one in first] == [[3.0, 4.0], [5.0]]
    tell(bench, tmp_path, a=9.0)
    again = settled(folder, 2, standing(bench, rounds))
    assert [one.values for one in again] == [[3.0, 4.0], [5.0]]
    folder.unsettle(2)
    anew = settled(folder, 2, standing(bench, rounds))
    assert [one.values for one in anew] == [[9.0, 4.0], [5.0]]
    with pytest.raises(ChecksumError, match="labels of other rounds"):
        settled(folder, 2, standing(bench, rounds[:1]))
