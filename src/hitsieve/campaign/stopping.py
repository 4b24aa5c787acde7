"""Whether a campaign should stop: enough found, nothing left to spend, or nothing new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from hitsieve.campaign.estimate import Estimate, Forecast, share_found
from hitsieve.config import StrictConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

Reason = Literal["by_hand", "share_found", "budget", "no_progress", "pool_exhausted"]

__all__ = [
    "Estimate",
    "Forecast",
    "Reason",
    "Standing",
    "Stop",
    "StoppingConfig",
    "decide",
    "share_found",
]


class StoppingConfig(StrictConfig):
    """When a campaign ends before its last round.

    Parameters
    ----------
    top_fraction
        Which best of the pool is looked for: 0.001 is the best 0.1 %.
    top
        Instead of a share, how many of the best are looked for; None: ``top_fraction`` counts.
    level
        Coverage of the interval around the share found.
    share_found
        Stop when the lower end of that interval reaches this share; None: never for that.
    patience
        Stop when this many rounds in a row brought nothing new among the best; None: never.
    min_rounds
        Rounds after the first batch before a campaign may stop for either.
    """

    top_fraction: float = Field(default=0.001, gt=0.0, lt=1.0)
    top: int | None = Field(default=None, ge=1)
    level: float = Field(default=0.9, gt=0.0, lt=1.0)
    share_found: float | None = Field(default=None, gt=0.0, le=1.0)
    patience: int | None = Field(default=None, ge=1)
    min_rounds: int = Field(default=1, ge=0)

    def check_audit(self, controls: float) -> None:
        """Refuse to stop by a share that nothing tells.

        Parameters
        ----------
        controls
            Share of each round that is drawn by lot.

        Raises
        ------
        ValueError
            If a share is to be found and no compound is drawn by lot.
        """
        if self.share_found is not None and not controls:
            raise ValueError(
                "`stop.share_found` is judged from `controls`: give a share, such as 0.1"
            )

    def wanted(self, pool: int) -> int:
        """Return how many of a pool's compounds are its best."""
        return self.top or max(1, round(self.top_fraction * pool))

    def fraction(self, pool: int) -> float:
        """Return which share of a pool its best are."""
        return self.top_fraction if self.top is None else min(0.5, self.top / pool)

    @property
    def words(self) -> str:
        """The best that are looked for, such as ``top 0.1 %``."""
        return f"top {100 * self.top_fraction:g} %" if self.top is None else f"top {self.top:,}"


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a campaign ends, in one word and in a sentence."""

    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a campaign stands after a round.

    Attributes
    ----------
    rounds
        One array of measured values for each finished round, the first batch first; NaN where a
        measurement failed. Values of the audit are in none.
    pool
        Compounds in the pool.
    left
        Compounds that can still be chosen.
    spent, budget
        Money or measurements used, and how much there is; None without a limit.
    next_cost
        What the cheapest next measurement costs, in the same unit.
    estimate
        Of the share found, if there is an audit.
    by_hand
        The reason somebody gave for stopping, or None.
    """

    rounds: Sequence[ArrayLike]
    pool: int
    left: int
    spent: float = 0.0
    budget: float | None = None
    next_cost: float = 1.0
    estimate: Estimate | None = None
    by_hand: str | None = None


def decide(config: StoppingConfig, standing: Standing, *, higher_is_better: bool) -> Stop | None:
    """Return why a campaign should stop now, or None if it should go on.

    What cannot go on comes first, then what somebody asked for, then what was found.
    """
    if standing.by_hand is not None:
        return Stop("by_hand", f"stopped by hand: {standing.by_hand}")
    if standing.left <= 0:
        return Stop("pool_exhausted", "every compound of the pool was measured or excluded")
    if standing.budget is not None and standing.spent + standing.next_cost > standing.budget:
        left = standing.budget - standing.spent
        return Stop("budget", f"{left:g} of {standing.budget:g} left, the next costs more")
    if len(standing.rounds) <= config.min_rounds:
        return None
    return _found_enough(config, standing) or _no_progress(
        config, standing, higher_is_better=higher_is_better
    )


def _found_enough(config: StoppingConfig, standing: Standing) -> Stop | None:
    estimate, asked = standing.estimate, config.share_found
    if asked is None or estimate is None or estimate.low < asked:
        return None
    sentence = estimate.sentence(config.words)
    return Stop("share_found", f"{sentence}; at least {100 * asked:g} % was asked for")


def _no_progress(
    config: StoppingConfig, standing: Standing, *, higher_is_better: bool
) -> Stop | None:
    waited = rounds_without_progress(
        standing.rounds,
        top=config.wanted(standing.pool),
        higher_is_better=higher_is_better,
    )
    if config.patience is None or waited < config.patience:
        return None
    return Stop("no_progress", f"{waited} rounds in a row brought nothing new among the best")


def rounds_without_progress(
    rounds: Sequence[ArrayLike], *, top: int, higher_is_better: bool
) -> int:
    """Count the last rounds in which no value came among the ``top`` best measured so far.

    A round that fills up the best, while fewer than ``top`` were measured, is progress; a value
    that only equals the last of them is not.

    Examples
    --------
    >>> rounds_without_progress([[1, 5], [6, 2], [3]], top=2, higher_is_better=True)
    1
    """
    sign = 1.0 if higher_is_better else -1.0
    best = np.empty(0)
    waited = 0
    for values in rounds:
        new = np.asarray(values, dtype=np.float64).reshape(-1) * sign
        new = new[~np.isnan(new)]
        room = len(best) < top
        waited = 0 if len(new) and (room or (new > best[-1]).any()) else waited + 1
        best = np.sort(np.concatenate([best, new]))[::-1][:top]
    return waited
