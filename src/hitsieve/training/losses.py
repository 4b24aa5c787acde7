"""Losses over label matrices with gaps, bounds and two kinds of task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class LossSpec:
    """Which loss each target takes.

    Parameters
    ----------
    classification
        bool (T,): targets whose values are 0 or 1.
    positive_weight
        float (T,): weight of class 1 in classification targets; 1 elsewhere.
    """

    classification: Tensor
    positive_weight: Tensor


def multitask_loss(output: Tensor, y: Tensor, relation: Tensor, spec: LossSpec) -> Tensor:
    """Mean loss over all measured entries of a label matrix.

    Parameters
    ----------
    output
        float (n, T): raw network output; standardized values or logits.
    y
        float (n, T): standardized values, or 0 and 1; NaN where nothing was measured.
    relation
        int (n, T): 0 measured, -1 ``<`` (the value is an upper bound), +1 ``>`` (a lower
        bound). Ignored for classification.
    spec
        Which loss each target takes.

    Returns
    -------
    Tensor
        Scalar. Zero, with zero gradient, where nothing was measured.
    """
    measured = ~torch.isnan(y)
    # Gaps are filled before the losses: a NaN would pass through a product with zero.
    filled = torch.where(measured, y, torch.zeros_like(y))
    each = torch.where(
        spec.classification,
        weighted_cross_entropy(output, filled, spec.positive_weight),
        censored_square(output, filled, relation),
    )
    total = torch.where(measured, each, torch.zeros_like(each)).sum()
    return total / measured.sum().clamp(min=1)


def censored_square(output: Tensor, y: Tensor, relation: Tensor) -> Tensor:
    """Squared error where a bound costs only what lies on its wrong side.

    A one-sided square is the usual hinge for censored values (Tobin 1958 has the
    likelihood it approximates): ``< 5`` costs nothing for a prediction of 4.

    Parameters
    ----------
    output, y
        float (n, T), without NaN.
    relation
        int (n, T): 0, -1 or +1 as in :func:`multitask_loss`.

    Returns
    -------
    Tensor
        float (n, T).

    Examples
    --------
    >>> one = torch.ones(1, 1)
    >>> float(censored_square(4 * one, 5 * one, torch.tensor([[-1]])))
    0.0
    >>> float(censored_square(7 * one, 5 * one, torch.tensor([[-1]])))
    4.0
    """
    error = output - y
    satisfied = ((relation < 0) & (error < 0)) | ((relation > 0) & (error > 0))
    return torch.where(satisfied, torch.zeros_like(error), error).square()


def weighted_cross_entropy(output: Tensor, y: Tensor, positive_weight: Tensor) -> Tensor:
    """Binary cross entropy of logits, class 1 weighed by ``positive_weight`` per target.

    A weight of ``w`` moves the log odds that minimize it by exactly ``log(w)``, which
    :func:`hitsieve.training.scaling.target_scaling` takes back.

    Parameters
    ----------
    output, y
        float (n, T): logits, and 0 or 1.
    positive_weight
        float (T,).

    Returns
    -------
    Tensor
        float (n, T).
    """
    # Regression columns hold values outside 0..1; they are masked by the caller, and
    # clamping keeps their unused branch finite.
    return functional.binary_cross_entropy_with_logits(
        output, y.clamp(0, 1), pos_weight=positive_weight, reduction="none"
    )
