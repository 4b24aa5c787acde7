"""What keeps a model from learning a target's labels, and what a user can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hitsieve.metrics.arrays import differ

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from hitsieve.metrics.arrays import Floats

MINIMUM_LABELS: Final = 20
FEWEST_OF_CLASS: Final = 2
"""Compounds of either class: one can be left out to judge by, and another teaches meanwhile."""
LONE_VARIANCE: Final = 0.5
"""Largest share of the variance that one label may hold."""
FAR: Final = 10.0
"""Standard deviations of the others from their mean within which one label may hold any share."""
FEW: Final = 20
"""One in so many labels are a few."""
FEW_VARIANCE: Final = 0.99
"""Largest share of the variance that a few labels may hold."""

_MORE: Final = "add measurements of more compounds, with values or classes that differ"
_NO_LABEL: Final = "choose the column that holds the measured numbers, or fill it in"
_BOUNDS: Final = (
    "add compounds whose value was measured: bounds are learned from, but neither intervals nor "
    "metrics can be fitted to them; or learn two classes instead (task: classification, such as "
    "0 for every value beyond the bound)"
)
_LONE: Final = (
    "correct or remove them, unit and decimal point first; if they are right, learn the logarithm "
    "(transform: log10 in the dataset card), or allow them with `curation: {lone_variance: 1}` in "
    "the training's --config file"
)


class Obstacle(NamedTuple):
    """Why no model can learn from labels, and the cure.

    ``is_error``: the labels are wrong rather than few, so that the target must not be left out of
    a set in silence.
    """

    reason: str
    cure: str
    is_error: bool = False


class Lone(NamedTuple):
    """A few labels that hold most of the variance of all: their places, and the share."""

    places: npt.NDArray[np.int64]
    share: float


def obstacle(
    value: Floats,
    relation: npt.NDArray[np.int8],
    task: str,
    *,
    minimum: int = MINIMUM_LABELS,
    lone_variance: float = 1.0,
    names: Sequence[str] | None = None,
) -> Obstacle | None:
    """Return what keeps a model from learning labels; None where nothing does.

    Parameters
    ----------
    value
        (k,) labels in the endpoint's unit, or classes 0 and 1.
    relation
        (k,) -1 the true value is below, 0 equal, 1 above.
    task
        ``regression`` or ``classification``.
    minimum
        Labels needed that are no bounds; with 0 nothing is asked but that there is a label.
    lone_variance
        Largest share of a regression's variance that one label may hold; see :func:`lone_labels`.
    names
        (k,) where each label stands, for the reason; counted from 0 if not given.

    Examples
    --------
    >>> obstacle(np.ones(50), np.zeros(50, np.int8), "classification").reason
    'all 50 labels are of class 1'
    """
    if not len(value):
        return Obstacle("all values are missing or refused", _NO_LABEL)
    if not minimum:
        return None
    exact = value[relation == 0]
    if len(exact) < minimum:
        return _too_few(len(value), len(exact), minimum)
    if not differ(exact):
        which = "labels" if len(exact) == len(value) else "labels that are no bounds"
        what = f"are of class {exact[0]:.0f}" if task == "classification" else f"are {exact[0]:.6g}"
        return Obstacle(f"all {len(exact)} {which} {what}", _MORE)
    if task == "classification":
        return _lone_class(exact)
    lone = lone_labels(value, lone_variance)
    return None if lone is None else _held_by_few(value, lone, lone_variance, names)


def lone_labels(value: Floats, lone_variance: float = LONE_VARIANCE) -> Lone | None:
    r"""Return the labels that alone hold most of the variance; None where there are none.

    With the labels in order of their distance from the median, the share of the k farthest is

    .. math:: 1 - \frac{\sum_{i \notin K} (y_i - \bar y_{\notin K})^2}{\sum_i (y_i - \bar y)^2}

    One label may hold ``lone_variance``, or more if it lies within ten standard deviations of the
    others from their mean, as the first active of a small set may. A few, which are one in twenty
    labels at most, may hold 99 %. A mistyped value among hundreds reaches both; of the 691 targets
    of ChEMBL's set divided by time none does.

    Parameters
    ----------
    value
        (k,) labels; fewer than 20 are never refused, as any of them holds much.
    lone_variance
        In (0, 1]; with 1 nothing is refused.

    Examples
    --------
    >>> lone_labels(np.append(np.arange(30.0), 9e8)).places
    array([30])
    """
    if len(value) < MINIMUM_LABELS or lone_variance >= 1:
        return None
    order = np.argsort(np.abs(value - np.median(value)), kind="stable")
    # nearest first, so that small sums are not lost in large ones
    apart = value[order] - np.median(value)
    count = np.arange(1, len(value) + 1)
    squares = np.cumsum(apart**2) - np.cumsum(apart) ** 2 / count
    if squares[-1] <= 0:
        return None
    most = max(1, len(value) // FEW)
    shares = 1 - squares[-2 : -2 - most : -1] / squares[-1]  # of the farthest, of the two farthest…
    held = np.flatnonzero(shares > max(FEW_VARIANCE, lone_variance))
    if len(held):
        few = int(held[0]) + 1
    elif shares[0] > lone_variance and _deviations(squares) > FAR:
        few = 1
    else:
        return None
    return Lone(np.sort(order[-few:]), float(shares[few - 1]))


def _deviations(squares: Floats) -> float:
    """Return how many deviations of the others the farthest label lies from their mean."""
    n = len(squares)
    if squares[-2] <= 0:
        return float("inf")
    apart = (squares[-1] - squares[-2]) * n / (n - 1)
    return float(np.sqrt(apart / (squares[-2] / (n - 2))))


def _lone_class(classes: Floats) -> Obstacle | None:
    ones = int((classes == 1).sum())
    rarer, count = min((1, ones), (0, len(classes) - ones), key=lambda one: one[1])
    if count >= FEWEST_OF_CLASS:
        return None
    told = f"{count} of {len(classes)} labels is of class {rarer}"
    return Obstacle(f"{told}, at least {FEWEST_OF_CLASS} are needed", _MORE)


def _too_few(labels: int, exact: int, minimum: int) -> Obstacle:
    bounds = labels - exact
    if not bounds:
        return Obstacle(f"{labels} labels, at least {minimum} are needed", _MORE)
    if not exact:
        told = f"all {labels} labels are bounds (< or >), at least {minimum} values are needed"
        return Obstacle(told, _BOUNDS)
    return Obstacle(
        f"{bounds} of {labels} labels are bounds (< or >), which leaves {exact} measured values; "
        f"at least {minimum} are needed",
        _BOUNDS,
    )


def _held_by_few(
    value: Floats, lone: Lone, lone_variance: float, names: Sequence[str] | None
) -> Obstacle:
    few = len(lone.places)
    told = [
        f"{value[place]:.6g} ({names[place] if names else f'label {place}'})"
        for place in lone.places[:5]
    ]
    which = ", ".join(told) + (f" and {few - len(told)} more" if few > len(told) else "")
    one = (
        f"one label holds {lone.share:.0%}",
        f"one that lies so far off may hold {lone_variance:.0%}",
    )
    many = f"{few} labels hold {lone.share:.0%}", f"a few may hold {FEW_VARIANCE:.0%}"
    held, allowed = one if few == 1 else many
    return Obstacle(
        f"{held} of the variance of all {len(value)}: {which}; {allowed}", _LONE, is_error=True
    )
