"""Encoders: from a batch of graphs to a hidden state per atom."""

from hitsieve.networks.encoders.attentivefp import AttentiveFingerprint
from hitsieve.networks.encoders.dmpnn import DirectedMessagePassing
from hitsieve.networks.encoders.gine import IsomorphismNetwork
from hitsieve.networks.encoders.gps import GraphTransformer
from hitsieve.networks.encoders.pna import PrincipalAggregation

__all__ = [
    "AttentiveFingerprint",
    "DirectedMessagePassing",
    "GraphTransformer",
    "IsomorphismNetwork",
    "PrincipalAggregation",
]
