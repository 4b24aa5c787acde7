"""The composed network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.encoders import (
    AttentiveFingerprint,
    DirectedMessagePassing,
    GraphTransformer,
    IsomorphismNetwork,
    PrincipalAggregation,
)
from hitsieve.networks.head import Head
from hitsieve.networks.readout import Readout
from hitsieve.networks.side import SideInput

if TYPE_CHECKING:
    from hitsieve.graphs.batch import GraphBatch
    from hitsieve.networks.config import NetworkConfig


class GraphNetwork(torch.nn.Module):
    """Predicted values of a molecule from its graph.

    The model is::

        y = head( readout( encoder( graph ) ) | side( fingerprints, descriptors ) )

    The encoder gives each atom a vector that knows its surroundings, the readout joins the
    atoms of a molecule, the head turns that into one value a target: normalized for
    regression, a logit for classification. The part behind the bar is there where the
    configuration gives it a width. With ``spread`` as many more outputs follow: the logarithm of
    each value's variance, in squared units of the outputs.

    Parameters
    ----------
    config
        Its shape.
    n_targets
        Number of values, at least 1.
    """

    def __init__(self, config: NetworkConfig, n_targets: int) -> None:
        super().__init__()
        self.config = config
        self.n_targets = n_targets
        self.vocabulary = load_vocabulary(config.vocabulary)
        self.encoder = _ENCODERS[config.encoder](config, self.vocabulary)
        self.readout = Readout(config)
        self.side = SideInput(config) if config.side_hidden else None
        self.joint = torch.nn.Dropout(config.side_dropout)
        self.head = Head(config, 2 * n_targets if config.spread else n_targets)

    def forward(self, batch: GraphBatch, side: torch.Tensor | None = None) -> torch.Tensor:
        """Return raw outputs: (n_graphs, n_targets), or twice as many with ``spread``.

        Parameters
        ----------
        batch
            The molecules' graphs.
        side
            Their side table (n_graphs, SIDE_COLUMNS), where the network reads one.
        """
        return self.predict(self.embed(batch), side)

    def predict(self, molecules: torch.Tensor, side: torch.Tensor | None = None) -> torch.Tensor:
        """Return raw outputs from the molecules' vectors (n, hidden) and their side table.

        Raises
        ------
        ValueError
            If the network reads a side table and none is given.
        """
        if self.side is not None:
            if side is None:
                raise ValueError("this network reads fingerprints and descriptors beside graphs")
            molecules = self.joint(torch.cat([molecules, self.side(side)], dim=1))
        outputs: torch.Tensor = self.head(molecules)
        return outputs

    def embed(self, batch: GraphBatch) -> torch.Tensor:
        """Return the molecules' vectors before the head: (n_graphs, hidden)."""
        vectors: torch.Tensor = self.readout(self.encoder(batch), batch)
        return vectors


def build_network(config: NetworkConfig, n_targets: int) -> GraphNetwork:
    """Build an untrained network; weights are drawn from torch's current generator.

    Raises
    ------
    ValueError
        If ``n_targets`` is below 1.
    """
    if n_targets < 1:
        raise ValueError(f"n_targets={n_targets}: a network needs at least one target")
    return GraphNetwork(config, n_targets)


_Encoder = (
    DirectedMessagePassing
    | IsomorphismNetwork
    | AttentiveFingerprint
    | PrincipalAggregation
    | GraphTransformer
)

_ENCODERS: dict[str, type[_Encoder]] = {
    "dmpnn": DirectedMessagePassing,
    "gine": IsomorphismNetwork,
    "attentivefp": AttentiveFingerprint,
    "pna": PrincipalAggregation,
    "gps": GraphTransformer,
}
