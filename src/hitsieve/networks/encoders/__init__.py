"""Encoders: from a batch of graphs to a hidden state per atom."""

from hitsieve.networks.encoders.dmpnn import DirectedMessagePassing
from hitsieve.networks.encoders.gine import IsomorphismNetwork

__all__ = ["DirectedMessagePassing", "IsomorphismNetwork"]
