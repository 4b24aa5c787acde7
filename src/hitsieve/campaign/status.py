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
    from hitsieve.campaign.state import Chosen, Round


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
        Best value surely reached in this round; None before there is one.
    best_so_far
        Best value surely reached up to this round.
    cost
        Of the picks; None where nobody asked for prices.
    spearman
        Rank skill of the model on left-out compounds, of several targets that of the one which
        is foretold worst; None where it tells none.
    found
        What the audit says of the share of the true top found, in words.
    missing
        Compounds of a round that waits for a laboratory whose results are not all told; None
        where nothing is awaited.
    bounds
        Measurements that gave a bound; one that the true value is poorer than is never best.
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
    missing: int | None = None
    bounds: int = 0


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
    """Read how far a campaign is, with all that was told by now; nothing is changed."""
    done, oracle = campaign.rounds(), campaign.oracle
    higher = campaign.oracle.higher_is_better
    rows = [
        replace(_row(done[: n + 1], higher=higher), found=_words(campaign, n))
        for n in range(len(done))
    ]
    chosen = campaign.folder.choice(len(done))
    if chosen is not None:
        rows.append(_open(campaign, chosen, rows))
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


def _open(campaign: Loop, chosen: Chosen, before: Sequence[RoundStatus]) -> RoundStatus:
    """Return the round that was chosen and is not finished."""
    waits = campaign.asks_by_files
    return RoundStatus(
        number=len(before),
        state="waiting" if waits else "measuring",
        model=chosen.model,
        picks=len(chosen.picks),
        controls=sum(pick.reason == CONTROL for pick in chosen.picks),
        failed=0,
        best=None,
        best_so_far=before[-1].best_so_far if before else None,
        cost=_cost([pick.cost for pick in chosen.picks]),
        spearman=rank_skill(chosen.surrogate),
        missing=len(campaign.waiting(chosen)) if waits else None,
    )


def _words(campaign: Loop, number: int) -> str:
    estimate = campaign.folder.estimate(number)
    return "" if estimate is None else estimate.sentence(campaign.config.stop.words)


def _row(rounds: Sequence[Round], *, higher: bool) -> RoundStatus:
    one = rounds[-1]
    counted = [each.counted(higher_is_better=higher) for each in rounds]
    so_far = [value for values in counted for value in values]
    return RoundStatus(
        number=one.number,
        state="done",
        model=one.model,
        picks=len(one.picks),
        controls=sum(pick.reason == CONTROL for pick in one.picks),
        failed=int(np.isnan(one.values).sum()),
        best=_best(counted[-1], higher=higher),
        best_so_far=_best(so_far, higher=higher),
        cost=_cost([pick.cost for pick in one.picks]),
        spearman=rank_skill(one.surrogate),
        bounds=sum(relation != "=" for relation in one.relations),
    )


def _best(values: Sequence[float], *, higher: bool) -> float | None:
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return None
    return max(known) if higher else min(known)


def _cost(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None


def rank_skill(told: dict[str, Any]) -> float | None:
    """Return the rank skill of a round's model, from what its surrogate tells.

    Of several targets that of the one which is foretold worst; None where nothing is told.

    Examples
    --------
    >>> rank_skill({"chosen": "forest", "skills": {"forest": {"spearman": 0.5}}})
    0.5
    >>> rank_skill({"metrics": [{"metric": "spearman", "value": 0.4, "baseline": 0.3}]})
    0.4
    """
    if told.get("targets"):
        parts = [rank_skill(part) for part in told["targets"].values()]
        known = [part for part in parts if part is not None]
        return min(known) if known else None
    chosen = told.get("skills", {}).get(told.get("chosen"))
    if chosen is not None:
        return float(chosen["spearman"])
    carded = {one["metric"]: one["value"] for one in told.get("metrics", ())}
    return float(carded["spearman"]) if "spearman" in carded else None
