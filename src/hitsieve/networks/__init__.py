"""Graph networks: encoder, readout, head, and the network composed of them."""

from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import GraphNetwork, build_network

__all__ = ["GraphNetwork", "NetworkConfig", "build_network"]
