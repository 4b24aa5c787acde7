"""How deep a cheap ranking must be read to find what a costly one puts on top.

A sample is scored by both. Of the m compounds that the costly score puts on top of the sample,
the j-th worst by the cheap score is taken as the cut. The share R of the library's top that
reaches the cut is then distributed as Beta(m - j + 1, j), whatever the distribution of the scores
(Wilks, Ann. Math. Stat. 12, 1941, 91), so the chosen j holds its promise before anything else
is scored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import betainc, betaincinv

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import same_length

if TYPE_CHECKING:
    from hitsieve.metrics.arrays import Floats

LEVEL: Final = 0.95
"""Share of repeated samples whose interval holds the recall."""


@dataclass(frozen=True, slots=True)
class Cut:
    """From which cheap score on the costly score is worth having.

    Parameters
    ----------
    value
        The cheap score, higher is better; None if every compound is needed.
    share
        Share of the sample that reaches it.
    recall, low, high
        Share of the library's top that reaches it: what is to be expected, and the ends of the
        interval of level :data:`LEVEL`.
    sample, tops
        Compounds of the sample, and how many of them counted as its top.
    """

    value: float | None
    share: float
    recall: float
    low: float
    high: float
    sample: int
    tops: int


def least_tops(recall: float, confidence: float) -> int:
    """Return how many compounds of the sample's top a promise must rest on.

    With fewer, even the worst of them is too good a cut: recall ** m must not exceed
    1 - confidence.

    Raises
    ------
    InputError
        If either is not between 0 and 1.

    Examples
    --------
    >>> least_tops(0.95, 0.95)
    59
    """
    for name, value in (("recall", recall), ("confidence", confidence)):
        if not 0.0 < value < 1.0:
            raise InputError(f"{name} = {value} is outside (0, 1)", cure="use 0.95")
    return math.ceil(math.log(1.0 - confidence) / math.log(recall))


def spared(tops: int, recall: float, confidence: float) -> int:
    """Return the largest j for which Beta(m - j + 1, j) reaches the recall surely enough.

    0 if there is none, that is, for fewer tops than :func:`least_tops`.

    Examples
    --------
    >>> [spared(m, 0.95, 0.95) for m in (58, 59, 100, 1000)]
    [0, 1, 2, 39]
    """
    ranks = np.arange(1, tops + 1)
    surely = 1.0 - betainc(tops - ranks + 1.0, ranks, recall)
    return int((surely >= confidence).sum())  # it falls with j


def choose_cut(
    cheap: Floats, costly: Floats, *, share: float, recall: float, confidence: float
) -> Cut:
    """Choose the cut that finds the top of a library, from a random sample scored by both.

    Parameters
    ----------
    cheap, costly
        (n,) scores, higher is better. Without a cheap score (NaN) a compound always reaches the
        cut; without a costly one it is never on top.
    share
        Share of the library that is its top. Where the sample's own top is smaller than
        :func:`least_tops`, a wider top stands for it: the better a compound, the better its cheap
        score is assumed to be on average.
    recall
        Share of the top that must be found.
    confidence
        How sure that must be.

    Returns
    -------
    Cut
        Without a value, if the sample is too small to leave anything out.

    Raises
    ------
    InputError
        If the arrays differ in length, or a number is not between 0 and 1.

    Examples
    --------
    >>> scores = np.arange(10_000.0)
    >>> choose_cut(scores, scores, share=0.01, recall=0.95, confidence=0.95).value
    9901.0
    """
    n = same_length(cheap=cheap, costly=costly)
    if not 0.0 < share <= 1.0:
        raise InputError(f"share = {share} is outside (0, 1]", cure="use 0.001")
    wanted = max(math.ceil(n * share), least_tops(recall, confidence))
    known = np.sort(costly[~np.isnan(costly)])
    everything = Cut(None, 1.0, 1.0, 1.0, 1.0, n, min(wanted, len(known)))
    if wanted >= len(known):
        return everything
    tops = np.flatnonzero(costly >= known[-wanted])  # with its ties
    j = spared(len(tops), recall, confidence)
    value = np.sort(np.nan_to_num(cheap[tops], nan=np.inf))[j - 1]
    if not np.isfinite(value):
        return everything
    a, tail = len(tops) - j + 1.0, (1.0 - LEVEL) / 2.0
    return Cut(
        value=float(value),
        share=float(np.mean(np.isnan(cheap) | (cheap >= value))),
        recall=a / (len(tops) + 1.0),
        low=float(betaincinv(a, j, tail)),
        high=float(betaincinv(a, j, 1.0 - tail)),
        sample=n,
        tops=len(tops),
    )
