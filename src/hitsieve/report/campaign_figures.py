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


def round_values(rounds: Sequence[Round], endpoint: str, *, higher_is_better: bool) -> str:
    """Draw all measured values by round, controls apart, and the best so far."""

    def paint(axes: Axes) -> None:
        rng = np.random.default_rng(0)
        best: list[float] = []
        for one in rounds:
            values = np.array(one.values)
            control = np.array([pick.reason == CONTROL for pick in one.picks], bool)
            x = one.number + rng.uniform(-_JITTER, _JITTER, len(values))
            axes.plot(x[~control], values[~control], ".", color=ALL, markersize=4)
            axes.plot(x[control], values[control], "x", color=INK, markersize=4)
            known = [value for value in [*best[-1:], *values.tolist()] if not np.isnan(value)]
            best.append((max if higher_is_better else min)(known) if known else np.nan)
        numbers = [one.number for one in rounds]
        axes.plot(numbers, best, "-o", color=PICKED, label="best so far", markersize=5)
        axes.plot([], [], ".", color=ALL, label="chosen")
        axes.plot([], [], "x", color=INK, label="control, drawn at random")
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
