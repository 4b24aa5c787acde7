"""Figures of a model, drawn from its card: loss curves and reliability diagrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.report.figures import ALL, INK, MEASURED, PICKED, draw
from hitsieve.store.files import make_folder, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from hitsieve.registry.card import ModelCard
    from hitsieve.registry.card_sections import ReliabilityBin

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def loss_figure(card: ModelCard, *, prefix: str = "") -> str:
    """Draw the losses of all members by epoch, and which epochs were kept.

    Returns
    -------
    str
        An ``<svg>`` element; empty for a model without curves.
    """
    if not card.curves:
        return ""

    def paint(axes: Axes) -> None:
        for curve in card.curves:
            first = curve is card.curves[0]
            epochs = range(1, len(curve.train_loss) + 1)
            axes.plot(epochs, curve.train_loss, color=ALL, label="learned from" if first else None)
            axes.plot(
                epochs, curve.stopping_loss, color=MEASURED, label="held out" if first else None
            )
            axes.plot(
                curve.best,
                curve.stopping_loss[curve.best - 1],
                "o",
                color=PICKED,
                label="kept" if first else None,
            )
        axes.set_xlabel("epoch")
        axes.set_ylabel("loss (standardized)")

    title = f"Loss of {len(card.curves)} networks of {card.name} by epoch"
    return draw(paint, title, salt=f"loss {card.name}", prefix=prefix)


def reliability_figure(card: ModelCard, target: str, *, prefix: str = "") -> str:
    """Draw the shares that came true over the probabilities promised, before and after calibration.

    On the diagonal, promises come true. The area of a point is the number of compounds.

    Returns
    -------
    str
        An ``<svg>`` element; empty where the target has no probabilities.
    """
    bins = [item for item in card.reliability if item.target == target]
    if not bins:
        return ""

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle="--")
        for calibrated, color, name in (
            (False, ALL, "before calibration"),
            (True, PICKED, "after calibration"),
        ):
            _points(axes, [b for b in bins if b.calibrated == calibrated], color, name)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        axes.set_xlabel("promised probability")
        axes.set_ylabel("share that came true")

    title = f"Reliability of the probabilities for {target}"
    return draw(paint, title, salt=f"reliability {target}", prefix=prefix, height=4.2)


def _points(axes: Axes, bins: list[ReliabilityBin], color: str, name: str) -> None:
    most = max((item.compounds for item in bins), default=1)
    promised, observed = [b.promised for b in bins], [b.observed for b in bins]
    axes.plot(promised, observed, color=color, linewidth=1)
    sizes = [15 + 120 * b.compounds / most for b in bins]
    axes.scatter(promised, observed, s=sizes, color=color, label=name, clip_on=False)


def write_figures(card: ModelCard, folder: Path) -> list[Path]:
    """Write a model's figures as SVG files.

    Parameters
    ----------
    card
        The model's.
    folder
        Gets ``loss.svg`` and ``reliability-<number>.svg``, a number for each target in the
        card's order; files that are there are replaced.

    Returns
    -------
    list of Path
        What was written; nothing for a card without curves and probabilities.
    """
    figures = {"loss.svg": loss_figure(card)}
    for number, sizes in enumerate(card.targets, start=1):
        figures[f"reliability-{number}.svg"] = reliability_figure(card, sizes.target)
    drawn = {make_folder(folder) / name: text for name, text in figures.items() if text}
    for path, text in drawn.items():
        write_atomic(path, (_XML + text).encode())
    return list(drawn)
