from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.acquisition.desirability import TransformConfig, desirability
from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.choose import Wanted, next_round
from hitsieve.campaign.joined import JoinedScores
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.ranking import View
from hitsieve.library import Library
from hitsieve.schema import SCORES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.campaign.picks import Pick

LINEAR = TransformConfig(kind="linear", low=0.0, high=1.0)
WISHES = tuple(ComponentConfig(target=name, transform=LINEAR) for name in ("a", "b"))
BOTH = ObjectiveConfig(components=WISHES)
AROUND = ObjectiveConfig(components=WISHES, aggregate="pareto", directions=16)
SUM = ObjectiveConfig(components=WISHES, aggregate="mean")


def table(ids: Sequence[str], score: Sequence[float], std: float) -> pa.Table:
    n = len(ids)
    return SCORES.build(
        {
            "compound_id": ids,
            "score": score,
            "std": [std] * n,
            "lower": score,
            "upper": score,
            "in_domain": [True] * n,
            "status": ["ok"] * n,
        }
    )


def joined(
    library: Path,
    objective: ObjectiveConfig,
    points: np.ndarray,
    *,
    std: float = 1e-6,
    seed: int = 1,
) -> JoinedScores:
    """Scores of the pool's first compounds, foretold to be at some points."""
    ids = sorted(names(library))[: len(points)]
    tables = tuple([table(ids, column.tolist(), std)] for column in points.T)
    return JoinedScores(objective, ("a", "b"), tables, library, objective.drawn(seed), seed)


def names(library: Path) -> list[str]:
    tables = Library.open(library).iter_tables(["compound_id"])
    return [name for one in tables for name in one[0].to_pylist()]


def test_what_is_foretold_is_on_the_scale_of_what_is_measured(library: Path) -> None:
    points = np.random.default_rng(1).random((40, 2))
    (found,) = joined(library, AROUND, points)
    assert found["score"].to_numpy() == pytest.approx(np.sqrt(points.prod(axis=1)), abs=1e-3)
    (plain,) = joined(library, BOTH, points)
    assert plain.equals(found)


def test_each_side_has_columns_of_its_own_and_the_same_scores(library: Path) -> None:
    points = np.random.default_rng(1).random((40, 2))
    scores = joined(library, AROUND, points, std=0.1)
    (plain,), (seen,) = scores, scores.from_sides(scores.directions[:2])
    assert seen.select(SCORES.names).equals(plain)
    assert seen.column_names[len(SCORES.names) :] == ["score.0", "std.0", "score.1", "std.1"]
    assert not seen["score.0"].equals(seen["score.1"])
    for name in ("score.0", "score.1"):
        assert 0 <= seen[name].to_numpy().min() <= seen[name].to_numpy().max() <= 1


def test_the_value_to_beat_is_measured_on_the_scale_of_its_side(library: Path) -> None:
    measured = np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5], [np.nan, 1.0]])
    scores = joined(library, AROUND, measured[:3])
    sides = scores.from_sides([(0.9, 0.1), (0.1, 0.9)])
    (seen,) = sides
    views = sides.views(measured, AcquisitionConfig(kind="ei"))
    for place, view in enumerate(views):
        # The predictions are what was measured: the best of them is what has to be beaten.
        assert view.best == pytest.approx(seen[view.score].to_numpy().max(), abs=1e-4)
        assert int(seen[view.score].to_numpy().argmax()) == place


DENT = np.array([[t, (1 - t) ** 2] for t in np.linspace(0, 1, 41)])
WITHIN = DENT[::2] * 0.6


def chosen(library: Path, objective: ObjectiveConfig, n: int) -> np.ndarray:
    """Where the picks of a round lie."""
    points = np.concatenate([DENT, WITHIN])[: len(names(library))]
    scores = joined(library, objective, points)
    sides = scores.from_sides(scores.directions)
    looked = sides if scores.directions else scores
    greedy = AcquisitionConfig(kind="greedy")
    views = sides.views(points[:1], greedy) or [View()]
    config = CampaignConfig(library=library, folder=library, acquisition=greedy)
    wanted = Wanted(n=n, controls=(), taken=frozenset(), measured=frozenset(), money=None, seed=1)
    picks: list[Pick] = next_round(
        config, Library.open(library), looked, wanted, higher_is_better=True, views=views
    )
    place = {name: row for row, name in enumerate(sorted(names(library)))}
    return points[[place[one.compound_id] for one in picks]]


def test_a_dent_of_the_front_is_reached_where_a_sum_finds_its_ends_alone(library: Path) -> None:
    found, summed = chosen(library, AROUND, 12), chosen(library, SUM, 12)
    assert len(found) == len(summed) == 12
    on_front = {tuple(point) for point in DENT}
    assert all(tuple(point) in on_front for point in found)
    middle = (found[:, 0] > 0.2) & (found[:, 0] < 0.8)
    assert middle.sum() >= 4
    assert (found[:, 0] > 0.8).any()
    assert (found[:, 1] > 0.8).any()
    assert not ((summed[:, 0] > 0.2) & (summed[:, 0] < 0.8)).any()


def test_a_descriptor_counts_as_it_is(library: Path) -> None:
    heavy = TransformConfig(low=5.0, high=25.0)
    wishes = (WISHES[0], ComponentConfig(property="heavy_atoms", transform=heavy))
    objective = ObjectiveConfig(components=wishes)
    ids = sorted(names(library))[:9]
    one = JoinedScores(objective, ("a",), ([table(ids, [0.5] * 9, 1e-6)],), library, (), 1)
    (found,) = one
    rows = Library.open(library).lookup(ids, ["heavy_atoms"])["heavy_atoms"].to_numpy()
    expected = np.sqrt(0.5 * desirability(heavy, rows))
    assert found["score"].to_numpy() == pytest.approx(expected, abs=1e-3)
