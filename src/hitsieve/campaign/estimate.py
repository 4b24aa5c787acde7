"""How much of the best a campaign has found, from compounds that it never learned from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import hypergeom

from hitsieve.campaign.interval import Estimate, enough_drawn
from hitsieve.campaign.rivals import Rest, draw_shares
from hitsieve.campaign.tail import fit_outcomes
from hitsieve.errors import InputError
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["Estimate", "Forecast", "share_found"]

_DRAWS: Final = 400
_TYPICAL: Final = 20_000
_BINS: Final = 150
_LEAST_PAIRS: Final = 20
_LEAST_LEVELS: Final = 8
_DESIGN_LEVEL: Final = 0.99


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one surrogate foretold of compounds that it had not learned from.

    Attributes
    ----------
    audit
        (a,) predictions of the audit compounds.
    batch, batch_values
        (b,) predictions of compounds before they were measured, and what was measured then: the
        batch that this very surrogate chose. Empty if it has chosen none yet.
    rest
        (n,) predictions of all compounds that are neither measured nor in the audit. NaN where
        there is none because the compound was ruled out: it counts as the poorest of them.
    counts
        (n,) how many compounds each prediction of ``rest`` stands for, where the pool is too large
        for one each; None for one each.
    """

    audit: ArrayLike
    batch: ArrayLike
    batch_values: ArrayLike
    rest: ArrayLike
    counts: ArrayLike | None = None


def share_found(
    *,
    fraction: float,
    pool: int,
    audit: ArrayLike,
    acquired: ArrayLike,
    higher_is_better: bool,
    forecast: Forecast | None = None,
    level: float = 0.9,
    seed: int = 0,
) -> Estimate:
    """Estimate the share of the pool's true best that has been measured.

    The best are the ``ceil(fraction * pool)`` compounds with the best values; where several tie
    at the border, the expectation over their order counts. What the audit found is found too.

    Without a forecast, only the random draw of the audit is relied on: how many of the best an
    audit holds is hypergeometric, which bounds the value from which on a compound is among the
    best, and with it the share found. This needs no assumption and is wide: an audit of 1,000
    holds one compound of the best 0.1 %.

    With a forecast, a regression of values on predictions (:mod:`hitsieve.campaign.tail`) is
    fitted to compounds that the surrogate had not learned from, and says how many compounds that
    nobody measured are how good; the interval holds what is uncertain about the regression and
    what is left to chance. Where the audit's random draw, at 99 %, contradicts it, the draw wins;
    so it does where fewer than 20 such compounds, or fewer than 8 values, are there to learn from,
    and where more than 100,000 compounds that nobody measured might be among the best.

    Parameters
    ----------
    fraction
        Which best: 0.001 for the best 0.1 % of the pool.
    pool
        Compounds in the pool, measured ones included.
    audit
        (a,) measured values of a simple random sample of the pool, drawn before anything was
        chosen and never learned from; NaN where the measurement failed.
    acquired
        (m,) values of everything else that was measured; NaN where it failed.
    higher_is_better
        Direction of the endpoint.
    forecast
        Predictions of one surrogate, in the unit of the values.
    level
        Coverage of the interval.
    seed
        Of the model's draws.

    Raises
    ------
    InputError
        If a share or level is outside (0, 1), the audit is empty, or the arrays do not fit.

    Examples
    --------
    >>> share_found(fraction=0.2, pool=100, audit=range(0, 100, 2), acquired=range(60, 100),
    ...             higher_is_better=True).method
    'design'
    """
    _check(fraction, level)
    sign = 1.0 if higher_is_better else -1.0
    sample, others = (_vector(values) * sign for values in (audit, acquired))
    if not np.isfinite(sample).any() or len(sample) + len(others) > pool:
        raise InputError(
            f"{len(sample)} audited and {len(others)} other compounds of a pool of {pool}",
            cure="measure an audit that is a random sample of the pool",
        )
    known = np.concatenate([sample, others])
    state = _State(
        np.sort(known[np.isfinite(known)])[::-1],
        np.sort(sample[np.isfinite(sample)])[::-1],
        len(sample),
        pool,
        max(1, math.ceil(fraction * pool * (1 - 1e-12))),
    )
    found = _estimated(state, sample, sign, forecast, level, seed)
    return found._replace(audit=state.drawn, enough=enough_drawn(pool, state.top))


def _estimated(
    state: _State,
    sample: Floats,
    sign: float,
    forecast: Forecast | None,
    level: float,
    seed: int,
) -> Estimate:
    drawn = _by_design(state, level)
    shares = None if forecast is None else _by_model(state, sample, sign, forecast, seed)
    if shares is None:
        return drawn
    tail = (1 - level) / 2
    low, value, high = (float(q) for q in np.quantile(shares, (tail, 0.5, 1 - tail)))
    bounds = _by_design(state, _DESIGN_LEVEL)
    if low > bounds.high or high < bounds.low:
        return drawn
    low, value, high = (min(max(q, bounds.low), bounds.high) for q in (low, value, high))
    return Estimate(low, value, high, "model")


@dataclass(frozen=True, slots=True)
class _State:
    """What was measured, best first and higher is better, and what is asked."""

    known: Floats
    sample: Floats
    drawn: int
    pool: int
    top: int

    def share(self, border: float) -> float:
        """Return the share found if the best begin at ``border``."""
        return min(self.top, int((self.known >= border).sum())) / self.top


def _by_design(state: _State, level: float) -> Estimate:
    """Bound the value of the last of the best by order statistics of the random sample."""
    tail = (1 - level) / 2
    among = hypergeom(state.pool, state.top, state.drawn)
    few, many = (int(among.ppf(q)) for q in (tail, 1 - tail))
    middle = round(state.top * state.drawn / state.pool)
    best, s = state.known[0], state.sample
    highest = np.inf if few == 0 else s[min(few, len(s)) - 1]
    lowest = s[many] if many < len(s) else -np.inf
    center = s[min(middle, len(s)) - 1] if middle else best
    low, value, high = (state.share(float(border)) for border in (highest, center, lowest))
    return Estimate(low, min(max(value, low), high), high, "design")


def _by_model(
    state: _State, sample: Floats, sign: float, forecast: Forecast, seed: int
) -> Floats | None:
    """Return draws of the share found, or None if too little is known for a model."""
    audit, batch, values, rest = (
        _vector(part) * sign
        for part in (forecast.audit, forecast.batch, forecast.batch_values, forecast.rest)
    )
    if len(audit) != len(sample) or len(batch) != len(values):
        raise InputError(
            f"{len(audit)} predictions of {len(sample)} audited compounds, "
            f"{len(batch)} of {len(values)} in the batch",
            cure="give one prediction for each, in the same order",
        )
    predicted, found = np.concatenate([audit, batch]), np.concatenate([sample, values])
    usable = np.isfinite(predicted) & np.isfinite(found)
    if usable.sum() < _LEAST_PAIRS or len(np.unique(found[usable])) < _LEAST_LEVELS:
        return None
    outcomes = fit_outcomes(
        predicted[usable],
        found[usable],
        _typical(rest, forecast.counts, seed)
        if np.isfinite(rest).any()
        else audit[np.isfinite(audit)],
        sample[np.isfinite(sample)],
        draws=_DRAWS,
        seed=child_seed(seed, "outcomes"),
    )
    if not np.isfinite(rest).any():
        return np.full(1, min(state.top, len(state.known)) / state.top)
    rest = np.where(np.isfinite(rest), rest, np.nanmin(rest))
    counts, edges = np.histogram(rest, bins=_BINS, weights=forecast.counts)
    rng = np.random.default_rng(child_seed(seed, "rest"))
    rest_of = Rest(np.rint(counts).astype(np.int64), edges)
    return draw_shares(outcomes, state.known, state.top, rest_of, rng)


def _typical(rest: Floats, counts: ArrayLike | None, seed: int) -> Floats:
    """Return predictions of a random sample of the compounds nobody measured, or of all."""
    known = np.isfinite(rest)
    if counts is None:
        return rest[known]
    weight = _vector(counts)[known]
    rng = np.random.default_rng(child_seed(seed, "typical"))
    return rng.choice(rest[known], size=_TYPICAL, p=weight / weight.sum())


def _vector(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def _check(fraction: float, level: float) -> None:
    for name, share in (("fraction", fraction), ("level", level)):
        if not 0 < share < 1:
            raise InputError(f"{name} = {share} is outside (0, 1)", cure="use 0.001 and 0.9")
