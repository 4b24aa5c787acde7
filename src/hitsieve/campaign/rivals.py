"""Compounds that nobody measured, as far as they may be among the best: drawn, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.campaign.tail import Outcomes

    Floats = NDArray[np.float64]

_FEWEST_DRAWS: Final = 100
_MOST_VALUES: Final = 400_000
_MOST_RIVALS: Final = 100_000


class Rest(NamedTuple):
    """How many compounds that nobody measured are predicted how well.

    Attributes
    ----------
    counts
        int64 (b,): compounds of each bin.
    edges
        float64 (b + 1,): the predictions between which they are counted.
    """

    counts: NDArray[np.int64]
    edges: Floats


def draw_shares(
    outcomes: Outcomes, known: Floats, top: int, rest: Rest, rng: np.random.Generator
) -> Floats | None:
    """Draw values of the compounds nobody measured, and say which share of the best is known.

    Parameters
    ----------
    outcomes
        How values scatter around predictions.
    known
        (m,) measured values, best first; higher is better.
    top
        How many are the best.
    rest
        Predictions of all others.
    rng
        Of the draws.

    Returns
    -------
    float64 (d,) or None
        The share known in each draw; None where more than 100,000 of the others would have to be
        drawn each time.
    """
    step = _resolution(known)
    least = known[min(top, len(known)) - 1] - step / 2
    used = rest.counts > 0
    centers, counts = ((rest.edges[:-1] + rest.edges[1:]) / 2)[used], rest.counts[used]
    chance = outcomes.exceeding(float(least), centers)
    rivals = float((chance @ counts).mean())
    if rivals > _MOST_RIVALS:
        return None
    chance = chance[: max(_FEWEST_DRAWS, int(_MOST_VALUES / max(1.0, rivals)))]
    hits = rng.binomial(counts[None, :], chance)
    draw, place = (np.repeat(index, hits[hits > 0]) for index in np.nonzero(hits))
    lots = 1 - rng.random(len(draw))
    values = outcomes.above(draw, centers[place], chance[draw, place], lots)
    if step:
        values = known[0] + step * np.round((values - known[0]) / step)
    starts = np.searchsorted(draw, np.arange(1, len(chance)))
    return np.array([expected_share(known, drawn, top) for drawn in np.split(values, starts)])


def expected_share(known: Floats, others: Floats, top: int) -> float:
    """Return the share of the ``top`` highest of two groups that is in the first.

    Among values that tie at the border, any choice is as likely as another.

    Examples
    --------
    >>> expected_share(np.array([3.0, 2.0]), np.array([2.0, 1.0]), 2)
    0.75
    """
    both = np.concatenate([known, others])
    if len(both) <= top:
        return len(known) / top
    border = np.partition(both, len(both) - top)[len(both) - top]
    blur = 1e-9 * max(1.0, abs(border))
    sure, tied = known > border + blur, np.abs(known - border) <= blur
    left = top - (both > border + blur).sum()
    share = left / (np.abs(both - border) <= blur).sum()
    return float((sure.sum() + tied.sum() * share) / top)


def _resolution(values: Floats) -> float:
    """Return the step of values that come in steps, such as docking scores; else 0."""
    levels = np.unique(np.round(values, 9))
    return float(np.diff(levels).min()) if 1 < len(levels) <= len(values) / 2 else 0.0
