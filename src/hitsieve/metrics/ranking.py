"""How well a ranking puts the good compounds first; ties count in expectation.

A score says nothing about the order of compounds it ties. All metrics here return the
expectation over every order of the tied compounds, which is exact and needs no random numbers:
inside a tied group each compound is equally likely at each of the group's ranks.

A score of NaN (a failed prediction) ranks behind every number, all such compounds tied.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import Floats, flags, same_length, vector
from hitsieve.metrics.ties import inclusion, tied_groups

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def enrichment_factor(
    actives: ArrayLike, scores: ArrayLike, fraction: float, *, higher_is_better: bool = True
) -> float:
    r"""Enrichment factor: how many times more actives stand at the top than chance puts there.

    .. math:: EF_f = \frac{a_k / k}{A / n}, \quad k = \lceil f n \rceil

    with :math:`a_k` the expected number of actives among the first :math:`k` of :math:`n`
    compounds, and :math:`A` actives in all.

    Parameters
    ----------
    actives
        (n,) whether each compound is active.
    scores
        (n,) predicted score.
    fraction
        Share of the list that is looked at, in (0, 1].
    higher_is_better
        Whether a high score ranks first.

    Returns
    -------
    float
        From 0 to :math:`\min(1/f, n/A)`; 1 for a random or constant score.

    Raises
    ------
    InputError
        If there is no active, the fraction is outside (0, 1], or the lengths differ.

    References
    ----------
    Pearlman and Charifson, J. Med. Chem. 44 (2001) 502. The cut-off rounds up, as in RDKit.

    Examples
    --------
    >>> enrichment_factor([True, True, False, False], [4, 3, 2, 1], 0.5)
    2.0
    >>> enrichment_factor([True, True, False, False], [0, 0, 0, 0], 0.5)
    1.0
    """
    truth, values = _active_scores(actives, scores)
    if not 0.0 < fraction <= 1.0:
        raise InputError(
            f"fraction = {fraction} is outside (0, 1]", cure="use 0.01 for the top 1 %"
        )
    top = math.ceil(fraction * len(values))
    share = inclusion(values, top, higher_is_better=higher_is_better)
    found = float(share[truth].sum())
    return (found / top) / (float(truth.sum()) / len(values))


def hit_rate_at(
    actives: ArrayLike, scores: ArrayLike, k: int, *, higher_is_better: bool = True
) -> float:
    """Hit rate: the expected share of actives among the best ``k`` compounds.

    Returns
    -------
    float
        From 0 to 1; for a random or constant score the share of actives in the whole list.

    Raises
    ------
    InputError
        If ``k`` is not between 1 and the number of compounds, or there is no active.

    Examples
    --------
    >>> hit_rate_at([True, False, True, False], [4, 3, 2, 1], 2)
    0.5
    """
    truth, values = _active_scores(actives, scores)
    share = inclusion(values, _count(k, len(values)), higher_is_better=higher_is_better)
    return float(share[truth].sum()) / k


def bedroc(
    actives: ArrayLike, scores: ArrayLike, *, alpha: float = 20.0, higher_is_better: bool = True
) -> float:
    r"""BEDROC: early recognition, the robust initial enhancement scaled to [0, 1].

    .. math::
        RIE = \frac{\frac{1}{A}\sum_{i=1}^{A} e^{-\alpha r_i / n}}
                   {\frac{1}{n}\sum_{r=1}^{n} e^{-\alpha r / n}}, \qquad
        BEDROC = \frac{RIE - RIE_{min}}{RIE_{max} - RIE_{min}}

    over the ranks :math:`r_i` of the actives; a tied active contributes the mean weight of its
    group's ranks.

    Parameters
    ----------
    actives, scores
        (n,) activity and predicted score.
    alpha
        Earliness; with 20, about 80 % of the weight lies in the first 8 % of the list.
    higher_is_better
        Whether a high score ranks first.

    Returns
    -------
    float
        1 if all actives come first, 0 if all come last. A random or constant score has
        :math:`RIE = 1`, which :func:`bedroc_random` turns into a BEDROC (about
        :math:`1/\alpha` when actives are few). If every compound is active: 1.

    Raises
    ------
    InputError
        If there is no active, alpha is not positive, or the lengths differ.

    References
    ----------
    Truchon and Bayly, J. Chem. Inf. Model. 47 (2007) 488.

    Examples
    --------
    >>> round(bedroc([True, True, False, False], [4, 3, 2, 1]), 6)
    1.0
    """
    truth, values = _active_scores(actives, scores)
    if not alpha > 0:
        raise InputError(f"alpha = {alpha} is not positive", cure="use 20")
    n = len(values)
    weights = np.exp(-alpha * np.arange(1, n + 1) / n)
    order, starts, sizes = tied_groups(values, higher_is_better=higher_is_better)
    means = np.add.reduceat(weights, starts) / sizes
    found = np.add.reduceat(truth[order].astype(np.float64), starts)
    total = float(truth.sum())
    enhancement = float((found * means).sum()) / total / float(weights.mean())
    return _scale_enhancement(enhancement, total / n, alpha)


def bedroc_random(n_actives: int, n: int, *, alpha: float = 20.0) -> float:
    """Return the BEDROC of a ranking without information, for so many actives among n compounds.

    Examples
    --------
    >>> round(bedroc_random(10, 10_000), 2)
    0.05
    """
    if not 0 < n_actives <= n:
        raise InputError(f"{n_actives} actives among {n} compounds is impossible")
    return _scale_enhancement(1.0, n_actives / n, alpha)


def top_k_recall(
    truth: ArrayLike, scores: ArrayLike, k: int, *, higher_is_better: bool = True
) -> float:
    """Recall of the top: expected share of the true best ``k`` among the predicted best ``k``.

    Ties are taken in expectation on both sides: in the truth, the compounds tied at the k-th
    place share the places that are left.

    Parameters
    ----------
    truth
        (n,) true values, all finite.
    scores
        (n,) predicted values.
    k
        How many compounds the top holds.
    higher_is_better
        Direction of both arrays.

    Returns
    -------
    float
        From 0 to 1; k/n for a random or constant score.

    Raises
    ------
    InputError
        If ``k`` is not between 1 and n, or a true value is not finite.

    Examples
    --------
    >>> top_k_recall([9, 8, 1, 2], [5, 1, 0, 3], 2)
    0.5
    """
    known, values = _finite_truth(truth), vector(scores, "scores")
    top = _count(k, same_length(truth=known, scores=values))
    wanted = inclusion(known, top, higher_is_better=higher_is_better)
    picked = inclusion(values, top, higher_is_better=higher_is_better)
    return float((wanted * picked).sum()) / top


def acquired_recall(
    truth: ArrayLike,
    acquired: ArrayLike,
    k: int,
    *,
    by: str = "scores",
    higher_is_better: bool = True,
) -> float:
    """Share of the true best ``k`` that a campaign has measured.

    Parameters
    ----------
    truth
        (n,) true values of the whole pool, all finite.
    acquired
        (n,) whether each compound was measured.
    k
        How many compounds the top holds.
    by
        ``"scores"``: measured compounds with a value at least as good as the k-th best count,
        up to k (ties all count, as in MolPAL). ``"identity"``: compounds tied at the k-th place
        share the places left.
    higher_is_better
        Direction of ``truth``.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> acquired_recall([9, 8, 8, 1], [True, False, True, False], 2)
    1.0
    >>> acquired_recall([9, 8, 8, 1], [True, False, True, False], 2, by="identity")
    0.75
    """
    known, taken = _finite_truth(truth), flags(acquired, "acquired")
    top = _count(k, same_length(truth=known, acquired=taken))
    if by == "identity":
        wanted = inclusion(known, top, higher_is_better=higher_is_better)
        return float(wanted[taken].sum()) / top
    if by != "scores":
        raise InputError(f"by = {by!r}", cure="use 'scores' or 'identity'")
    signed = known if higher_is_better else -known
    bar = np.sort(signed)[-top]
    return min(top, int((signed[taken] >= bar).sum())) / top


def _scale_enhancement(enhancement: float, ratio: float, alpha: float) -> float:
    best = -math.expm1(-alpha * ratio) / (ratio * -math.expm1(-alpha))
    # e^alpha overflows for alpha > 709: both parts are divided by it
    worst = (math.exp(-alpha) - math.exp(alpha * (ratio - 1.0))) / (ratio * math.expm1(-alpha))
    if ratio >= 1.0 or best == worst:
        return 1.0
    return min(1.0, max(0.0, (enhancement - worst) / (best - worst)))


def _active_scores(actives: ArrayLike, scores: ArrayLike) -> tuple[npt.NDArray[np.bool_], Floats]:
    truth, values = flags(actives, "actives"), vector(scores, "scores")
    same_length(actives=truth, scores=values)
    if not truth.any():
        raise InputError(
            "no compound is active: enrichment is undefined",
            cure="check the activity threshold and its direction",
        )
    return truth, values


def _finite_truth(truth: ArrayLike) -> Floats:
    known = vector(truth, "truth")
    if not np.isfinite(known).all():
        raise InputError("truth holds values that are not finite", cure="drop unmeasured compounds")
    return known


def _count(k: int, n: int) -> int:
    if not 1 <= k <= n:
        raise InputError(f"k = {k} is not between 1 and the {n} compounds there are")
    return int(k)
