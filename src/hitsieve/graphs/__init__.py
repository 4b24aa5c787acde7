"""Molecular graphs: packed arrays, the features a model sees, and batches for a network.

Import from the modules: :mod:`~hitsieve.graphs.batch` loads PyTorch, which preparing a library
does without.
"""
