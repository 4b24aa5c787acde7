"""Figures as inline SVG: text stays text, and the same data give the same bytes."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from hitsieve.report.content import TargetSection

INK: Final = "#24303c"
ALL: Final = "#9db4c8"
PICKED: Final = "#c2410c"
MEASURED: Final = "#0f766e"


def score_distribution(section: TargetSection, *, prefix: str = "") -> str:
    """Draw where the hits lie among all scores and among the measured values.

    Parameters
    ----------
    section
        The target; its distribution may be empty.
    prefix
        Put before every id, so that figures of one page share none.

    Returns
    -------
    str
        An ``<svg>`` element without XML header, 720 by 300 points.
    """
    return draw(
        lambda axes: _draw(axes, section),
        f"Distribution of scores for {section.target}",
        salt=section.target,
        prefix=prefix,
    )


def draw(
    paint: Callable[[Axes], None], title: str, *, salt: str, prefix: str = "", height: float = 3.0
) -> str:
    """Draw a figure as an ``<svg>`` element without XML header, 720 points wide.

    Parameters
    ----------
    paint
        Draws into the axes; labeled artists get a legend above them.
    title
        What it shows, for those who cannot see it.
    salt
        Makes ids that repeat, and differ between figures.
    prefix
        Put before every id, so that figures of one page share none.
    height
        In hundreds of points.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings = {
        "svg.fonttype": "none",  # the page's font, and text that can be searched
        "svg.hashsalt": salt,
        "font.family": "sans-serif",
        "font.size": 10,
        "axes.edgecolor": INK,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        axes = figure.add_subplot()
        paint(axes)
        axes.spines[["top", "right"]].set_visible(False)
        # Above the axes, where it covers nothing.
        axes.legend(
            frameon=False,
            fontsize=9,
            ncols=3,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderaxespad=0,
        )
        sink = io.StringIO()
        figure.savefig(sink, format="svg", transparent=True, metadata={"Date": None})
    return _inline(sink.getvalue(), title, prefix)


def _draw(axes: Axes, section: TargetSection) -> None:
    spread = section.distribution
    scores = section.hits.column("score").to_numpy()
    widths = np.diff(spread.edges)
    axes.bar(
        spread.edges[:-1], spread.counts, widths, align="edge", color=ALL, label="all compounds"
    )
    if section.known.size and spread.counts.sum():
        density, edges = np.histogram(section.known, bins=30)
        scale = spread.counts.max() / max(density.max(), 1)
        axes.stairs(density * scale, edges, color=MEASURED, label="measured compounds (scaled)")
    if scores.size:
        axes.axvspan(
            float(scores.min()), float(scores.max()), color=PICKED, alpha=0.18, label="hits below"
        )
    unit = section.hits.column("unit")[0].as_py() if section.hits.num_rows else ""
    endpoint = section.hits.column("endpoint")[0].as_py() if section.hits.num_rows else "score"
    shown_unit = f" ({unit})" if unit not in {"", "1", endpoint} else ""
    # A dollar sign would open a formula in matplotlib's text.
    label = f"predicted {endpoint}{shown_unit}".replace("$", r"\$")
    axes.set_xlabel(f"{label}, {section.direction} is better")
    axes.set_ylabel("compounds")


def interval_bar(lower: float, score: float, upper: float, low: float, high: float) -> str:
    """Draw a score with its interval on the common scale ``low`` to ``high``.

    Examples
    --------
    >>> 'cx="75.0"' in interval_bar(4.0, 5.0, 6.0, 0.0, 10.0)
    True
    """

    def place(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(min(max(share, 0.0), 1.0) * 140 + 5, 1)

    return (
        '<svg class="interval" viewBox="0 0 150 14" role="img" '
        f'aria-label="{score:.2f}, between {lower:.2f} and {upper:.2f}">'
        '<line class="scale" x1="5" x2="145" y1="7" y2="7"/>'
        f'<line class="range" x1="{place(lower)}" x2="{place(upper)}" y1="7" y2="7"/>'
        f'<circle cx="{place(score)}" cy="7" r="4"/></svg>'
    )


def _inline(svg: str, title: str, prefix: str) -> str:
    """Drop the XML header, foreign names and unused ids, and give the picture words."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', body))
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}", body)
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
