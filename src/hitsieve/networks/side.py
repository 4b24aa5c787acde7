"""Fingerprints and descriptors that join a molecule's vector before the head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from hitsieve.chem.counts import REDUCED_GRAPH_FEATURES
from hitsieve.chem.physchem import PHYSCHEM_NAMES

if TYPE_CHECKING:
    from hitsieve.networks.config import NetworkConfig

SIDE_FOLDS: Final = {
    "morgan3": 2048,
    "atom_pairs": 1024,
    "feature_pairs": 512,
    "paths6": 1024,
    "reduced_graph": REDUCED_GRAPH_FEATURES,
}
"""Columns that the counts of each kind are folded to."""

SIDE_COUNTS: Final = sum(SIDE_FOLDS.values())
SIDE_COLUMNS: Final = SIDE_COUNTS + len(PHYSCHEM_NAMES)
"""Columns of a side table: log(1 + count) of each fold, then compressed descriptors."""

_SMALLEST_STD: Final = 1e-6
_CUT: Final = 5.0
_START: Final = 0.03


class SideInput(torch.nn.Module):
    """Two layers beside the encoder, one for counts and one for descriptors.

    Descriptors are standardized by numbers learned from the training compounds, cut at five
    standard deviations, and replaced by the mean where they are not defined.

    Parameters
    ----------
    config
        ``side_hidden`` is used.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        columns = SIDE_COLUMNS - SIDE_COUNTS
        self.counts = torch.nn.Linear(SIDE_COUNTS, config.side_hidden)
        self.descriptors = torch.nn.Linear(columns, config.side_hidden)
        # Some hundred of thousands columns are set at once: the usual start would be too small.
        torch.nn.init.normal_(self.counts.weight, std=_START)
        self.register_buffer("mean", torch.zeros(columns))
        self.register_buffer("rate", torch.ones(columns))
        self.mean: torch.Tensor
        self.rate: torch.Tensor

    def standardize_by(self, side: torch.Tensor) -> None:
        """Learn the scale of the descriptors from a side table (n, :data:`SIDE_COLUMNS`)."""
        values = side[:, SIDE_COUNTS:].double()
        known = ~torch.isnan(values)
        n = known.sum(dim=0).clamp(min=1)
        mean = values.nan_to_num(0.0).sum(dim=0) / n
        std = ((values - mean).nan_to_num(0.0).square().sum(dim=0) / n).sqrt()
        self.mean.copy_(mean)
        self.rate.copy_(torch.where(std > _SMALLEST_STD, 1 / std.clamp(min=_SMALLEST_STD), 0.0))

    def forward(self, side: torch.Tensor) -> torch.Tensor:
        """Return (n, 2 * side_hidden) from a side table (n, :data:`SIDE_COLUMNS`)."""
        values = ((side[:, SIDE_COUNTS:] - self.mean) * self.rate).nan_to_num(0.0)
        layers = (
            self.counts(side[:, :SIDE_COUNTS]),
            self.descriptors(values.clamp(-_CUT, _CUT)),
        )
        return torch.relu(torch.cat(layers, dim=1))
