"""Molecular graphs: packed arrays, the features a model sees, and batches for a network."""

from hitsieve.graphs.batch import GraphBatch, batches_by_size, make_batch
from hitsieve.graphs.packed import PackedGraphs, concat
from hitsieve.graphs.vocabulary import Vocabulary, load_vocabulary

__all__ = [
    "GraphBatch",
    "PackedGraphs",
    "Vocabulary",
    "batches_by_size",
    "concat",
    "load_vocabulary",
    "make_batch",
]
