"""Reagents as a few numbers each: coordinates in which inner products are similarities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import eigh

from hitsieve.chem.counts import count_fingerprints
from hitsieve.provenance import child_seed
from hitsieve.scoring.minmax import MinMaxReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LANDMARKS: Final = 500
_LEAST: Final = 1e-6


def similarity_coordinates(smiles: Sequence[str], width: int, *, seed: int) -> Floats:
    """Return coordinates whose inner products come close to similarities of reagents.

    The similarity is the mean of the min-max kernels of Morgan and of atom-pair counts. Beyond
    500 reagents it is spanned by a random 500 of them (Nystroem; Williams and Seeger, NIPS 2000).

    Parameters
    ----------
    smiles
        n reagents.
    width
        Coordinates at most.
    seed
        Of the random 500.

    Returns
    -------
    float64 (n, w)
        Strongest coordinate first, each of a sign that its largest entry is positive; a
        constant part, which all reagents share, is taken out.
    """
    n = len(smiles)
    rng = np.random.default_rng(child_seed(seed, "landmarks"))
    marks = np.sort(rng.permutation(n)[:_LANDMARKS])
    similarity = np.zeros((n, len(marks)))
    for kind in ("morgan3", "atom_pairs"):
        counts = count_fingerprints(smiles, kind)
        similarity += MinMaxReference(counts.take(marks)).similarity(counts) / 2
    values, vectors = eigh(similarity[marks])
    kept = values > _LEAST * max(values.max(), _LEAST)
    spanned = similarity @ (vectors[:, kept] / np.sqrt(values[kept]))
    spanned -= spanned.mean(axis=0)
    left, strength, _ = np.linalg.svd(spanned, full_matrices=False)
    found: Floats = (left * strength)[:, :width]
    largest = np.abs(found).argmax(axis=0)
    found *= np.where(found[largest, np.arange(found.shape[1])] < 0, -1.0, 1.0)
    return found
