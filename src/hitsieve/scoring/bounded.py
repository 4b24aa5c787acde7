r"""What a bound says of a value, for models that learn from values only.

``< 5`` is no measurement of 5. A quick model first learns from exact values alone. To a compound
for which it expects a measurement of mean :math:`\mu` and standard deviation :math:`\sigma`, an
upper bound b then leaves

.. math:: E[y \mid y < b] = \mu - \sigma \frac{\varphi(z)}{\Phi(z)}, \qquad
          z = \frac{b - \mu}{\sigma}

with the density :math:`\varphi` and the distribution :math:`\Phi` of the standard normal; a lower
bound is its mirror image (Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 1,
1994, chapter 13, section 10.1). The quick model learns once more with these values in the bounds'
place, is asked for each compound with that compound left out, and so on (Schmee and Hahn,
Technometrics 21 (1979) 417). It is assumed that where a bound lies does not depend on how far the
value is beyond it, as with the highest concentration of an assay.

A bound that the model expects to be kept with a probability of 0.9 or more says nothing that exact
values do not say: its expected value would repeat the model's own word, and let compounds that are
left out later speak through it. It gets no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import log_ndtr, ndtr

from hitsieve.errors import DatasetError
from hitsieve.provenance import child_seed
from hitsieve.scoring.fit_members import fit_members
from hitsieve.scoring.member_data import MemberData
from hitsieve.scoring.prepared import BLOCK, Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.blend import BlendConfig
    from hitsieve.scoring.inputs import Inputs
    from hitsieve.scoring.member_data import FittedMember

    Floats = NDArray[np.float64]
    Signs = NDArray[np.integer]

FEWEST: Final = 20
"""Exact values of a target without which its bounds say nothing."""
KEPT: Final = 0.9
"""Probability of being kept from which a bound says nothing."""
ROUNDS: Final = 3
_KIND: Final = "gaussian_process"


@dataclass(frozen=True, slots=True)
class Completed:
    """Labels with values in the place of bounds.

    Attributes
    ----------
    y
        float64 (n, T): exact values as they were; for a bound the value expected beyond it, NaN
        where it says nothing.
    bounds, used
        int64 (T,): bounds of each target, and those that got a value.
    """

    y: Floats
    bounds: NDArray[np.int64]
    used: NDArray[np.int64]

    def beside(self, y: Floats, relation: Signs) -> tuple[Floats, Signs]:
        """Return labels and relations, (n, T), for models that know bounds.

        A bound that got a value is a value; one that says nothing stays a bound, which costs
        nothing as long as it is kept.
        """
        valued = ~np.isnan(self.y)
        return np.where(valued, self.y, y), np.where(valued, 0, relation)


def complete(data: MemberData, relation: Signs, config: BlendConfig, seed: int) -> Completed:
    """Give bounds the values that are expected beyond them.

    Parameters
    ----------
    data
        n compounds by T targets; ``y`` holds bounds beside exact values.
    relation
        int (n, T): 0 an exact value, -1 an upper bound, +1 a lower bound. Ignored for classes.
    config
        Folds, and the most compounds a quick model learns from.
    seed
        Of folds and samples.

    Raises
    ------
    DatasetError
        If a target has bounds and fewer than 20 exact values, or all of them are the same.
    """
    classes = np.array([task == "classification" for task in data.tasks])
    bounded = (relation != 0) & ~np.isnan(data.y) & ~classes
    y = np.where(bounded, np.nan, data.y)
    for column in np.flatnonzero(bounded.any(axis=0)).tolist():
        _check(y[:, column], data.targets[column], int(bounded[:, column].sum()))
        chosen = child_seed(seed, "bounds", data.targets[column])
        rows = np.flatnonzero(~np.isnan(data.y[:, column]))
        part = _part(data, column, rows)
        y[rows, column] = _column(part, relation[rows, column], config, chosen)
    found = bounded & ~np.isnan(y)
    return Completed(y, bounded.sum(axis=0), found.sum(axis=0))


def expected_beyond(mean: Floats, std: Floats, bound: Floats, sign: Signs) -> tuple[Floats, Floats]:
    """Return what a value is expected to be beyond a bound, and how probable it lies there.

    Parameters
    ----------
    mean, std
        float64 (n,): of normal values; every ``std`` above 0.
    bound
        float64 (n,).
    sign
        int (n,): -1 for values below the bound, +1 for values above it.

    Returns
    -------
    float64 (n,), float64 (n,)
        Expected values, never on the wrong side of the bound; probabilities.

    Examples
    --------
    >>> one = np.ones(1)
    >>> value, probability = expected_beyond(0 * one, one, 0 * one, np.array([-1]))
    >>> round(float(value[0]), 4), float(probability[0])
    (-0.7979, 0.5)
    """
    z = sign * (mean - bound) / std
    # as a difference of logarithms: far beyond the bound both density and distribution vanish
    ratio = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
    value = mean + sign * std * ratio
    kept = np.where(sign < 0, np.minimum(value, bound), np.maximum(value, bound))
    return kept, ndtr(z)


def _check(y: Floats, target: str, bounds: int) -> None:
    known = y[~np.isnan(y)]
    if len(known) < FEWEST or np.ptp(known) == 0:
        what = f"{len(known)} exact values" if len(known) < FEWEST else "one exact value throughout"
        raise DatasetError(
            f"target {target!r} has {bounds} bounds and {what} to learn from; a bound says "
            "something only where values are expected",
            cure=f"add exact measurements (at least {FEWEST}, not all the same), leave the target "
            "out, or make it a classification of active and inactive",
        )


def _part(data: MemberData, column: int, rows: NDArray[np.int64]) -> MemberData:
    groups = None if data.groups is None else data.groups[rows]
    return MemberData(
        data.inputs.take(rows),
        data.y[rows, column : column + 1],
        (data.targets[column],),
        (data.tasks[column],),
        groups,
    )


def _column(data: MemberData, sign: Signs, config: BlendConfig, seed: int) -> Floats:
    """Complete one target whose compounds all have a value or a bound: float64 (n,)."""
    quick = config.model_copy(update={"members": (_KIND,)})
    given = data.y[:, 0]
    bounds = np.flatnonzero(sign != 0)
    y = np.where(sign == 0, given, np.nan)
    for _ in range(ROUNDS):
        learned = MemberData(data.inputs, y[:, None], data.targets, data.tasks, data.groups)
        mean, std = _ask(fit_members(learned, quick, seed)[_KIND], data.inputs, bounds)
        value, kept = expected_beyond(mean, std, given[bounds], sign[bounds])
        y[bounds] = np.where(kept < KEPT, value, np.nan)
    return y


def _ask(member: FittedMember, inputs: Inputs, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return mean and spread of some compounds, each by a model that has not learned from it."""
    mean = member.left_out.mean[rows, 0].astype(np.float64)
    std = member.left_out.std[rows, 0].astype(np.float64)
    unseen = np.flatnonzero(np.isnan(mean))
    for start in range(0, len(unseen), BLOCK):
        some = unseen[start : start + BLOCK]
        said = member.scorer.score_prepared(Prepared(inputs.take(rows[some])))
        mean[some], std[some] = said.mean[:, 0], said.std[:, 0]
    return mean, std
