"""hitsieve: screen millions of compounds against targets with graph networks."""

__version__ = "0.1.0"
