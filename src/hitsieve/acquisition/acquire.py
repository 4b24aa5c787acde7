"""One call from predictions to picks, as a setting asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from hitsieve.acquisition import functions
from hitsieve.acquisition.picks import epsilon_mix
from hitsieve.config import StrictConfig
from hitsieve.errors import InputError
from hitsieve.metrics.arrays import Floats, vector

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    from numpy.typing import ArrayLike

Kind = Literal["greedy", "ucb", "ei", "pi", "thompson", "random"]


class AcquisitionConfig(StrictConfig):
    """How compounds are chosen for measurement.

    Parameters
    ----------
    kind
        ``greedy`` (predicted best), ``ucb`` (mean plus beta spreads), ``ei`` (expected
        improvement), ``pi`` (probability of improvement), ``thompson`` (one draw each) or
        ``random``.
    beta
        Weight of the spread for ``ucb``.
    xi
        Improvement asked for by ``ei`` and ``pi``, in the endpoint's unit.
    epsilon
        Share of picks taken at random instead.
    """

    kind: Kind = "greedy"
    beta: float = Field(default=1.0, ge=0.0)
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
        Best measured value so far, needed by ``ei`` and ``pi``.
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
    if config.kind == "greedy":
        return functions.greedy(mean, higher_is_better=higher_is_better)
    if config.kind == "random":
        return functions.random_values(len(vector(mean, "mean")), seed=seed)
    if config.kind == "thompson":
        return functions.thompson(mean, std, seed=seed, higher_is_better=higher_is_better)
    if config.kind == "ucb":
        return functions.upper_confidence_bound(
            mean, std, beta=config.beta, higher_is_better=higher_is_better
        )
    if best is None:
        raise InputError(
            f"acquisition {config.kind!r} needs the best measured value",
            cure="measure a first batch, chosen at random",
        )
    improve = (
        functions.expected_improvement
        if config.kind == "ei"
        else functions.probability_of_improvement
    )
    return improve(mean, std, best, xi=config.xi, higher_is_better=higher_is_better)
