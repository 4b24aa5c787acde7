"""What the finished screen will be worth, estimated from the shards scored so far.

A shard is a uniform sample of the library, so the best share of what is scored stands for the
same share of the whole. With a calibrated interval each score says how probable it is that the
compound is active; the mean of that over the best share, over its mean over all, is the
enrichment to expect among the compounds that will be picked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from hitsieve.screen.sources import Target

SAMPLE: Final = 200_000
"""Compounds the estimates rest on, shared by all targets and models; each rests on a shard."""
POTENT: Final = 6.0
"""pX from which a compound counts as active where nothing else is said: 1 µM."""
_Z_90: Final = 1.6448536269514722
"""Half width of a central 90 % interval in standard deviations."""


@dataclass(frozen=True, slots=True)
class Enrichment:
    """The enrichment to expect among the compounds picked from the finished screen.

    Parameters
    ----------
    picked, of
        Compounds picked, and compounds of the library.
    active_at
        Value from which a compound counts as active; None for predicted probabilities.
    hit_rate, base_rate
        Share of actives to expect among the picked, and in the whole library.
    rests_on
        Compounds scored so far that stand for the picked ones; few make it uncertain.
    """

    picked: int
    of: int
    active_at: float | None
    hit_rate: float
    base_rate: float
    rests_on: int

    @property
    def factor(self) -> float | None:
        """How many times more actives than in a random choice; None if none is expected."""
        return self.hit_rate / self.base_rate if self.base_rate > 0 else None


@dataclass(slots=True)
class Sample:
    """Probabilities of being active of the compounds scored first, in blocks.

    Parameters
    ----------
    target
        What was predicted.
    active_at
        Value from which a compound is active; None where the score is itself a probability.
    """

    target: Target
    active_at: float | None
    size: int = 0
    _scores: list[NDArray[np.float64]] = field(default_factory=list)
    _chances: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, table: pa.Table) -> None:
        """Add the SCORES rows of a shard; failed rows count as inactive."""
        score = table.column("score").to_numpy().astype(np.float64)
        self._scores.append(score)
        self._chances.append(np.nan_to_num(self._chance(table, score)))
        self.size += len(score)

    def enrichment(self, picked: int, of: int) -> Enrichment | None:
        """Estimate the enrichment among the best ``picked`` of ``of`` compounds.

        Returns
        -------
        Enrichment or None
            None before anything is scored.
        """
        if not self.size or not of:
            return None
        score, chance = np.concatenate(self._scores), np.concatenate(self._chances)
        count = min(self.size, max(1, round(picked * self.size / of)))
        ranked = np.argsort(-score if self.target.direction == "higher" else score)
        best = chance[ranked[:count]]
        return Enrichment(
            picked, of, self.active_at, float(best.mean()), float(chance.mean()), count
        )

    def _chance(self, table: pa.Table, score: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.active_at is None:
            return score
        lower, upper, std = (
            table.column(name).to_numpy().astype(np.float64) for name in ("lower", "upper", "std")
        )
        spread = np.where(np.isfinite(upper - lower), (upper - lower) / (2 * _Z_90), std)
        from scipy.special import ndtr

        sign = 1.0 if self.target.direction == "higher" else -1.0
        distance = sign * (score - self.active_at)
        chance: NDArray[np.float64] = ndtr(distance / np.maximum(spread, 1e-6))
        return chance


def threshold(target: Target, given: dict[str, float]) -> tuple[bool, float | None]:
    """Tell whether activity of a target can be judged, and from which value on.

    Examples
    --------
    >>> from hitsieve.screen.sources import Target
    >>> threshold(Target("BACE1", "pIC50", "pX", "higher"), {})
    (True, 6.0)
    >>> threshold(Target("logP", "logP", "log units", "higher"), {})
    (False, None)
    """
    if target.name in given:
        return True, given[target.name]
    if target.unit == "pX":
        return True, POTENT
    return target.unit == "class", None


def plain(found: Enrichment | None) -> dict[str, Any] | None:
    """Return an estimate as JSON values."""
    if found is None:
        return None
    return {
        "picked": found.picked,
        "of": found.of,
        "active_at": found.active_at,
        "hit_rate": round(found.hit_rate, 5),
        "base_rate": round(found.base_rate, 5),
        "factor": None if found.factor is None else round(found.factor, 2),
        "rests_on": found.rests_on,
    }
