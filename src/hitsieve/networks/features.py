"""Linear layers on one-hot features, as table look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FeatureTable(torch.nn.Module):
    """What the rows of a vocabulary stand for, and linear maps of them.

    The features of an atom are x = sum_f R[row_f]. For a weight matrix W (d, n_features) the
    product W x is sum_f (R W^T)[row_f]: the table R W^T has some 160 rows, and no product runs
    over the atoms.

    Parameters
    ----------
    features
        float32 (n_rows, n_features): R.
    """

    features: torch.Tensor

    def __init__(self, features: NDArray[np.float32]) -> None:
        super().__init__()
        # not a weight: it belongs to the vocabulary, whose fingerprint a bundle records
        self.register_buffer("features", torch.tensor(features), persistent=False)

    def forward(self, weight: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Return W x of every atom: weight (d, n_features), rows int (A, k) to (A, d)."""
        return functional.embedding_bag(rows, self.features @ weight.T, mode="sum")

    def values(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the features themselves: rows int (A, k) to (A, n_features)."""
        return functional.embedding_bag(rows, self.features, mode="sum")
