from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.campaign.estimate import Estimate, Forecast, share_found
from hitsieve.campaign.rivals import expected_share
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DRAWS = 200


class Replay:
    """A campaign over a pool of known values: an audit, a first batch, and greedy rounds.

    Parameters
    ----------
    values
        (n,) true values; higher is better.
    predict
        From a round number and what is measured to (n,) predictions.
    size
        Of the audit and of each batch.
    rounds
        After the first batch.
    """

    def __init__(
        self,
        values: np.ndarray,
        predict: Callable[[int, np.ndarray], np.ndarray],
        *,
        size: int,
        rounds: int,
        rng: np.random.Generator,
    ) -> None:
        order = rng.permutation(len(values))
        self.audit, first = order[:size], order[size : 2 * size]
        free = np.ones(len(values), bool)
        free[self.audit] = False
        measured = first
        for number in range(rounds):
            free[measured] = False
            self.predicted = predict(number, measured)
            left = order[free[order]]
            self.batch = left[np.argsort(-self.predicted[left], kind="stable")[:size]]
            measured = np.concatenate([measured, self.batch])
        free[measured] = False
        self.values, self.measured, self.rest = values, measured, np.flatnonzero(free)

    def truth(self, fraction: float) -> float:
        known = self.values[np.concatenate([self.measured, self.audit])]
        top = int(np.ceil(fraction * len(self.values)))
        return expected_share(known, self.values[self.rest], top)

    def estimate(self, fraction: float, *, model: bool = True, seed: int = 0) -> Estimate:
        v, p = self.values, self.predicted
        forecast = Forecast(p[self.audit], p[self.batch], v[self.batch], p[self.rest])
        return share_found(
            fraction=fraction,
            pool=len(v),
            audit=v[self.audit],
            acquired=v[self.measured],
            higher_is_better=True,
            forecast=forecast if model else None,
            seed=seed,
        )


def synthetic(seed: int, *, n: int = 8000, size: int = 120, rounds: int = 4) -> Replay:
    """Values with a part that a surrogate sees better each round, and one it never sees.

    Every other pool has errors with heavier tails, as outliers make them.
    """
    rng = np.random.default_rng(seed)
    seen, drift = rng.standard_normal((2, n))
    unseen = rng.standard_normal(n) if seed % 2 else rng.standard_t(12, n) * np.sqrt(10 / 12)
    values = seen + 0.7 * unseen

    def predict(number: int, _measured: np.ndarray) -> np.ndarray:
        blur = 0.8 / (1 + number)
        return 0.3 + 0.9 * (seen + blur * drift) / (1 + blur**2)

    return Replay(values, predict, size=size, rounds=rounds, rng=rng)


def _coverage(replays: Iterable[Replay], fraction: float, *, model: bool = True) -> float:
    hits = []
    for seed, replay in enumerate(replays):
        found, truth = replay.estimate(fraction, model=model, seed=seed), replay.truth(fraction)
        assert 0 <= found.low <= found.value <= found.high <= 1
        hits.append(found.low - 1e-9 <= truth <= found.high + 1e-9)
    return float(np.mean(hits))


def test_interval_of_the_design_holds_without_assumptions() -> None:
    replays = [synthetic(seed, n=3000, size=300, rounds=2) for seed in range(60)]
    assert _coverage(replays, 0.05, model=False) >= 0.85


def test_predictions_narrow_the_interval() -> None:
    replay = synthetic(4)
    model, design = replay.estimate(0.01), replay.estimate(0.01, model=False)
    assert (model.method, design.method) == ("model", "design")
    assert model.high - model.low < 0.6 * (design.high - design.low)


def test_some_campaigns_are_covered() -> None:
    assert _coverage([synthetic(seed) for seed in range(10)], 0.01) >= 0.7


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "fraction",
    [
        0.01,
        pytest.param(
            0.002,
            marks=pytest.mark.xfail(
                strict=True,
                reason="covers 0.955: of the best 16 only whole ones are found, so an interval "
                "that holds the truth nine times in ten often reaches one further than it need",
            ),
        ),
    ],
)
def test_interval_covers_the_truth_on_synthetic_pools(fraction: float) -> None:
    covered = _coverage([synthetic(seed) for seed in range(DRAWS)], fraction)
    assert 0.85 <= covered <= 0.95


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
def test_interval_covers_the_truth_on_replayed_docking_scores() -> None:
    values, folded = _docking()
    replays = [_docked(values, folded, seed) for seed in range(DRAWS)]
    covered = [_coverage(replays, fraction) for fraction in (0.01, 0.002)]
    assert 0.85 <= np.mean(covered) <= 0.95


def _docking() -> tuple[np.ndarray, np.ndarray]:
    from hitsieve.chem.counts import count_fingerprints

    folder = os.environ.get("HITSIEVE_DATA_MIRROR")
    path = Path(folder or ".") / "molpal" / "Enamine10k_scores.csv.gz"
    if not path.is_file():
        pytest.skip("molpal is not in the folder named by HITSIEVE_DATA_MIRROR")
    with gzip.open(path, "rt") as stream:
        rows = [line.rstrip().split(",") for line in list(stream)[1:]]
    smiles, scores = zip(*rows, strict=True)
    counts = count_fingerprints(smiles, "atom_pairs")
    folded = np.log1p(counts.folded(1024)).astype(np.float32)
    return -np.array(scores, dtype=np.float64), folded - folded.mean(axis=0)


def _docked(values: np.ndarray, folded: np.ndarray, seed: int) -> Replay:
    def predict(_number: int, measured: np.ndarray) -> np.ndarray:
        x, y = folded[measured], values[measured]
        kernel = x @ x.T
        kernel[np.diag_indices(len(kernel))] += 0.3 * np.trace(kernel) / len(kernel)
        weights = x.T @ np.linalg.solve(kernel, y - y.mean())
        return folded @ weights.astype(np.float32) + y.mean()

    size = (52, 104, 209)[seed % 3]
    return Replay(values, predict, size=size, rounds=4, rng=np.random.default_rng(seed))


def test_lower_may_be_better() -> None:
    replay = synthetic(2)
    v, p = -replay.values, -replay.predicted
    mirrored = share_found(
        fraction=0.01,
        pool=len(v),
        audit=v[replay.audit],
        acquired=v[replay.measured],
        higher_is_better=False,
        forecast=Forecast(p[replay.audit], p[replay.batch], v[replay.batch], p[replay.rest]),
    )
    assert mirrored == replay.estimate(0.01)


def test_failures_are_no_compounds_of_the_top() -> None:
    audit = np.append(np.linspace(0, 1, 50), np.nan)
    found = share_found(
        fraction=0.1, pool=1000, audit=audit, acquired=[np.nan, 2.0, 3.0], higher_is_better=True
    )
    assert found.high <= 0.2


def test_a_pool_measured_to_the_end_is_found() -> None:
    values = np.random.default_rng(0).standard_normal(100)
    found = share_found(
        fraction=0.05,
        pool=100,
        audit=values[:30],
        acquired=values[30:],
        higher_is_better=True,
        forecast=Forecast(values[:30] * 0.5, [], [], []),
    )
    assert found[:3] == (1.0, 1.0, 1.0)


def test_draw_wins_where_predictions_contradict_it() -> None:
    rng = np.random.default_rng(3)
    values = rng.standard_normal(2000)
    audit, others = values[:400], np.sort(values[400:])[::-1]
    given = {"fraction": 0.1, "pool": 2000, "audit": audit, "acquired": others[:200]}
    predicted = audit + 0.3 * rng.standard_normal(400)
    sane = Forecast(predicted, [], [], others[200:])
    lost = Forecast(predicted, [], [], np.full(1400, 30.0))
    found = [
        share_found(**given, higher_is_better=True, forecast=forecast)  # type: ignore[arg-type]
        for forecast in (sane, lost)
    ]
    assert [one.method for one in found] == ["model", "design"]
    assert min(one.high for one in found) > 0.9


def test_yes_and_no_are_left_to_the_design() -> None:
    audit = np.arange(100) % 10 == 0
    found = share_found(
        fraction=0.1,
        pool=1000,
        audit=audit,
        acquired=np.ones(20),
        higher_is_better=True,
        forecast=Forecast(audit * 0.5, [], [], np.zeros(880)),
    )
    assert found.method == "design"


def test_predictions_may_stand_for_many_compounds() -> None:
    replay = synthetic(3, n=40_000)
    v, p = replay.values, replay.predicted
    order = replay.rest[np.argsort(-p[replay.rest], kind="stable")]
    thin = np.concatenate([order[:500], order[500::20]])
    counts = np.where(np.arange(len(thin)) < 500, 1.0, (len(order) - 500) / (len(thin) - 500))
    found = share_found(
        fraction=0.01,
        pool=len(v),
        audit=v[replay.audit],
        acquired=v[replay.measured],
        higher_is_better=True,
        forecast=Forecast(p[replay.audit], p[replay.batch], v[replay.batch], p[thin], counts),
    )
    whole = replay.estimate(0.01)
    assert found.method == whole.method == "model"
    assert np.abs(np.subtract(found[:3], whole[:3])).max() < 0.02


def test_more_rivals_than_can_be_drawn_are_left_to_the_audit() -> None:
    replay = synthetic(4, n=4000)
    v, p = replay.values, replay.predicted
    rest = p[replay.rest]
    found = share_found(
        fraction=0.5,
        pool=1_000_000,
        audit=v[replay.audit],
        acquired=v[replay.measured],
        higher_is_better=True,
        forecast=Forecast(p[replay.audit], p[replay.batch], v[replay.batch], rest, rest * 0 + 250),
    )
    assert found.method == "design"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fraction": 0.0}, "fraction = 0"),
        ({"level": 1.0}, "level = 1"),
        ({"audit": []}, "0 audited"),
        ({"pool": 10}, "pool of 10"),
        ({"forecast": Forecast([1.0], [], [], [])}, "1 predictions of 20 audited"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], says: str) -> None:
    given: dict[str, object] = {
        "fraction": 0.1, "pool": 100, "audit": range(20), "acquired": [1.0],
        "higher_is_better": True,
    }  # fmt: skip
    with pytest.raises(InputError, match=says):
        share_found(**{**given, **change})  # type: ignore[arg-type]
