"""A round: what was chosen, by what, and what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from hitsieve.campaign.picks import Pick


@dataclass(frozen=True, slots=True)
class Round:
    """A finished round.

    Parameters
    ----------
    number
        From 0.
    model
        That chose; empty in round 0.
    picks
        What was chosen.
    labels
        LABELS of the picks, in their order for one target.
    audit
        Compounds that joined the audit in this round, measured before or not.
    surrogate
        What is told of the model: skills, weights, what was left out.
    short
        Money the budget held in all, where it did not fill the round; None where it was enough.
    """

    number: int
    model: str
    picks: tuple[Pick, ...]
    labels: pa.Table
    audit: tuple[str, ...] = ()
    surrogate: dict[str, Any] = field(default_factory=dict)
    short: float | None = None

    @property
    def values(self) -> list[float]:
        """Measured values in the order of the picks; NaN where a measurement failed.

        A bound is in it with its limit, see :attr:`relations`. Of several targets the utility,
        whose rows come first.
        """
        rows = self.labels.column("value").slice(0, len(self.picks)).to_pylist()
        return [float("nan") if value is None else value for value in rows]

    @property
    def relations(self) -> list[str]:
        """What each of :attr:`values` is: ``=`` exact, ``<`` above the true value, ``>`` below."""
        found: list[str] = self.labels.column("relation").slice(0, len(self.picks)).to_pylist()
        return found

    def counted(self, *, higher_is_better: bool) -> list[float]:
        """Return what surely was found: values of which the true one is no poorer.

        NaN where a measurement failed, and where it gave a bound that the true value is on the
        poorer side of. A bound on the other side counts with its limit: ``>8`` is at least 8.
        """
        poorer = "<" if higher_is_better else ">"
        pairs = zip(self.values, self.relations, strict=True)
        return [float("nan") if relation == poorer else value for value, relation in pairs]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The picks of a round that may not have been measured yet; fields as of :class:`Round`."""

    model: str
    picks: tuple[Pick, ...]
    audit: tuple[str, ...] = ()
    surrogate: dict[str, Any] = field(default_factory=dict)
    short: float | None = None
