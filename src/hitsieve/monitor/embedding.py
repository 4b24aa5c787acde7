r"""Drift in a network's own space: whether a library looks to the model as its training set does.

Two samples are compared by their energy distance

.. math:: E = 2\,\mathrm{E}\lVert X - Y\rVert - \mathrm{E}\lVert X - X'\rVert
          - \mathrm{E}\lVert Y - Y'\rVert

over vectors scaled to unit variance in each direction of the reference's. It is zero for equal
distributions only, and never below. Its estimate from samples is without bias, so between samples
of one distribution it scatters around zero; an estimate below zero says that no distance was seen,
and is told as zero. What chance gives is found by dealing the pooled vectors out again.

References
----------
Székely and Rizzo, J. Stat. Plan. Inference 143 (2013) 1249.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE: Final = 400
_DEALS: Final = 200
_SURE: Final = 0.99
_LARGE: Final = 3.0
_FEWEST: Final = 10
_FLOOR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class EmbeddingDrift:
    """Distance of a library from a reference in the network's space.

    Parameters
    ----------
    reference, observed
        Compounds compared, at most 400 of each.
    distance
        Estimated energy distance, in scaled units; zero where the estimate lies below.
    noise
        Distance that two samples of one distribution stay below in 99 % of cases.
    verdict
        ``stable`` below the noise, ``moderate`` above it, ``shifted`` above three times it.
    """

    reference: int
    observed: int
    distance: float
    noise: float
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def embedding_drift(
    reference: NDArray[np.floating[Any]], observed: NDArray[np.floating[Any]], *, seed: int = 0
) -> EmbeddingDrift:
    """Compare two sets of vectors of one network.

    Parameters
    ----------
    reference, observed
        (n, p) and (m, p) vectors; at least ten each.
    seed
        Of the samples and the deals.

    Raises
    ------
    InputError
        If a set is too small or the widths differ.
    """
    if min(len(reference), len(observed)) < _FEWEST or reference.shape[1:] != observed.shape[1:]:
        raise InputError(
            f"vectors of shapes {reference.shape} and {observed.shape}",
            cure=f"at least {_FEWEST} compounds on each side, from one model",
        )
    rng = np.random.default_rng(seed)
    sets = [_sampled(np.asarray(a, dtype=np.float64), rng) for a in (reference, observed)]
    scale = np.maximum(sets[0].std(axis=0), _FLOOR + 0.1 * float(sets[0].std()))
    pooled = np.concatenate(sets) / scale
    square = (pooled**2).sum(axis=1)
    apart = np.sqrt(np.maximum(square[:, None] + square[None, :] - 2 * pooled @ pooled.T, 0.0))
    n = len(sets[0])
    found = _energy(apart, np.arange(len(pooled)) < n)
    dealt = [_energy(apart, rng.permutation(len(pooled)) < n) for _ in range(_DEALS)]
    noise = float(np.quantile(dealt, _SURE))
    verdict = "shifted" if found > _LARGE * noise else "moderate" if found > noise else "stable"
    return EmbeddingDrift(n, len(sets[1]), max(0.0, found), noise, verdict)


def _sampled(vectors: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    if len(vectors) <= SAMPLE:
        return vectors
    return vectors[np.sort(rng.choice(len(vectors), SAMPLE, replace=False))]


def _energy(apart: NDArray[np.float64], first: NDArray[np.bool_]) -> float:
    a, b = np.flatnonzero(first), np.flatnonzero(~first)
    inside_a = apart[np.ix_(a, a)].sum() / (len(a) * (len(a) - 1))
    inside_b = apart[np.ix_(b, b)].sum() / (len(b) * (len(b) - 1))
    return float(2 * apart[np.ix_(a, b)].mean() - inside_a - inside_b)
