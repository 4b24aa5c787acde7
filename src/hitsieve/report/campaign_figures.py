"""Figures of a campaign as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.picks import CONTROL
from hitsieve.report.figures import ALL, INK, MEASURED, PICKED, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from hitsieve.campaign.estimate import Estimate
    from hitsieve.campaign.state import Round
    from hitsieve.report.space import Space

_JITTER: Final = 0.28
_POINTS: Final = {"<": "v", ">": "^"}
"""Marks of bounds, which point to where the true value is."""


def round_values(rounds: Sequence[Round], endpoint: str, *, higher_is_better: bool) -> str:
    """Draw all measured values by round, controls and bounds apart, and the best so far.

    A bound is an arrowhead that points to where the true value is.
    """

    def paint(axes: Axes) -> None:
        rng = np.random.default_rng(0)
        best: list[float] = []
        bounds = 0
        for one in rounds:
            values = np.array(one.values)
            control = np.array([pick.reason == CONTROL for pick in one.picks], bool)
            x = one.number + rng.uniform(-_JITTER, _JITTER, len(values))
            relation = np.array(one.relations)
            for group, color, exact in ((~control, ALL, "."), (control, INK, "x")):
                for sign, marker in {"=": exact, **_POINTS}.items():
                    here = group & (relation == sign)
                    axes.plot(x[here], values[here], marker, color=color, markersize=4)
            bounds += int((relation != "=").sum())
            counted = one.counted(higher_is_better=higher_is_better)
            known = [value for value in [*best[-1:], *counted] if not np.isnan(value)]
            best.append((max if higher_is_better else min)(known) if known else np.nan)
        numbers = [one.number for one in rounds]
        axes.plot(numbers, best, "-o", color=PICKED, label="best so far", markersize=5)
        axes.plot([], [], ".", color=ALL, label="chosen")
        axes.plot([], [], "x", color=INK, label="control, drawn at random")
        if bounds:
            axes.plot([], [], "v", color=ALL, label="bound: the true value lies where it points")
        axes.set_xticks(numbers)
        axes.set_xlabel("round")
        axes.set_ylabel(endpoint.replace("$", r"\$"))

    return draw(paint, "Measured values by round", salt="values", prefix="values-")


def found_curve(rounds: Sequence[Round], estimates: Sequence[Estimate | None]) -> str:
    """Draw the estimated share found with its interval over the compounds measured."""

    def paint(axes: Axes) -> None:
        measured = np.cumsum([len(one.picks) for one in rounds])
        known = [(x, estimate) for x, estimate in zip(measured, estimates, strict=True) if estimate]
        x = [place for place, _ in known]
        low, value, high = (
            [100 * getattr(estimate, name) for _, estimate in known]
            for name in ("low", "value", "high")
        )
        axes.fill_between(x, low, high, color=MEASURED, alpha=0.18, label="interval")
        axes.plot(x, value, "-o", color=MEASURED, label="estimate", markersize=5)
        axes.set_ylim(0, 100)
        axes.set_xlim(left=0)
        axes.set_xlabel("compounds measured")
        axes.set_ylabel("share of the true top found, %")

    return draw(paint, "Estimated share found", salt="found", prefix="found-")


def space_map(space: Space) -> str:
    """Draw the pool, what was measured before, and what the last round picked."""

    def paint(axes: Axes) -> None:
        last = int(space.rounds.max()) if len(space.rounds) else 0
        old = space.rounds < last
        parts = (
            (space.pool, ALL, 3, "pool (a random part)"),
            (space.measured[old], MEASURED, 7, "measured before"),
            (space.measured[~old], PICKED, 9, f"picked in round {last}"),
        )
        for points, color, size, label in parts:
            axes.scatter(points[:, 0], points[:, 1], s=size, color=color, label=label, linewidths=0)
        axes.set_xlabel("component 1")
        axes.set_ylabel("component 2")

    return draw(paint, "Chemical space", salt="space", prefix="space-", height=5.0)
