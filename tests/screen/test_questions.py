from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.engine.ray_executor import dask_on_ray
from hitsieve.errors import ClusterError, InputError, UsageError
from hitsieve.screen import run_screen
from hitsieve.screen.questions import ask, consensus, histogram, selectivity
from hitsieve.screen.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine import Executor
    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


@pytest.fixture
def pair(configure: Configure, sources: FakeSources) -> tuple[Scores, Scores]:
    a = run_screen(configure("a", models=["gnn@1"]), sources=sources).folder
    b = run_screen(configure("b", models=["forest@2"]), sources=sources).folder
    return Scores.open(a, "CDK2/cyclin A"), Scores.open(b, "shape")


def places(scores: Scores) -> dict[str, float]:
    rows = [r for t in scores.tables() for r in t.to_pylist() if r["score"] is not None]
    sign = 1 if scores.higher_is_better else -1
    values = np.array([sign * row["score"] for row in rows])
    return {
        row["compound_id"]: float((values > sign * row["score"]).sum() / (len(rows) - 1))
        for row in rows
    }


def test_selective_compounds_are_strong_here_and_weak_there(pair: tuple[Scores, Scores]) -> None:
    on, off = places(pair[0]), places(pair[1])
    expected = sorted((on[c] - off[c], c) for c in on.keys() & off.keys())[:12]
    found = selectivity(*pair, k=12).to_pylist()
    assert [row["compound_id"] for row in found] == [c for _, c in expected]
    assert [row["selectivity"] for row in found] == pytest.approx([-d for d, _ in expected])
    assert all(row["place_on"] < row["place_off"] for row in found)
    strict = selectivity(*pair, k=500, margin=0.5)
    assert strict.num_rows == sum(on[c] - off[c] <= -0.5 for c in on.keys() & off.keys()) > 3


def test_consensus_is_the_mean_place(pair: tuple[Scores, Scores]) -> None:
    on, off = places(pair[0]), places(pair[1])
    expected = sorted(((on[c] + off[c]) / 2, c) for c in on.keys() & off.keys())[:9]
    found = consensus(pair, k=9).to_pylist()
    assert [row["compound_id"] for row in found] == [c for _, c in expected]
    assert [row["mean_place"] for row in found] == pytest.approx([m for m, _ in expected])
    assert all(row["worst_place"] >= row["mean_place"] for row in found)


def test_any_question_may_be_asked(pair: tuple[Scores, Scores]) -> None:
    first, second = pair
    found = ask("select count(*) n from a join b using (compound_id)", a=first, b=second)
    assert found.to_pylist() == [{"n": 132}]
    with pytest.raises(UsageError, match="cannot name a table"):
        ask("select 1", **{"a b": first})


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_histograms_count_all_scores(pair: tuple[Scores, Scores], scheduler: str) -> None:
    found = histogram(pair[0], [0, 8, 16, 24], scheduler=scheduler)
    scores = np.concatenate([t["score"].to_numpy() for t in pair[0].tables()])
    known = scores[~np.isnan(scores)]
    assert list(found.counts) == np.histogram(known, [0, 8, 16, 24])[0].tolist()
    assert found.above == (known > 24).sum()
    assert found.missing == len(scores) - len(known)


@pytest.mark.ray
def test_histograms_are_the_same_on_ray(
    pair: tuple[Scores, Scores], ray_executor: Executor
) -> None:
    assert ray_executor.name == "ray"
    edges = [0, 5, 10, 20, 32]
    assert histogram(pair[1], edges, scheduler=dask_on_ray()) == histogram(pair[1], edges)


def test_wrong_questions_are_refused(pair: tuple[Scores, Scores]) -> None:
    with pytest.raises(UsageError, match="at least 2"):
        consensus(pair[:1])
    with pytest.raises(UsageError, match="must not be negative"):
        selectivity(*pair, k=-1)
    with pytest.raises(InputError, match="do not increase"):
        histogram(pair[0], [1, 1])


def test_dask_on_ray_needs_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(ClusterError, match="joined no Ray cluster"):
        dask_on_ray()
