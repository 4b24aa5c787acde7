"""How far a campaign is, and why it ends: functions of its finished rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from hitsieve.campaign.picks import CONTROL
from hitsieve.campaign.stopping import Standing, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.estimate import Estimate
    from hitsieve.campaign.loop import LoopConfig
    from hitsieve.campaign.state import Round

    Floats = NDArray[np.float64]

Why = Literal["rounds", "budget", "pool_exhausted", "share_found", "no_progress", "by_hand"]


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a campaign ends: the kind of reason, and the reason in words."""

    why: Why
    words: str


def ending(
    config: LoopConfig,
    rounds: Sequence[Round],
    *,
    pool: int,
    higher_is_better: bool,
    stopped: str | None,
    estimate: Estimate | None,
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
    estimate
        Of the share found, if there is an audit.
    """
    measured = sum(len(one.picks) for one in rounds)
    standing = Standing(
        rounds=[learned_values(one, higher_is_better=higher_is_better) for one in rounds],
        pool=pool,
        left=pool - measured,
        estimate=estimate,
        by_hand=stopped,
    )
    used_up = _used_up(config, rounds, measured)
    if used_up is not None and stopped is None:
        return used_up
    found = decide(config.stop, standing, higher_is_better=higher_is_better)
    return None if found is None else Ending(found.reason, found.sentence)


def _used_up(config: LoopConfig, rounds: Sequence[Round], measured: int) -> Ending | None:
    budget = config.budget
    if len(rounds) > config.rounds:
        several = f"all {config.rounds} rounds after the first are done"
        return Ending(
            "rounds", "the round after the first is done" if config.rounds == 1 else several
        )
    if budget.measurements is not None and measured >= budget.measurements:
        return Ending("budget", f"{measured:,} measurements of {budget.measurements:,}")
    # A round that was short of money went down the whole ranking and has taken all that could be
    # paid (hitsieve.campaign.purse), so nothing more can, until there is more money.
    short = rounds[-1].short if rounds else None
    if budget.money is not None and rounds:
        spent = money_spent(rounds)
        if spent >= budget.money or (short is not None and budget.money <= short):
            words = f"{spent:,.2f} of {budget.money:,.2f} is spent"
            left = budget.money - spent
            return Ending(
                "budget", f"{words}, {left:,.2f} pay for nothing more" if left > 0 else words
            )
    if rounds and not rounds[-1].picks and short is None:
        return Ending("pool_exhausted", "no compound is left that can be had")
    return None


def learned_values(one: Round, *, higher_is_better: bool) -> Floats:
    """Return what a round surely found among compounds that models may learn from.

    NaN where a measurement failed, and for bounds on the poorer side, see :meth:`Round.counted`.
    """
    pairs = zip(one.picks, one.counted(higher_is_better=higher_is_better), strict=True)
    return np.array([value for pick, value in pairs if pick.reason != CONTROL], dtype=np.float64)


def money_spent(rounds: Sequence[Round]) -> float:
    """Return what all picks cost."""
    return sum(pick.cost or 0.0 for one in rounds for pick in one.picks)
