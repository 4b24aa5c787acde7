"""Graph networks: encoder, readout, head, and the network composed of them.

Settings are in :mod:`~hitsieve.networks.config`, which loads no torch, the networks in
:mod:`~hitsieve.networks.model`.
"""
