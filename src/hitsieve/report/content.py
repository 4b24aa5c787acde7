"""What a report says, before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from hitsieve.registry.card import ModelCard


@dataclass(frozen=True, slots=True)
class Distribution:
    """The scores of all compounds of one target, as a histogram.

    Parameters
    ----------
    edges
        (bins + 1,) in the endpoint's unit, rising.
    counts
        (bins,) compounds a bin.
    scored, failed
        Compounds with and without a score.
    in_domain
        Scored compounds the model was made for.
    """

    edges: np.ndarray
    counts: np.ndarray
    scored: int
    failed: int
    in_domain: int

    @property
    def domain_share(self) -> float:
        """Share of the scored compounds that lie in the domain; 0 if none was scored."""
        return self.in_domain / self.scored if self.scored else 0.0


@dataclass(frozen=True, slots=True)
class TargetSection:
    """One target of a report.

    Parameters
    ----------
    target
        Its name.
    hits
        HITS table, best first.
    card
        Card of the model that scored it.
    direction
        ``higher`` or ``lower``: what a chemist wants.
    distribution
        All scores of the target.
    known
        (n,) measured values the model learned from, in the endpoint's unit.
    level
        Share of true values the intervals are to hold.
    model
        ``name@version``.
    """

    target: str
    hits: pa.Table
    card: ModelCard
    direction: str
    distribution: Distribution
    known: np.ndarray
    level: float = 0.9
    model: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A finding that belongs at the top of a report, such as a comparison with random picks.

    ``warning``: it takes the ground from under what follows, and stands out.
    """

    title: str
    finding: str
    detail: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A report: title, sections, findings, and where every number came from.

    Parameters
    ----------
    title
        Heading of the page.
    sections
        One a target.
    checks
        Findings shown first.
    provenance
        Name and value of what decides the numbers: fingerprints, versions, settings.
    """

    title: str
    sections: tuple[TargetSection, ...]
    checks: tuple[Check, ...] = ()
    provenance: dict[str, str] = field(default_factory=dict)
