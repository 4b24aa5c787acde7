"""One call from predictions to picks, as a setting asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import Field

from hitsieve.acquisition import functions
from hitsieve.acquisition.picks import epsilon_mix
from hitsieve.config import StrictConfig
from hitsieve.errors import InputError
from hitsieve.metrics.arrays import Floats, vector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from numpy.typing import ArrayLike

Kind = Literal["gain", "greedy", "ucb", "balance", "ei", "pi", "top", "thompson", "random"]

_BEST_SHARE: Final = 4
_CLASSES: Final = 2


class AcquisitionConfig(StrictConfig):
    """How compounds are chosen for measurement.

    Parameters
    ----------
    kind
        ``gain`` (what it is expected to add to the best k measured values: close to the
        predicted best at first, and bolder the more is found; the predicted best of active and
        inactive compounds), ``greedy`` (predicted best),
        ``ucb`` (mean plus beta spreads), ``balance`` (mean and spread by one slider), ``ei``
        (expected improvement on the best), ``pi`` (probability of improvement), ``top``
        (probability of beating the k-th best measured value), ``thompson`` (one draw each) or
        ``random``.
    beta
        Weight of the spread for ``ucb``.
    explore
        The slider of ``balance``: 0 takes the predicted best, 1 the least known.
    top
        The k of ``gain`` and ``top``: how many best compounds are wanted. For ``gain`` at most a
        quarter of those measured.
    xi
        Improvement asked for by ``gain``, ``ei``, ``pi`` and ``top``, in the endpoint's unit.
    epsilon
        Share of picks taken at random instead.
    """

    kind: Kind = "gain"
    beta: float = Field(default=1.0, ge=0.0)
    explore: float = Field(default=0.2, ge=0.0, le=1.0)
    top: int = Field(default=100, ge=1)
    xi: float = Field(default=0.0, ge=0.0)
    epsilon: float = Field(default=0.0, ge=0.0, le=1.0)


def acquire(
    config: AcquisitionConfig,
    mean: ArrayLike,
    std: ArrayLike,
    k: int,
    *,
    higher_is_better: bool,
    seed: int,
    best: float | None = None,
    ids: Sequence[str] | None = None,
) -> npt.NDArray[np.int64]:
    """Choose ``k`` compounds.

    Parameters
    ----------
    config
        How.
    mean, std
        (n,) predictions and their spreads; a compound with a NaN mean is never chosen, except by
        ``random``.
    k
        How many; fewer come back if fewer can be chosen.
    higher_is_better
        Direction of the endpoint.
    seed
        Of everything random.
    best
        Measured value to beat, needed by ``ei``, ``pi`` and ``top``: see :func:`value_to_beat`.
        ``gain`` takes the predicted best where there is none.
    ids
        (n,) compound ids that settle ties.

    Returns
    -------
    (k,) distinct indices, best first.

    Raises
    ------
    InputError
        If ``best`` is needed and absent, or the arrays do not fit.
    """
    values = acquisition_values(
        config, mean, std, higher_is_better=higher_is_better, seed=seed, best=best
    )
    # improvements underflow to 0 far from the best: the mean still tells such compounds apart
    then = None if config.kind == "random" else functions.greedy(
        mean, higher_is_better=higher_is_better
    )  # fmt: skip
    return epsilon_mix(values, k, epsilon=config.epsilon, seed=seed, ids=ids, then=then)


def acquisition_values(
    config: AcquisitionConfig,
    mean: ArrayLike,
    std: ArrayLike,
    *,
    higher_is_better: bool,
    seed: int,
    best: float | None = None,
) -> Floats:
    """Return (n,) what each compound is worth under a setting; higher is better.

    Raises
    ------
    InputError
        If ``best`` is needed and absent.
    """
    if config.kind == "greedy" or (config.kind == "gain" and best is None):
        return functions.greedy(mean, higher_is_better=higher_is_better)
    if config.kind == "random":
        return functions.random_values(len(vector(mean, "mean")), seed=seed)
    if config.kind == "thompson":
        return functions.thompson(mean, std, seed=seed, higher_is_better=higher_is_better)
    if config.kind == "ucb":
        return functions.upper_confidence_bound(
            mean, std, beta=config.beta, higher_is_better=higher_is_better
        )
    if config.kind == "balance":
        return functions.balance(
            mean, std, explore=config.explore, higher_is_better=higher_is_better
        )
    if best is None:
        raise InputError(
            f"acquisition {config.kind!r} needs the best measured value",
            cure="measure a first batch, chosen at random",
        )
    improve = (
        functions.expected_improvement
        if config.kind in ("gain", "ei")
        else functions.probability_of_improvement
    )
    return improve(mean, std, best, xi=config.xi, higher_is_better=higher_is_better)


def value_to_beat(
    config: AcquisitionConfig, measured: ArrayLike, *, higher_is_better: bool
) -> float | None:
    """Return what a compound has to beat: the best measured value; the k-th for others.

    For ``top`` that is the k-th best, for ``gain`` the same, but never one below the best quarter
    of what was measured: after a first batch of a hundred at random the hundredth best is the
    worst of all, and any compound would beat it.

    There is none to ``gain`` on where only two values were measured, as for active and inactive,
    or where what would have to be beaten is the lowest value measured, as where most compounds
    stand at an assay's limit. A normal distribution reaches beyond both, where no value is: the
    least known compounds would seem worth the most. What a compound adds is then its expected
    value, so the predicted best is picked.

    Parameters
    ----------
    config
        How compounds are chosen.
    measured
        (n,) measured values so far; NaN where a measurement failed.
    higher_is_better
        Direction of the endpoint.

    Returns
    -------
    float or None
        For ``top`` the worst measured value if fewer than k are measured. None if none is
        measured, and for ``gain`` where values have no room for one.
    """
    values = vector(measured, "measured")
    known = np.sort(values[~np.isnan(values)])
    if not len(known):
        return None
    ranked = known[::-1] if higher_is_better else known
    most = {"top": len(ranked), "gain": -(-len(ranked) // _BEST_SHARE)}.get(config.kind, 1)
    best = float(ranked[min(config.top, most) - 1])
    if config.kind == "gain" and (best == ranked[-1] or len(np.unique(known)) <= _CLASSES):
        return None
    return best
