"""Sums of rows that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def sum_by_index(values: torch.Tensor, index: torch.Tensor, size: int) -> torch.Tensor:
    """Sum the rows of ``values`` with the same index: (m, d), int64 (m,) to (size, d).

    Indices without a row give zeros. The order of summation is that of the rows, so equal input
    gives equal bits.

    Examples
    --------
    >>> import torch
    >>> sum_by_index(torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([0, 2, 2]), 3).tolist()
    [[1.0], [0.0], [6.0]]
    """
    return values.new_zeros(size, values.shape[1]).index_add_(0, index, values)
