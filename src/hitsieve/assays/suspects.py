r"""Labels that contradict their neighbors: mistyped, swapped or poisoned, or activity cliffs.

Every label is predicted from its 24 most similar compounds, itself left out, by a Gaussian
process with the Tanimoto kernel. With :math:`\mu_{-i}` and :math:`\sigma_{-i}` the prediction and
its standard deviation, the label's contradiction is

.. math:: z_i = \frac{y_i - \mu_{-i}}{\sigma_{-i}}

in units of the labels' standard deviation. A lonely compound has a wide prediction, so its label
contradicts nobody; a wrong label among like compounds stands out.

References
----------
Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, section 5.4.2.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.fingerprints import tanimoto_matrix, unpack_bits
from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from hitsieve.metrics.arrays import Floats

    Bytes = npt.NDArray[np.uint8]

NEIGHBORS: Final = 24
LISTED_SHARE: Final = 0.05
NOISE: Final = 0.1
"""Variance of a measurement, as a share of the variance of all labels."""
_BLOCK: Final = 512
_SOLVED_AT_ONCE: Final = 64
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that its neighbors contradict.

    Parameters
    ----------
    compound_id, target
        Whose label.
    value
        As measured.
    expected
        What the neighbors say.
    contradiction
        Their difference in standard deviations of that prediction; larger is more suspect.
    nearest
        The most similar measured compound.
    nearest_value, similarity
        Its label, and its Tanimoto similarity.
    """

    compound_id: str
    target: str
    value: float
    expected: float
    contradiction: float
    nearest: str
    nearest_value: float
    similarity: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def audit_labels(
    compound_ids: Sequence[str],
    morgan: Bytes,
    y: npt.NDArray[np.floating[Any]],
    targets: Sequence[str],
    *,
    share: float = LISTED_SHARE,
) -> list[Suspect]:
    """List the labels that contradict their neighbors most.

    Parameters
    ----------
    compound_ids
        (n,) structure keys.
    morgan
        uint8 (n, 256): packed Morgan fingerprints.
    y
        (n, T) labels, NaN where not measured; leave bounds out.
    targets
        (T,) names.
    share
        Share of each target's labels to list, in (0, 1].

    Returns
    -------
    list of Suspect
        ``ceil(share * labels)`` of each target with at least three labels that differ, worst
        first within a target.

    Raises
    ------
    DatasetError
        If the arrays do not fit each other, or the share is impossible.
    """
    if not 0 < share <= 1:
        raise DatasetError(f"share = {share} is outside (0, 1]", cure="use 0.05")
    if not len(compound_ids) == len(morgan) == len(y) or y.shape[1] != len(targets):
        raise DatasetError(
            f"{len(compound_ids)} compounds, {len(morgan)} fingerprints, labels {y.shape} "
            f"for {len(targets)} targets"
        )
    found: list[Suspect] = []
    for column, target in enumerate(targets):
        rows = np.flatnonzero(np.isfinite(y[:, column]))
        values = y[rows, column].astype(np.float64)
        if len(rows) < _FEWEST or np.ptp(values) == 0:
            continue
        audit = _contradictions(morgan[rows], values)
        worst = np.argsort(-np.abs(audit.z), kind="stable")[: int(np.ceil(share * len(rows)))]
        found += [
            Suspect(
                compound_ids[rows[i]],
                target,
                float(values[i]),
                round(float(audit.expected[i]), 4),
                round(abs(float(audit.z[i])), 3),
                compound_ids[rows[audit.nearest[i]]],
                float(values[audit.nearest[i]]),
                round(float(audit.similarity[i]), 3),
            )
            for i in worst
        ]
    return found


def contradictions(morgan: Bytes, values: Floats) -> Floats:
    """Return how far each label lies from what its neighbors say, in standard deviations.

    Parameters
    ----------
    morgan
        uint8 (n, 256): packed Morgan fingerprints of n >= 3 compounds.
    values
        float (n,): their labels, not all the same; 0 and 1 for classes.
    """
    return _contradictions(morgan, values).z


@dataclass(frozen=True, slots=True)
class _Audit:
    expected: Floats
    z: Floats
    nearest: npt.NDArray[np.int64]
    similarity: Floats


def _contradictions(morgan: Bytes, values: Floats) -> _Audit:
    shift, scale = float(values.mean()), float(values.std())
    unit = (values - shift) / scale
    near, similarity = _neighbors(morgan, min(NEIGHBORS, len(values) - 1))
    mean, variance = np.empty(len(values)), np.empty(len(values))
    bits = unpack_bits(morgan)
    for start in range(0, len(values), _SOLVED_AT_ONCE):
        rows = slice(start, start + _SOLVED_AT_ONCE)
        mean[rows], variance[rows] = _predict(bits[near[rows]], similarity[rows], unit[near[rows]])
    deviation = np.sqrt(variance + NOISE)
    return _Audit(mean * scale + shift, (unit - mean) / deviation, near[:, 0], similarity[:, 0])


def _neighbors(morgan: Bytes, count: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the most similar others of each compound, closest first: (n, k) each."""
    near = np.empty((len(morgan), count), np.int64)
    similarity = np.empty((len(morgan), count))
    for start in range(0, len(morgan), _BLOCK):
        block = tanimoto_matrix(morgan[start : start + _BLOCK], morgan)
        rows = np.arange(len(block))
        block[rows, start + rows] = -1.0  # nobody is a neighbor of oneself
        order = np.argsort(-block, axis=1, kind="stable")[:, :count]
        near[start : start + len(block)] = order
        similarity[start : start + len(block)] = block[rows[:, None], order]
    return near, similarity


def _predict(
    bits: Bytes, similarity: Floats, values: Floats
) -> tuple[Floats, Floats]:  # fmt: skip
    """Predict b compounds from their k neighbors: bits (b, k, 2048); mean and variance (b,)."""
    own = bits.astype(np.float32)
    shared = own @ own.transpose(0, 2, 1)
    size = own.sum(axis=2)
    either = size[:, :, None] + size[:, None, :] - shared
    kernel = (shared / np.maximum(either, 1.0)).astype(np.float64)
    kernel[:, np.arange(own.shape[1]), np.arange(own.shape[1])] = 1.0 + NOISE
    both = np.linalg.solve(kernel, np.stack([values, similarity], axis=2))
    mean = (similarity * both[:, :, 0]).sum(axis=1)
    variance = 1.0 - (similarity * both[:, :, 1]).sum(axis=1)
    return mean, np.maximum(variance, 0.0)
