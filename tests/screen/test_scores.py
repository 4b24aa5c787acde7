from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import IncompleteError, NotFoundError, UsageError
from hitsieve.screen import plan_screen, run_screen, top_hits
from hitsieve.screen.claim import claim_folder
from hitsieve.screen.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


@pytest.fixture
def folder(configure: Configure, sources: FakeSources) -> Path:
    return run_screen(configure(), sources=sources).folder


@pytest.mark.parametrize("target", ["CDK2/cyclin A", "shape"])
def test_ranks_are_places_in_the_full_list(folder: Path, target: str) -> None:
    scores = Scores.open(folder, target, "gnn@1")
    full = top_hits(folder, target, "gnn@1", 10_000).to_pylist()
    names = [row["compound_id"] for row in full]
    found = scores.ranks([*names[::3], "absent", names[0]])
    expected = {
        row["compound_id"]: (place, row["score"])
        for place, row in enumerate(full, 1)
        if row["score"] is not None and row["compound_id"] in names[::3]
    }
    assert found == expected


def test_a_dataset_holds_all_rows_and_a_top_the_best(folder: Path) -> None:
    scores = Scores.open(folder, "shape", "forest@2")
    assert scores.dataset().count_rows() == sum(t.num_rows for t in scores.tables()) == 132
    assert scores.top(4).equals(top_hits(folder, "shape", "forest@2", 4))
    assert scores.name == "screen/shape by forest@2"


def test_what_is_not_there_is_said(
    folder: Path, configure: Configure, sources: FakeSources
) -> None:
    with pytest.raises(UsageError, match="several models"):
        Scores.open(folder, "shape")
    with pytest.raises(NotFoundError, match="no target"):
        Scores.open(folder, "form")
    claim_folder(plan_screen(configure("begun"), sources), configure("begun").output)
    with pytest.raises(NotFoundError, match="no scores of shape by gnn@1 yet"):
        Scores.open(configure("begun").output, "shape", "gnn@1")


def test_an_unfinished_screen_gives_what_it_has(configure: Configure, sources: FakeSources) -> None:
    with pytest.raises(IncompleteError):
        run_screen(configure(), sources=replace(sources, broken="shard-00003"))
    scores = Scores.open(configure().output, "shape", "gnn@1")
    assert [key.rsplit("-", 1)[1] for key in scores.files] == ["00000", "00001", "00002", "00004"]
