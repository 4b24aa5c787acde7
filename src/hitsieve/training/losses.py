"""Losses over label matrices with gaps, bounds and two kinds of task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

LOG_VARIANCE = (-10.0, 6.0)
"""Range of learned variances, as logarithms, in squared standard deviations of the labels."""
HUBER = 0.5
"""Error from which the Huber loss grows linearly, in standard deviations of the labels."""

Loss = Literal["square", "huber"]


@dataclass(frozen=True, slots=True)
class LossSpec:
    """Which loss each target takes.

    Parameters
    ----------
    classification
        bool (T,): targets whose values are 0 or 1.
    positive_weight
        float (T,): weight of class 1 in classification targets; 1 elsewhere.
    ranking
        Share of :func:`pairwise_ranking` in the loss of regression targets, 0 to 1.
    loss
        What an error of a regression target costs: its square, or :func:`huber` of it.
    """

    classification: Tensor
    positive_weight: Tensor
    ranking: float = 0.0
    loss: Loss = "square"


def multitask_loss(output: Tensor, y: Tensor, relation: Tensor, spec: LossSpec) -> Tensor:
    """Mean loss over all measured entries of a label matrix.

    Parameters
    ----------
    output
        float (n, T): raw network output; standardized values or logits. Or (n, 2 T): then the
        logarithms of the values' variances follow, and :func:`noisy_square` weighs the squared
        error, or what the Huber loss makes of it.
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
    variance = output[:, y.shape[1] :]
    output = output[:, : y.shape[1]]
    # Gaps are filled before the losses: a NaN would pass through a product with zero.
    filled = torch.where(measured, y, torch.zeros_like(y))
    square = censored_square(output, filled, relation)
    if spec.loss == "huber":
        square = huber(square)
    if variance.shape[1]:
        square = noisy_square(square, variance, learning=torch.is_grad_enabled())
    each = torch.where(
        spec.classification,
        weighted_cross_entropy(output, filled, spec.positive_weight),
        square,
    )
    if spec.ranking:
        order = pairwise_ranking(output, y, relation)
        mixed = (1 - spec.ranking) * each + spec.ranking * order
        each = torch.where(spec.classification, each, mixed)
    total = torch.where(measured, each, torch.zeros_like(each)).sum()
    return total / measured.sum().clamp(min=1)


def pairwise_ranking(output: Tensor, y: Tensor, relation: Tensor) -> Tensor:
    """Logistic loss of every pair whose order is known, per target (RankNet).

    For values y_i < y_j the pair costs ``softplus(output_i - output_j)`` (Burges et al., ICML
    2005). Only the order of the values counts: a wild one counts no more than any other. A bound
    takes part where it settles the order: ``< 5`` stands below 6, and beside 4 nothing is known.

    Parameters
    ----------
    output
        float (n, T).
    y
        float (n, T): standardized values; NaN where not measured.
    relation
        int (n, T): 0, -1 or +1 as in :func:`multitask_loss`.

    Returns
    -------
    Tensor
        float (T,): the mean over pairs; 0 where no order is known.

    Examples
    --------
    >>> y = torch.tensor([[0.0], [2.0]])
    >>> same = torch.zeros(2, 1, dtype=torch.int8)
    >>> wrong, right = (pairwise_ranking(s * y, y, same).item() for s in (-5.0, 5.0))
    >>> round(wrong, 3), round(right, 3)
    (10.0, 0.0)
    """
    infinite = torch.full_like(y, torch.inf)
    low = torch.where(relation < 0, -infinite, y)
    high = torch.where(relation > 0, infinite, y)
    # NaN compares as false, so a gap takes part in no pair.
    known = (low[None] > high[:, None]).to(output.dtype)
    each = functional.softplus(output[:, None] - output[None])
    return (each * known).sum(dim=(0, 1)) / known.sum(dim=(0, 1)).clamp(min=1)


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


def huber(square: Tensor, limit: float = HUBER) -> Tensor:
    r"""Return the Huber loss of errors e from their squares: a wild label pulls no harder.

    .. math:: h(e) = \begin{cases} e^2 & |e| \le k \\ 2 k |e| - k^2 & |e| > k \end{cases}

    with the limit k (Huber, Ann. Math. Stat. 35 (1964) 73). A bound that is kept costs nothing here
    either; one that is broken by much costs less than its square.

    Parameters
    ----------
    square
        float (n, T): squared errors, as :func:`censored_square` gives them.
    limit
        Above 0.

    Returns
    -------
    Tensor
        float (n, T).

    Examples
    --------
    >>> [round(float(h), 4) for h in huber(torch.tensor([0.01, 0.25, 4.0]))]
    [0.01, 0.25, 1.75]
    """
    # the root of zero has no finite slope, so it is taken of errors beyond the limit only
    beyond = square.clamp(min=limit**2).sqrt()
    return torch.where(square > limit**2, 2 * limit * beyond - limit**2, square)


def noisy_square(square: Tensor, log_variance: Tensor, *, learning: bool) -> Tensor:
    r"""Negative logarithm of the normal likelihood of an error, up to a constant.

    .. math:: \frac{1}{2} \left( \frac{e^2}{\sigma^2} + \log \sigma^2 \right)

    While learning, each is weighed by its own :math:`\sigma`, taken as given: otherwise what a
    network finds noisy at first it never learns (beta-NLL with beta = 0.5; Seitzer et al., ICLR
    2022). A bound that is kept costs nothing and says nothing of the variance.

    Parameters
    ----------
    square
        float (n, T): squared errors.
    log_variance
        float (n, T): cut at e^-10 and e^6.
    learning
        Whether to weigh.

    Returns
    -------
    Tensor
        float (n, T).
    """
    bounded = log_variance.clamp(*LOG_VARIANCE)
    each = 0.5 * (square * torch.exp(-bounded) + bounded)
    if learning:
        each = each * torch.exp(0.5 * bounded).detach()
    return torch.where(square == 0, torch.zeros_like(each), each)


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
