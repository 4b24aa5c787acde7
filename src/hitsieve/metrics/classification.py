"""Quality of predicted probabilities of being active.

Labels are 0, 1 or NaN (not measured, left out). Probabilities lie in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import Floats, flags, labeled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class Reliability:
    """A reliability diagram: per non-empty bin, what was promised and what came.

    Parameters
    ----------
    promised
        (b,) mean predicted probability.
    observed
        (b,) share of actives.
    count
        (b,) items in the bin.
    """

    promised: Floats
    observed: Floats
    count: Floats


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve: chance that an active scores above an inactive, ties half.

    1 is perfect, 0.5 random or constant, 0 reversed. NaN if only one class is measured.
    ``scores`` may be any numbers, a higher one meaning more likely active.

    References
    ----------
    Hanley and McNeil, Radiology 143 (1982) 29.

    Examples
    --------
    >>> roc_auc([1, 0, 1, 0], [0.9, 0.1, 0.5, 0.5])
    0.875
    """
    known, guess = _binary(labels, scores)
    positives = float(known.sum())
    negatives = len(known) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    ranks = rankdata(guess)
    above = float(ranks[known == 1.0].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def pr_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    r"""Average precision, :math:`\sum_k (R_k - R_{k-1}) P_k` over the distinct scores.

    From 0 to 1; a constant score has the share of actives. NaN if nothing is active. Ties form
    one step, as in scikit-learn.

    Examples
    --------
    >>> pr_auc([1, 0, 0, 0], [0.2, 0.2, 0.2, 0.2])
    0.25
    """
    known, guess = _binary(labels, scores)
    positives = float(known.sum())
    if positives == 0:
        return float("nan")
    order = np.argsort(-guess, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(guess[order])), len(guess) - 1)
    found = np.cumsum(known[order])[ends]
    precision = found / (ends + 1)
    gained = np.diff(np.concatenate([[0.0], found])) / positives
    return float((gained * precision).sum())


def brier(labels: ArrayLike, probabilities: ArrayLike) -> float:
    r"""Brier score, :math:`\tfrac1n\sum(p-y)^2`: 0 perfect, 0.25 for always 0.5, 1 worst.

    References
    ----------
    Brier, Mon. Weather Rev. 78 (1950) 1.

    Examples
    --------
    >>> brier([1, 0], [0.5, 0.5])
    0.25
    """
    known, guess = _binary(labels, probabilities, bounded=True)
    return float(np.mean((guess - known) ** 2))


def log_loss(labels: ArrayLike, probabilities: ArrayLike) -> float:
    r"""Mean negative log likelihood, :math:`-\tfrac1n\sum y\ln p+(1-y)\ln(1-p)`, in nats.

    0 perfect, 0.693 for always 0.5, no upper end; probabilities are clipped to
    :math:`[\epsilon, 1-\epsilon]` with the float64 epsilon, as in scikit-learn.

    Examples
    --------
    >>> round(log_loss([1, 0], [0.5, 0.5]), 6)
    0.693147
    """
    known, guess = _binary(labels, probabilities, bounded=True)
    tiny = np.finfo(np.float64).eps
    safe = np.clip(guess, tiny, 1.0 - tiny)
    return float(-np.mean(known * np.log(safe) + (1.0 - known) * np.log1p(-safe)))


def ece(labels: ArrayLike, probabilities: ArrayLike, *, bins: int = 10) -> float:
    r"""Mean gap between promised and observed shares of actives (ECE), over equal-width bins.

    .. math:: \sum_b \frac{n_b}{n} \left| \bar y_b - \bar p_b \right|

    0 if the promised probabilities come true, 1 at worst; depends on the number of bins, so
    compare equal ones only.

    References
    ----------
    Naeini, Cooper and Hauskrecht, AAAI 2015.

    Examples
    --------
    >>> ece([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5])
    0.0
    """
    diagram = reliability(labels, probabilities, bins=bins)
    gaps = np.abs(diagram.observed - diagram.promised)
    return float((diagram.count * gaps).sum() / diagram.count.sum())


def reliability(labels: ArrayLike, probabilities: ArrayLike, *, bins: int = 10) -> Reliability:
    """Group predictions into equal-width bins of probability; empty bins are left out.

    Raises
    ------
    InputError
        If ``bins`` is below 1, or a label or probability is impossible.
    """
    if bins < 1:
        raise InputError(f"bins = {bins}: at least one is needed")
    known, guess = _binary(labels, probabilities, bounded=True)
    place = np.minimum((guess * bins).astype(np.int64), bins - 1)
    count = np.bincount(place, minlength=bins).astype(np.float64)
    used = count > 0
    promised = np.bincount(place, weights=guess, minlength=bins)[used] / count[used]
    observed = np.bincount(place, weights=known, minlength=bins)[used] / count[used]
    return Reliability(promised, observed, count[used])


def _binary(
    labels: ArrayLike, scores: ArrayLike, *, bounded: bool = False
) -> tuple[Floats, Floats]:
    known, guess = labeled(labels, scores)
    truth = flags(known, "labels").astype(np.float64)
    if bounded and ((guess < 0.0) | (guess > 1.0)).any():
        worst = guess[np.argmax(np.abs(guess - 0.5))]
        raise InputError(
            f"probability {worst} is outside [0, 1]", cure="pass logits through a sigmoid first"
        )
    return truth, guess
