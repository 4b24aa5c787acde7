"""Figures of a campaign as inline SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from markupsafe import Markup

from hitsieve.campaign.picks import CONTROL
from hitsieve.report.figures import ALL, INK, MEASURED, PICKED, draw
from hitsieve.report.space import chemical_space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from hitsieve.campaign.estimate import Estimate
    from hitsieve.campaign.state import Round
    from hitsieve.oracles.protocol import Oracle
    from hitsieve.report.source import AnyCampaign
    from hitsieve.report.space import Space

_JITTER: Final = 0.28
_POINTS: Final = {"<": "v", ">": "^"}
"""Marks of bounds, which point to where the true value is."""
_MARKS: Final = (
    "Each mark is a measured compound, an arrowhead a bound: it points to the true value. "
    "The line is the best surely reached so far."
)
_FEW_TICKS: Final = 12


class Figure(NamedTuple):
    """A figure of the page: its heading, what it shows, and the drawing."""

    title: str
    words: str
    picture: Markup


def figures_of(campaign: AnyCampaign, rounds: Sequence[Round]) -> list[Figure]:
    """Draw values by round, the share found if there is an audit, and chemical space."""
    higher = campaign.oracle.higher_is_better
    values = round_values(rounds, endpoint_words(campaign.oracle), higher_is_better=higher)
    drawn = [("Values round by round", _MARKS, values)]
    estimates = [campaign.folder.estimate(one.number) for one in rounds]
    if any(estimate is not None for estimate in estimates):
        words = "Estimated share of the true top, with its interval, over what was measured."
        title = f"Found of the {campaign.config.stop.words}"
        drawn.append((title, words, found_curve(rounds, estimates)))
    space = chemical_space(campaign, rounds)
    words = (
        "Morgan fingerprints of a random part of the pool and of everything picked, in "
        f"their first two principal components ({100 * space.explained:.0f} % of the "
        "variance). Near each other means alike; far apart in this picture does not have to "
        "mean unlike."
    )
    drawn.append(("Chemical space", words, space_map(space)))
    # Figures escape their text in matplotlib; nothing else enters them.
    return [Figure(title, words, Markup(picture)) for title, words, picture in drawn]  # noqa: S704


def endpoint_words(oracle: Oracle) -> str:
    """Return endpoint and unit of an oracle's values."""
    return oracle.endpoint + (f" ({oracle.unit})" if oracle.unit not in {"", "1"} else "")


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
        if len(numbers) <= _FEW_TICKS:
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
    """Draw the pool, what was measured, and what was picked last."""

    def paint(axes: Axes) -> None:
        parts = (
            (space.pool, ALL, 3, "pool (a random part)"),
            (space.measured, MEASURED, 7, "measured before"),
            (space.picked, PICKED, 9, space.last),
        )
        for points, color, size, label in parts:
            axes.scatter(points[:, 0], points[:, 1], s=size, color=color, label=label, linewidths=0)
        axes.set_xlabel("component 1")
        axes.set_ylabel("component 2")

    return draw(paint, "Chemical space", salt="space", prefix="space-", height=5.0)
