"""Computed labels on one scale, ready for a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.chem.pretext import Pretext
    from hitsieve.graphs.packed import PackedGraphs

SAMPLE: Final = 20_000
"""Compounds that the scale is derived from; the first ones, in the order given."""

_SMALLEST_STD: Final = 1e-3
_CUT: Final = 5.0
_RARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class PretextSet:
    """Compounds to pretrain on.

    Parameters
    ----------
    graphs
        n packed molecular graphs.
    labels
        Computed labels of the same compounds.

    Raises
    ------
    DatasetError
        If their numbers differ.
    """

    graphs: PackedGraphs
    labels: Pretext

    def __post_init__(self) -> None:
        if len(self.graphs) != len(self.labels):
            raise DatasetError(f"{len(self.graphs)} graphs, but {len(self.labels)} rows of labels")

    def __len__(self) -> int:
        return len(self.graphs)


@dataclass(frozen=True, slots=True)
class PretextScale:
    """From computed labels to numbers of like size.

    Descriptors are compressed to ``sign(x) * log(1 + |x|)``, standardized and cut at five
    standard deviations. Counts c become ``log(1 + c)``, centered, over their standard deviation
    plus a tenth: a rare feature does not weigh as much as a frequent one.

    Attributes
    ----------
    used
        int64 (d,): descriptors that vary.
    mean, std
        float32 (d,): of those.
    count_mean, count_rate
        float32 (C,): center and factor of each fold.
    """

    used: NDArray[np.int64]
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    count_mean: NDArray[np.float32]
    count_rate: NDArray[np.float32]

    @classmethod
    def fit(cls, labels: Pretext) -> PretextScale:
        """Derive the scale from the first compounds.

        Raises
        ------
        DatasetError
            If no descriptor varies.
        """
        sample = labels.take(np.arange(min(SAMPLE, len(labels))))
        values = _compressed(sample.descriptors).astype(np.float64)
        known = np.isfinite(values)
        n = np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, values, 0.0)
        mean = filled.sum(axis=0) / n
        std = np.sqrt(np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0) / n)
        used = np.flatnonzero(std > _SMALLEST_STD)
        if not len(used):
            raise DatasetError(
                "no descriptor varies among the compounds", cure="pretrain on a real library"
            )
        counts = _LOGS[sample.counts]
        return cls(
            used,
            mean[used].astype(np.float32),
            std[used].astype(np.float32),
            counts.mean(axis=0, dtype=np.float64).astype(np.float32),
            (1 / (counts.std(axis=0, dtype=np.float64) + _RARE)).astype(np.float32),
        )

    @property
    def columns(self) -> int:
        """Number of outputs a network needs: d + C."""
        return len(self.used) + len(self.count_mean)

    def targets(self, labels: Pretext) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scaled descriptors (n, d), the unknown as 0, and scaled counts (n, C)."""
        values = (_compressed(labels.descriptors[:, self.used]) - self.mean) / self.std
        cut = np.clip(np.nan_to_num(values, nan=0.0), -_CUT, _CUT)
        counts = (_LOGS[labels.counts] - self.count_mean) * self.count_rate
        return torch.from_numpy(cut), torch.from_numpy(counts)


_LOGS: Final = np.log1p(np.arange(256, dtype=np.float32))


def _compressed(values: NDArray[Any]) -> NDArray[Any]:
    compressed: NDArray[Any] = np.sign(values) * np.log1p(np.abs(values))
    return compressed
