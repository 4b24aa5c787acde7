"""Compounds as a surrogate sees them: vectors in which what it takes for alike lies together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import eigh

from hitsieve.campaign.quick.bits import BitReference
from hitsieve.campaign.quick.graphs import GraphEnsemble
from hitsieve.campaign.quick.networks import PerceptronEnsemble
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds
    from hitsieve.campaign.quick.said import Fitted

    Floats = NDArray[np.float64]

NETWORKS: Final = ("network", "perceptron")
"""Kinds that have hidden states."""

_LANDMARKS: Final = 500
_LEAST: Final = 1e-6


def network_among(chosen: str, weights: Mapping[str, float]) -> str | None:
    """Return the network that the chosen surrogate is, or that counts most in a chosen blend.

    Examples
    --------
    >>> network_among("perceptron", {"perceptron": 0.1, "bit_process": 0.9})
    'perceptron'
    >>> network_among("blend", {"perceptron": 0.1, "bit_process": 0.9, "network": 0.0})
    'perceptron'
    >>> network_among("bit_process", {"perceptron": 0.1, "bit_process": 0.9}) is None
    True
    """
    if chosen in NETWORKS:
        return chosen
    inside = {kind: weights.get(kind, 0.0) for kind in NETWORKS} if chosen == "blend" else {}
    best = max(inside, key=lambda kind: inside[kind], default=None)
    return best if best is not None and inside[best] > 0 else None


def hidden_states(model: Fitted, compounds: Compounds) -> Floats:
    """Return the hidden states that a network makes of n compounds, float64 (n, p).

    Of graph networks those of the first one of the ensemble, before its head; of perceptrons the
    last hidden layers of all, side by side.

    Raises
    ------
    TypeError
        If it is no network.
    """
    if isinstance(model, GraphEnsemble):
        return model.vectors(compounds).astype(np.float64)
    if isinstance(model, PerceptronEnsemble):
        return model.vectors(compounds).astype(np.float64)
    raise TypeError(f"a {type(model).__name__} has no hidden states")


def kernel_features(compounds: Compounds, known: Compounds, *, seed: int) -> Floats:
    """Return vectors whose inner products come close to a kernel, as far as it was learned from.

    The kernel is the mean of the Tanimoto similarity of Morgan bits and a Gaussian of scaled
    descriptors. It is spanned by the compounds that were measured (a random 500 of them, if
    there are more; Nystroem: Williams and Seeger, NIPS 2000): where two compounds differ in
    nothing that any measured one has, no surrogate can tell them apart either.

    Parameters
    ----------
    compounds
        n compounds.
    known
        Those that were learned from.
    seed
        Of the random 500.

    Returns
    -------
    float64 (n, p), p at most the number of landmarks.
    """
    rng = np.random.default_rng(child_seed(seed, "landmarks"))
    marks = np.sort(rng.permutation(len(known))[:_LANDMARKS])
    reference = BitReference.of(known.take(marks))
    values, vectors = eigh(reference.own().mean(axis=0, dtype=np.float64))
    kept = values > _LEAST * max(values.max(), _LEAST)
    found = reference.components(compounds.morgan, compounds.properties)
    spanned: Floats = found.mean(axis=0, dtype=np.float64) @ (
        vectors[:, kept] / np.sqrt(values[kept])
    )
    return spanned
