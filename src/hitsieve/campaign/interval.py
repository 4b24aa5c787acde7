"""What is said of the share of the best that a campaign has found."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from scipy.stats import hypergeom

_NOTHING: Final = 0.05
_HELPS: Final = 50


class Estimate(NamedTuple):
    """The share of the true best that has been found, between the ends of its interval.

    Attributes
    ----------
    low, value, high
        Shares, 0 to 1.
    method
        ``model`` where predictions helped, ``design`` where only the random draw of the audit is
        relied on.
    audit
        Compounds of the audit; 0 where that was not kept.
    enough
        How many of them tell something by their random draw alone: most likely, one of the best
        is among so many.
    """

    low: float
    value: float
    high: float
    method: Literal["model", "design"]
    audit: int = 0
    enough: int = 0

    @property
    def tells(self) -> bool:
        """Whether it says anything at all: from nothing to everything is no interval."""
        return self.low > _NOTHING or self.high < 1 - _NOTHING

    def sentence(self, best: str) -> str:
        """Say it in words; ``best`` names which best compounds are meant.

        Examples
        --------
        >>> Estimate(0.79, 0.87, 0.93, "model").sentence("top 0.1 %")
        'so far holds 87 % (79-93) of the true top 0.1 %'
        >>> Estimate(0.0, 1.0, 1.0, "design", 3, 2950).sentence("top 9").partition(": ")[0]
        'nothing can be said yet of the true top 9 (3 audit compounds)'
        """
        if not self.tells:
            return f"nothing can be said yet of the true {best} {self._needed()}"
        low, value, high = (f"{100 * share:.0f}" for share in self[:3])
        return f"so far holds {value} % ({low}-{high}) of the true {best}"

    def _needed(self) -> str:
        if not self.audit:
            return "(too few audit compounds)"
        count = "1 audit compound" if self.audit == 1 else f"{self.audit:,} audit compounds"
        helps = self.audit < _HELPS and not 0 < self.enough <= _HELPS
        more = [f"predictions help from about {_HELPS} on"] if helps else []
        more += [f"the draw alone tells from {self.enough:,} on"] if self.enough else []
        return f"({count}): {', '.join(more)}; raise `controls`, or look for more of the best"


def enough_drawn(pool: int, top: int) -> int:
    """Return how many compounds drawn at random hold one of the best with a chance of 95 %.

    Examples
    --------
    >>> enough_drawn(100_000, 100), enough_drawn(60, 1)
    (2950, 57)
    """
    few, many = 1, pool
    while few < many:
        middle = (few + many) // 2
        missed = hypergeom.pmf(0, pool, top, middle) > _NOTHING
        few, many = (middle + 1, many) if missed else (few, middle)
    return few
