"""What a campaign's page says of a laboratory's plates: whether their controls are far apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.campaign.panel_laboratory import BenchPanel
from hitsieve.metrics.plates import EXCELLENT, meaning_of
from hitsieve.oracles.inbox import InboxOracle
from hitsieve.report.content import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.oracles.inbox import PlateQuality
    from hitsieve.oracles.inbox.answers import Answers
    from hitsieve.report.source import AnyCampaign


@dataclass(frozen=True, slots=True)
class Plate:
    """A pair of controls on a plate, ready for the page.

    Attributes
    ----------
    target, name
        What was measured on which plate.
    positive, negative
        Names of the controls, with the wells that count: those with an exact value.
    z_prime
        Z' in words; empty where it is unknown.
    meaning
        What that says of the plate.
    doubtful
        Whether Z' is known and below 0.5.
    """

    target: str
    name: str
    positive: str
    negative: str
    z_prime: str
    meaning: str
    doubtful: bool = False


def plates_of(campaign: AnyCampaign) -> list[Plate]:
    """Return all plates that hold a positive and a negative control; none without a laboratory."""
    oracle = campaign.oracle
    if isinstance(oracle, BenchPanel):
        return [plate for one in oracle.bench.answers.values() for plate in _plates(one)]
    return _plates(oracle) if isinstance(oracle, InboxOracle) else []


def plates_check(plates: Sequence[Plate]) -> Check | None:
    """Return the warning that belongs at the top of the page; None if no plate is doubtful."""
    several = len({one.target for one in plates}) > 1
    names = [f"{one.target} on {one.name}" if several else one.name for one in plates]
    pairs = list(zip(names, plates, strict=True))
    doubtful = list(dict.fromkeys(name for name, one in pairs if one.doubtful))
    if not doubtful:
        return None
    judged = len({name for name, one in pairs if one.z_prime})
    return Check(
        title="Can the plates be trusted?",
        finding=f"Z' is below {EXCELLENT} on {len(doubtful)} of {judged} plates",
        detail=f"{', '.join(doubtful)}: controls are not far apart there, so neither are actives "
        "and inactives. Look at these plates before you trust what was measured on them.",
        warning=True,
    )


def _plates(answers: Answers) -> list[Plate]:
    unknown = "unknown: its controls were not told"
    return [_judged(one) for one in answers.plates()] + [
        Plate(answers.target, name, "", "", "", unknown) for name in answers.unjudged()
    ]


def _judged(one: PlateQuality) -> Plate:
    if one.z_prime is None:
        # Also where both means are equal: nothing lies between the controls.
        meaning = "unknown: too few exact values, units that differ, or equal means"
    else:
        meaning = meaning_of(one.z_prime)
    return Plate(
        target=one.target,
        name=one.plate,
        positive=f"{one.positive} ({one.n_positive})",
        negative=f"{one.negative} ({one.n_negative})",
        z_prime="" if one.z_prime is None else f"{one.z_prime:.2f}",
        meaning=meaning,
        doubtful=one.doubtful,
    )
