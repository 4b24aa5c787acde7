"""What a campaign's page says at its top: numbers, and findings in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.compare import compare
from hitsieve.campaign.picks import CONTROL
from hitsieve.report.content import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.campaign.compare import Comparison
    from hitsieve.campaign.state import Round
    from hitsieve.campaign.status import CampaignStatus
    from hitsieve.report.source import AnyCampaign

_FEWEST: Final = 5


def facts_of(campaign: AnyCampaign, status: CampaignStatus) -> tuple[tuple[str, str], ...]:
    """Return name and value of what stands at the top."""
    done = [one for one in status.rounds if one.state == "done"]
    best = done[-1].best_so_far
    costs = [one.cost for one in done if one.cost is not None]
    share = status.measured / max(status.pool, 1)
    facts = [
        ("pool", f"{status.pool:,}"),
        ("measured", f"{status.measured:,}"),
        ("share of the pool", f"{100 * share:.2g} %"),
        ("rounds", str(len(done))),
        ("best value", "none" if best is None else f"{best:.4g}"),
        ("failed", f"{sum(one.failed for one in done):,}"),
    ]
    bounds = sum(one.bounds for one in done)
    if bounds:
        facts.append(("bounds", f"{bounds:,}"))
    if costs:
        facts.append(("spent", f"{sum(costs):,.2f}"))
    if campaign.config.controls:
        facts.append(("audited", f"{sum(one.controls for one in done):,}"))
    return tuple(facts)


def checks_of(
    campaign: AnyCampaign,
    rounds: Sequence[Round],
    status: CampaignStatus,
    found: Comparison | None,
) -> list[Check]:
    """Return the findings in words."""
    checks = []
    estimate = campaign.folder.estimate(len(rounds) - 1)
    if estimate is not None:
        sure = (
            "the audit's random draw alone"
            if estimate.method == "design"
            else ("the audit and what the surrogate foretold of it")
        )
        level = campaign.config.stop.level
        checks.append(
            Check(
                title="How much of the best has been found?",
                finding=estimate.sentence(campaign.config.stop.words),
                detail=f"A {100 * level:g} % interval from {sure}: compounds drawn at random, "
                "measured, and never learned from.",
            )
        )
    if found is not None:
        checks.append(
            Check("Are the picks better than chance?", found.sentence(), _difference(found))
        )
    if status.ending is not None:
        checks.append(Check("Why did it end?", status.ending.words))
    return checks


def _difference(found: Comparison) -> str:
    low, gain, high = found.difference
    return (
        f"The mean differs by {gain:+.3g} (95 % interval {low:+.3g} to {high:+.3g}); in "
        f"{100 * found.share_better:.0f} % of all pairs the pick is better (50 % is chance)."
    )


def against_chance(campaign: AnyCampaign, rounds: Sequence[Round]) -> Comparison | None:
    """Compare what surrogates picked with what was drawn at random; None of too few of either.

    What was surely found counts. Picks of a round without a surrogate that were not drawn at
    random, such as those near known actives, are in neither group.
    """
    higher = campaign.oracle.higher_is_better
    chosen: list[float] = []
    drawn: list[float] = []
    for one in rounds:
        counted = one.counted(higher_is_better=higher)
        for pick, value in zip(one.picks, counted, strict=True):
            if pick.reason in {CONTROL, "random"}:
                drawn.append(value)
            elif one.model:
                chosen.append(value)
    if min(np.isfinite(chosen).sum(), np.isfinite(drawn).sum()) < _FEWEST:
        return None
    return compare(chosen, drawn, seed=campaign.config.seed, higher_is_better=higher)
