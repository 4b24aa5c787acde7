"""Several measurements of one compound on one target become one label, by a stated rule.

Regression
    Exact measurements win over bounds; of several the median (or mean) is taken. Without an
    exact one the tightest bound of one direction is taken; bounds of both directions cannot be
    joined and the compound is dropped.
Classification
    The majority; a tie is dropped.

What disagrees is listed as a conflict, whether it was kept or dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from hitsieve.metrics.arrays import Floats

Rule = Literal["median", "mean"]
CONFLICT_SPREAD_PX: Final = 1.0


@dataclass(frozen=True, slots=True)
class Conflict:
    """Replicates that disagree.

    Parameters
    ----------
    compound
        Number of the compound.
    values
        What was measured, ``<`` and ``>`` before bounds.
    outcome
        What was made of them, in words.
    kept
        Whether there is a label.
    """

    compound: int
    values: tuple[str, ...]
    outcome: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """One label a compound, in order of compound number.

    Parameters
    ----------
    compound
        (k,) compound numbers, increasing.
    value, relation
        (k,) the label.
    first
        (k,) position of the first measurement among those given.
    count
        (k,) measurements given for the compound.
    conflicts
        Compounds whose measurements disagree.
    dropped
        Measurements of compounds that got no label.
    """

    compound: npt.NDArray[np.int64]
    value: Floats
    relation: npt.NDArray[np.int8]
    first: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    conflicts: list[Conflict]
    dropped: int


def merge_replicates(
    compound: npt.NDArray[np.int64],
    value: Floats,
    relation: npt.NDArray[np.int8],
    *,
    task: str,
    rule: Rule = "median",
    spread: float = CONFLICT_SPREAD_PX,
) -> Merged:
    """Merge measurements of one target.

    Parameters
    ----------
    compound
        (m,) number of the compound each measurement is of.
    value, relation
        (m,) measurements, all finite, and their relations (-1, 0, 1).
    task
        ``regression`` or ``classification``.
    rule
        How exact measurements are joined.
    spread
        Difference of the largest and smallest exact measurement from which they are a conflict.
    """
    order = np.argsort(compound, kind="stable")
    ranked = compound[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else order
    sizes = np.diff(np.append(starts, len(ranked)))
    first = order[starts]
    merged_value, merged_relation = value[first].copy(), relation[first].copy()
    keep = np.ones(len(starts), dtype=np.bool_)
    conflicts: list[Conflict] = []
    for group in np.flatnonzero(sizes > 1):
        at = order[starts[group] : starts[group] + sizes[group]]
        number = int(ranked[starts[group]])
        if task == "classification":
            label, conflict = _majority(value[at], number)
        else:
            label, conflict = _join(value[at], relation[at], number, rule, spread)
        if conflict is not None:
            conflicts.append(conflict)
        if label is None:
            keep[group] = False
        else:
            merged_value[group], merged_relation[group] = label
    return Merged(
        ranked[starts][keep],
        merged_value[keep],
        merged_relation[keep],
        first[keep],
        sizes[keep],
        conflicts,
        int(sizes[~keep].sum()),
    )


def conflict_spread(value: Floats, unit: str) -> float:
    """Return from what difference replicates disagree: 1 pX unit, else one robust deviation.

    The robust deviation is 1.4826 times the median absolute deviation of all values: replicates
    that differ by that much tell as little as another compound would.
    """
    if unit == "pX" or not len(value):
        return CONFLICT_SPREAD_PX
    deviation = 1.4826 * float(np.median(np.abs(value - np.median(value))))
    return deviation if deviation > 0 else float("inf")


def _majority(value: Floats, compound: int) -> tuple[tuple[float, int] | None, Conflict | None]:
    active = int((value == 1.0).sum())
    inactive = len(value) - active
    if active == 0 or inactive == 0:
        return (float(value[0]), 0), None
    texts = ("0",) * inactive + ("1",) * active
    if active == inactive:
        return None, Conflict(compound, texts, "dropped: as many active as inactive", kept=False)
    winner = 1.0 if active > inactive else 0.0
    return (winner, 0), Conflict(compound, texts, f"majority: {winner:.0f}", kept=True)


def _join(
    value: Floats, relation: npt.NDArray[np.int8], compound: int, rule: Rule, spread: float
) -> tuple[tuple[float, int] | None, Conflict | None]:
    texts = tuple(f"{'<=>'[sign + 1].replace('=', '')}{v:.6g}" for v, sign in
                  zip(value, relation, strict=True))  # fmt: skip
    exact, below, above = (value[relation == sign] for sign in (0, -1, 1))
    if len(exact):
        label = float(np.median(exact) if rule == "median" else np.mean(exact))
        # a bound that excludes the label contradicts it
        crossed = bool((below < label).any() or (above > label).any())
        if float(np.ptp(exact)) > spread or crossed:
            return (label, 0), Conflict(compound, texts, f"{rule}: {label:.6g}", kept=True)
        return (label, 0), None
    if len(below) and len(above):
        outcome = "dropped: bounds of both directions and no exact value"
        return None, Conflict(compound, texts, outcome, kept=False)
    return ((float(below.min()), -1) if len(below) else (float(above.max()), 1)), None
