"""How deep a cheap ranking must be read to find what a costly one puts on top.

A sample is scored by both. Were the library's top known, its m compounds in the sample would be
a random draw of it, and their j-th worst cheap score a cut that a share R of the top reaches, with
R distributed as Beta(m - j + 1, j) whatever the distribution of the scores (Wilks, Ann. Math. Stat.
12, 1941, 91). Not known is m: how many of the sample's best belong to the library's top. It is
binomial, so a range holds it with a chosen probability, and the lowest of the cuts for all m of
the range keeps the promise before anything else is scored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

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
    """Return how many compounds of the library's top a promise must rest on.

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
    from scipy.special import betainc

    ranks = np.arange(1, tops + 1)
    surely = 1.0 - betainc(tops - ranks + 1.0, ranks, recall)
    return int((surely >= confidence).sum())  # it falls with j


def choose_cut(
    cheap: Floats, costly: Floats, *, share: float, recall: float, confidence: float
) -> Cut:
    """Choose the cut that finds the top of a library, from a random sample scored by both.

    Half of the doubt that is allowed goes to the number of tops in the sample, half to the cut.

    Parameters
    ----------
    cheap, costly
        (n,) scores, higher is better. Without a cheap score (NaN) a compound always reaches the
        cut; without a costly one it is never on top.
    share
        Share of the library that is its top. Where the sample holds too little of it
        (:func:`least_tops`), its best stand for it, which are a wider top: the better a compound,
        the better its cheap score is assumed to be on average.
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
    9878.0
    """
    n = same_length(cheap=cheap, costly=costly)
    if not 0.0 < share <= 1.0:
        raise InputError(f"share = {share} is outside (0, 1]", cure="use 0.001")
    surely = (1.0 + confidence) / 2.0
    least = least_tops(recall, surely)
    found = _best_first(cheap, costly)
    fewest, most = (max(least, m) for m in _tops(n, share, len(found), surely))
    if most >= len(found):
        return Cut(None, 1.0, 1.0, 1.0, 1.0, n, len(found))
    value = min(
        float(np.sort(found[:m])[spared(m, recall, surely) - 1]) for m in range(fewest, most + 1)
    )
    if not np.isfinite(value):
        return Cut(None, 1.0, 1.0, 1.0, 1.0, n, len(found))
    expected = max(least, round(n * share))
    low, high = _ends(found, value, _tops(n, share, len(found), (1.0 + LEVEL) / 2.0), expected)
    return Cut(
        value=value,
        share=float(np.mean(np.isnan(cheap) | (cheap >= value))),
        recall=float((found[:expected] >= value).sum() / (expected + 1.0)),
        low=low,
        high=high,
        sample=n,
        tops=expected,
    )


def _best_first(cheap: Floats, costly: Floats) -> Floats:
    """Return the cheap scores in order of the costly ones, best first; infinite where absent."""
    known = np.flatnonzero(~np.isnan(costly))
    order = known[np.argsort(-costly[known], kind="stable")]
    found: Floats = np.nan_to_num(cheap[order], nan=np.inf)
    return found


def _tops(n: int, share: float, most: int, surely: float) -> tuple[int, int]:
    """Return a range that holds the number of tops in a sample of n, with probability ``surely``.

    Each side is left out with half of the rest.
    """
    from scipy.special import bdtrik

    tail = (1.0 - surely) / 2.0
    low, high = bdtrik([tail, 1.0 - tail], n, share)
    return (0 if np.isnan(low) else int(low)), (most if np.isnan(high) else math.ceil(high))


def _ends(found: Floats, value: float, tops: tuple[int, int], expected: int) -> tuple[float, float]:
    """Return an interval for the recall (Clopper and Pearson, Biometrika 26, 1934, 404).

    It joins the intervals for every number of tops in their range.
    """
    from scipy.special import betaincinv

    tail = (1.0 - LEVEL) / 4.0
    ends = []
    for m in range(max(1, tops[0]), max(tops[1], expected) + 1):
        missed = float((found[:m] < value).sum())
        high = 1.0 if not missed else float(betaincinv(m - missed + 1.0, missed, 1.0 - tail))
        ends.append((float(betaincinv(m - missed, missed + 1.0, tail)), high))
    return min(low for low, _ in ends), max(high for _, high in ends)
