"""Sections of a model card: its parts, how they were fitted, how far probabilities come true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hitsieve.config import StrictConfig
from hitsieve.registry.markdown import number, table

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


class MemberWorth(StrictConfig):
    """What one kind of model in a blend says of left-out compounds, and how it is weighed.

    ``weight`` is a share for values, and multiplies log odds for classes; null for the blend.
    """

    target: str
    member: str
    measure: Literal["RMSE", "ROC AUC"]
    left_out: float | None
    weight: float | None


def members_section(items: Sequence[MemberWorth]) -> str:
    """Return what a blend is made of as Markdown; empty where networks stand alone."""
    if not items:
        return ""
    rows = [
        (
            item.target,
            item.member,
            item.measure,
            number(item.left_out),
            "" if item.weight is None else number(item.weight),
        )
        for item in items
    ]
    head = ("target", "model", "measure", "left-out compounds", "weight")
    note = (
        "What each kind of model says of training compounds that all of them had left out. Weights "
        "are learned there, so the last row of a target is a little too good. Networks weigh "
        "nothing where they do not lower the error by more than chance (one standard error)."
    )
    return f"## What it is made of\n\n{table(head, rows)}\n\n{note}"


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
