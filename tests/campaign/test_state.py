from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign.picks import Pick
from hitsieve.campaign.state import CampaignFolder, Chosen
from hitsieve.errors import ChecksumError, NotFoundError, UsageError
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

PICKS = [Pick("b", "greedy", 2.0), Pick("a", "random")]
LABELS = FakeOracle({"a": "raise"}).measure([("b", "CC")])


def test_picks_and_labels_come_back(tmp_path: Path) -> None:
    folder = CampaignFolder(tmp_path, {"seed": 1})
    assert folder.choice(0) is None
    assert not folder.finished(0)
    assert folder.choose(0, Chosen("m@1", tuple(PICKS))).picks == tuple(PICKS)
    found = folder.finish(0, LABELS)
    assert found.model == "m@1"
    assert found.picks == tuple(PICKS)
    assert found.labels.equals(LABELS)
    assert CampaignFolder(tmp_path, {"seed": 1}).round(0).values == [2.0]


def test_the_first_choice_stands(tmp_path: Path) -> None:
    folder = CampaignFolder(tmp_path, {})
    folder.choose(0, Chosen("m@1", tuple(PICKS)))
    assert folder.choose(0, Chosen("m@2", tuple(PICKS[:1]))).model == "m@1"


def test_another_plan_is_refused_naming_what_differs(tmp_path: Path) -> None:
    CampaignFolder(tmp_path, {"seed": 1, "oracle": "x"})
    with pytest.raises(UsageError, match='oracle was "x" and is "y"'):
        CampaignFolder(tmp_path, {"seed": 1, "oracle": "y"})


@pytest.mark.parametrize("text", ["", "{}", '{"model": "m", "picks": [{"wrong": 1}]}'])
def test_damaged_picks_are_refused(tmp_path: Path, text: str) -> None:
    folder = CampaignFolder(tmp_path, {})
    folder.choose(0, Chosen("m@1", tuple(PICKS)))
    (tmp_path / "rounds" / "round-000.picks.json").write_text(text)
    with pytest.raises(ChecksumError, match="damaged"):
        folder.choice(0)


def test_a_round_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="round-003"):
        CampaignFolder(tmp_path, {}).round(3)
