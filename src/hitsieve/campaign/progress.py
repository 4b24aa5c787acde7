"""How far a campaign is, and why it ends: functions of its finished rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from hitsieve.campaign.picks import CONTROL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.config import CampaignConfig
    from hitsieve.campaign.state import Round

    Floats = NDArray[np.float64]

Why = Literal["rounds", "measurements", "money", "pool", "found", "no progress", "by hand"]


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a campaign ends: the kind of reason, and the reason in words."""

    why: Why
    words: str


def ending(
    config: CampaignConfig,
    rounds: Sequence[Round],
    *,
    pool: int,
    higher_is_better: bool,
    stopped: str | None,
    seed: int,
) -> Ending | None:
    """Return why a campaign ends after some finished rounds, or None if it goes on.

    Parameters
    ----------
    config
        Rounds, budget and when to stop.
    rounds
        All finished rounds.
    pool
        Compounds that may be picked in all.
    higher_is_better
        Direction of the endpoint.
    stopped
        Reason of a stop by hand, if there was one.
    seed
        Of estimates.
    """
    if stopped is not None:
        return Ending("by hand", stopped)
    measured = sum(len(one.picks) for one in rounds)
    return _used_up(config, rounds, measured, pool) or _no_progress(
        config, rounds, higher_is_better=higher_is_better
    )


def _used_up(
    config: CampaignConfig, rounds: Sequence[Round], measured: int, pool: int
) -> Ending | None:
    budget = config.budget
    if len(rounds) > config.rounds:
        return Ending("rounds", f"all {config.rounds} rounds after the first are done")
    if budget.measurements is not None and measured >= budget.measurements:
        return Ending("measurements", f"{measured:,} measurements of {budget.measurements:,}")
    if measured >= pool:
        return Ending("pool", f"all {pool:,} compounds are measured")
    if budget.money is not None and rounds:
        spent = money_spent(rounds)
        # A round that could not be filled has taken all that could be paid.
        size = config.initial if len(rounds) == 1 else config.batch
        if spent >= budget.money or len(rounds[-1].picks) < size:
            return Ending("money", f"{spent:,.2f} of {budget.money:,.2f} is spent")
    if rounds and not rounds[-1].picks:
        return Ending("pool", "no compound is left that can be had")
    return None


def _no_progress(
    config: CampaignConfig, rounds: Sequence[Round], *, higher_is_better: bool
) -> Ending | None:
    patience, top = config.stop.patience, config.acquisition.top
    if patience is None or len(rounds) <= patience:
        return None
    sign = 1.0 if higher_is_better else -1.0
    before = np.concatenate([values_of(one) for one in rounds[:-patience]]) * sign
    later = np.concatenate([values_of(one) for one in rounds[-patience:]]) * sign
    ranked = np.sort(before[np.isfinite(before)])[::-1]
    if not len(ranked):
        return None
    border = ranked[min(top, len(ranked)) - 1]
    if (later[np.isfinite(later)] > border).any():
        return None
    return Ending(
        "no progress", f"{patience} rounds brought nothing new among the best {top} measured"
    )


def values_of(one: Round) -> Floats:
    """Return the measured values of a round in the order of its picks; NaN where failed."""
    return np.array(one.values, dtype=np.float64)


def money_spent(rounds: Sequence[Round]) -> float:
    """Return what all picks cost."""
    return sum(pick.cost or 0.0 for one in rounds for pick in one.picks)


def chosen_and_random(rounds: Sequence[Round]) -> tuple[Floats, Floats]:
    """Return values of what models picked, and of what was drawn at random."""
    chosen: list[float] = []
    drawn: list[float] = []
    for one in rounds:
        for pick, value in zip(one.picks, one.values, strict=True):
            (drawn if pick.reason in {CONTROL, "random"} else chosen).append(value)
    return np.array(chosen), np.array(drawn)
