"""Molecules as vectors in a network's own space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from hitsieve.graphs.batch import batches_by_size, batches_in_order, make_batch
from hitsieve.graphs.environments import find_environments
from hitsieve.networks.shared import embed_shared
from hitsieve.scoring.gnn import GnnScorer, one_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.scoring.blend import BlendScorer


def networks_of(scorer: GnnScorer | BlendScorer) -> GnnScorer:
    """Return the networks of a model, which may stand in a blend.

    Raises
    ------
    ValueError
        If a blend has none.
    """
    if isinstance(scorer, GnnScorer):
        return scorer
    networks = [member for member in scorer.members.values() if isinstance(member, GnnScorer)]
    if not networks:
        raise ValueError(f"a blend of {sorted(scorer.members)} has no network")
    return networks[0]


def embed(ensemble: GnnScorer, graphs: PackedGraphs) -> NDArray[np.float32]:
    """Return the vectors that the first network of an ensemble hands to its head.

    One network is enough to ask whether a molecule looks like the training set, and costs a
    fraction of the ensemble.

    Parameters
    ----------
    ensemble
        The networks.
    graphs
        Of n molecules.

    Returns
    -------
    float32 (n, hidden), in order.
    """
    network = ensemble.members[0]
    vectors = np.empty((len(graphs), network.config.hidden), dtype=np.float32)
    if ensemble.shared:
        groups = batches_in_order(graphs, ensemble.max_atoms)
    else:
        groups = batches_by_size(graphs, ensemble.max_atoms, ensemble.max_atoms)
    with torch.inference_mode(), one_thread():
        for places in groups:
            part = graphs.take(places)
            if ensemble.shared:
                found = find_environments(part, ensemble.vocabulary, network.config.depth)
                vectors[places] = embed_shared(network, found).numpy()
            else:
                vectors[places] = network.embed(make_batch(part, None, ensemble.vocabulary)).numpy()
    return vectors
