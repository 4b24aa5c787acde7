"""Sections of a model card on how it was fitted and how far its probabilities come true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.config import StrictConfig
from hitsieve.registry.markdown import table

if TYPE_CHECKING:
    from collections.abc import Sequence


class ReliabilityBin(StrictConfig):
    """Test compounds with like probabilities: what was promised, and what came true."""

    target: str
    calibrated: bool
    promised: float
    observed: float
    compounds: int


class LossCurve(StrictConfig):
    """How a member was fitted: losses by epoch, in standardized units; the best from 1."""

    member: int
    best: int
    train_loss: tuple[float, ...]
    stopping_loss: tuple[float, ...]


def reliability_section(bins: Sequence[ReliabilityBin]) -> str:
    """Return what was promised and what came true as Markdown; empty without bins."""
    if not bins:
        return ""
    rows = [
        (
            item.target,
            "after" if item.calibrated else "before",
            f"{item.promised:.2f}",
            f"{item.observed:.2f}",
            str(item.compounds),
        )
        for item in bins
    ]
    head = ("target", "calibration", "promised", "came true", "compounds")
    note = "`hitsieve models show NAME --figures FOLDER` draws the diagram."
    return f"## Reliability of probabilities\n\n{table(head, rows)}\n\n{note}"


def fitting_section(curves: Sequence[LossCurve]) -> str:
    """Return how the members were fitted as Markdown; empty without curves."""
    if not curves:
        return ""
    rows = [
        (
            str(curve.member),
            str(len(curve.train_loss)),
            str(curve.best),
            f"{curve.train_loss[curve.best - 1]:.4f}",
            f"{curve.stopping_loss[curve.best - 1]:.4f}",
        )
        for curve in curves
    ]
    head = ("member", "epochs", "kept epoch", "loss learned from", "loss held out")
    return f"## Fitting\n\n{table(head, rows)}"
