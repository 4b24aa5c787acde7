"""The honest check whether picks are better than chance, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.errors import InputError
from hitsieve.metrics.bootstrap import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Comparison:
    """Picks against a random sample of the same library.

    Parameters
    ----------
    picked, random
        Compounds in each group, failed measurements included.
    picked_failed, random_failed
        Measurements among them that failed.
    picked_mean, random_mean
        Mean values of the rest, in the endpoint's unit.
    difference
        Picked mean minus random mean, with a 95 % interval.
    quantile, threshold
        A hit is at least as good as this quantile of the random sample, at this value.
    picked_hits, random_hits
        Hits in each group.
    enrichment
        Hit rate of the picks over the hit rate of the random sample, with a 95 % interval.
    share_better
        Share of pairs (pick, random compound) in which the pick is better; ties count half.
        0.5 is chance.
    """

    picked: int
    random: int
    picked_failed: int
    random_failed: int
    picked_mean: float
    random_mean: float
    difference: Interval
    quantile: float
    threshold: float
    picked_hits: int
    random_hits: int
    enrichment: Interval
    share_better: float

    def sentence(self) -> str:
        """Return the finding in words."""
        low, factor, high = self.enrichment
        return (
            f"{self.picked_hits} of {self.picked} picks reach the best "
            f"{100 * (1 - self.quantile):.0f} % of a random sample "
            f"(value {self.threshold:.3f}), {self.random_hits} of {self.random} random compounds "
            f"do: enrichment {factor:.1f} (95 % interval {low:.1f} to {high:.1f}); mean "
            f"{self.picked_mean:.3f} against {self.random_mean:.3f}"
        )


def compare(
    picked: ArrayLike,
    random: ArrayLike,
    *,
    seed: int,
    higher_is_better: bool = True,
    quantile: float = 0.95,
    resamples: int = 2000,
) -> Comparison:
    """Compare measured values of picks with those of a random sample.

    Both groups are resampled independently, and the threshold is taken anew from each resample
    of the random group: the interval covers that the threshold itself is an estimate. A failed
    measurement is no hit and has no part in the means.

    Parameters
    ----------
    picked, random
        (n,) and (m,) measured values; NaN where the measurement failed.
    seed
        Of the resampling.
    higher_is_better
        Direction of the endpoint.
    quantile
        Of the random sample, in its good direction, from which on a compound is a hit.
    resamples
        Bootstrap resamples.

    Raises
    ------
    InputError
        If a group holds no measured value, or the quantile is outside (0, 1).
    """
    sign = 1.0 if higher_is_better else -1.0
    a, b = (sign * np.asarray(values, dtype=np.float64) for values in (picked, random))
    if not 0 < quantile < 1:
        raise InputError(f"quantile = {quantile} is outside (0, 1)", cure="use 0.95")
    if np.isnan(a).all() or np.isnan(b).all():
        raise InputError("a group holds no measured value", cure="measure more compounds")
    threshold = float(np.nanquantile(b, quantile))
    rng = np.random.default_rng(seed)
    draws = [(rng.choice(a, len(a)), rng.choice(b, len(b))) for _ in range(resamples)]

    def enrichment(x: Floats, y: Floats) -> float:
        border = np.nanquantile(y, quantile) if not np.isnan(y).all() else np.nan
        chance = np.mean(y >= border)
        return float(np.mean(x >= border) / chance) if chance > 0 else float("nan")

    def difference(x: Floats, y: Floats) -> float:
        if np.isnan(x).all() or np.isnan(y).all():
            return float("nan")
        return float(sign * (np.nanmean(x) - np.nanmean(y)))

    return Comparison(
        picked=len(a),
        random=len(b),
        picked_failed=int(np.isnan(a).sum()),
        random_failed=int(np.isnan(b).sum()),
        picked_mean=float(sign * np.nanmean(a)),
        random_mean=float(sign * np.nanmean(b)),
        difference=_interval(difference, a, b, draws),
        quantile=quantile,
        threshold=sign * threshold,
        picked_hits=int((a >= threshold).sum()),
        random_hits=int((b >= threshold).sum()),
        enrichment=_interval(enrichment, a, b, draws),
        share_better=_share_better(a[~np.isnan(a)], b[~np.isnan(b)]),
    )


def _interval(
    statistic: Callable[[Floats, Floats], float],
    a: Floats,
    b: Floats,
    draws: list[tuple[Floats, Floats]],
) -> Interval:
    found = np.array([statistic(x, y) for x, y in draws])
    tail = (1 - _LEVEL) / 2
    low, high = np.nanquantile(found, (tail, 1 - tail))
    return Interval(float(low), statistic(a, b), float(high))


def _share_better(a: Floats, b: Floats) -> float:
    ordered = np.sort(b)
    below = np.searchsorted(ordered, a, side="left")
    not_above = np.searchsorted(ordered, a, side="right")
    return float(np.mean((below + not_above) / 2) / len(b))
