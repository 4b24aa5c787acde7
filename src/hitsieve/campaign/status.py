"""How a campaign stands, from its folder alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.campaign.front import front_of
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.picks import CONTROL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.campaign.loop import Loop
    from hitsieve.campaign.progress import Ending
    from hitsieve.campaign.state import Round


@dataclass(frozen=True, slots=True)
class RoundStatus:
    """One round in numbers.

    Parameters
    ----------
    number
        From 0.
    state
        ``done``, ``measuring`` (chosen, labels are missing) or ``waiting`` (for a laboratory).
    model
        That chose; empty in round 0.
    picks, controls, failed
        Compounds chosen, audit compounds among them, and failed measurements.
    best
        Best value measured in this round; None before there is one.
    best_so_far
        Best value measured up to this round.
    cost
        Of the picks; None where nobody asked for prices.
    spearman
        Rank skill of the model on left-out compounds; None where it tells none.
    found
        What the audit says of the share of the true top found, in words.
    """

    number: int
    state: str
    model: str
    picks: int
    controls: int
    failed: int
    best: float | None
    best_so_far: float | None
    cost: float | None
    spearman: float | None
    found: str = ""


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """A campaign in numbers.

    Parameters
    ----------
    folder, name, target
        Which one.
    pool
        Compounds that may be picked in all.
    rounds
        All rounds that were chosen.
    measured
        Compounds measured in finished rounds.
    ending
        Why it ended; None while it goes on.
    front
        Of a panel, measured compounds that none beats in every wish; None of one target.
    """

    folder: Path
    name: str
    target: str
    pool: int
    rounds: tuple[RoundStatus, ...]
    measured: int
    ending: Ending | None
    front: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "folder": str(self.folder)}


def campaign_status(campaign: Loop) -> CampaignStatus:
    """Read how far a campaign is; nothing is changed."""
    done, oracle = campaign.folder.rounds(), campaign.oracle
    higher = campaign.oracle.higher_is_better
    rows = [
        replace(_row(done[: n + 1], higher=higher), found=_words(campaign, n))
        for n in range(len(done))
    ]
    chosen = campaign.folder.choice(len(done))
    if chosen is not None:
        controls = sum(pick.reason == CONTROL for pick in chosen.picks)
        state = "waiting" if campaign.asks_by_files else "measuring"
        so_far = rows[-1].best_so_far if rows else None
        cost = _cost([pick.cost for pick in chosen.picks])
        skill = _spearman(chosen.surrogate)
        rows.append(
            RoundStatus(
                len(done),
                state,
                chosen.model,
                len(chosen.picks),
                controls,
                0,
                None,
                so_far,
                cost,
                skill,
            )
        )
    return CampaignStatus(
        folder=campaign.folder.root,
        name=campaign.config.name,
        target=campaign.oracle.target,
        pool=campaign.pool,
        rounds=tuple(rows),
        measured=sum(len(one.picks) for one in done),
        ending=campaign.ending(done),
        front=len(front_of(oracle, done)) if isinstance(oracle, Panel) else None,
    )


def _words(campaign: Loop, number: int) -> str:
    estimate = campaign.folder.estimate(number)
    return "" if estimate is None else estimate.sentence(campaign.config.stop.words)


def _row(rounds: Sequence[Round], *, higher: bool) -> RoundStatus:
    one = rounds[-1]
    so_far = [value for each in rounds for value in each.values]
    return RoundStatus(
        number=one.number,
        state="done",
        model=one.model,
        picks=len(one.picks),
        controls=sum(pick.reason == CONTROL for pick in one.picks),
        failed=int(np.isnan(one.values).sum()),
        best=_best(one.values, higher=higher),
        best_so_far=_best(so_far, higher=higher),
        cost=_cost([pick.cost for pick in one.picks]),
        spearman=_spearman(one.surrogate),
    )


def _best(values: Sequence[float], *, higher: bool) -> float | None:
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return None
    return max(known) if higher else min(known)


def _cost(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None


def _spearman(told: dict[str, Any]) -> float | None:
    chosen = told.get("skills", {}).get(told.get("chosen"))
    return None if chosen is None else float(chosen["spearman"])
