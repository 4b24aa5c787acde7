"""What a network learns from: packed graphs beside a label matrix with gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from hitsieve.graphs.packed import PackedGraphs

Task = Literal["regression", "classification"]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Molecules with what was measured on them.

    Parameters
    ----------
    graphs
        n packed molecular graphs.
    y
        float32 (n, T): values in the endpoint's unit, or 0 and 1; NaN where not measured.
    relation
        int8 (n, T): 0 measured, -1 ``<`` (an upper bound), +1 ``>`` (a lower bound).
    tasks
        Kind of each of the T targets.
    side
        float32 (n, SIDE_COLUMNS): fingerprints and descriptors, for networks that read them.
    groups
        int64 (n,): molecules of one family are left out together; each alone if None.
    folds
        int64 (n,): number of the fold that a molecule is left out with, where other models leave
        out the same; dealt for networks alone if None.

    Raises
    ------
    DatasetError
        If shapes disagree, a value is infinite, or a class is neither 0 nor 1.
    """

    graphs: PackedGraphs
    y: np.ndarray
    relation: np.ndarray
    tasks: tuple[Task, ...]
    side: np.ndarray | None = None
    groups: np.ndarray | None = None
    folds: np.ndarray | None = None

    def __post_init__(self) -> None:
        shape = (len(self.graphs), len(self.tasks))
        if self.y.shape != shape or self.relation.shape != shape:
            raise DatasetError(
                f"{shape[0]} graphs and {shape[1]} targets, but values {self.y.shape} and "
                f"relations {self.relation.shape}"
            )
        if np.isinf(self.y).any():
            raise DatasetError("a label is infinite", cure="remove it, or give a bound instead")
        for column, task in enumerate(self.tasks):
            known = self.y[:, column][~np.isnan(self.y[:, column])]
            if task == "classification" and not np.isin(known, (0.0, 1.0)).all():
                raise DatasetError(
                    f"target {column} is a classification, but holds values besides 0 and 1",
                    cure="declare it as regression, or code its classes as 0 and 1",
                )

    def __len__(self) -> int:
        return len(self.graphs)

    def take(self, index: np.ndarray) -> TrainingSet:
        """Return the molecules at some positions, in that order."""
        side, groups, folds = (
            None if values is None else values[index]
            for values in (self.side, self.groups, self.folds)
        )
        return replace(
            self,
            graphs=self.graphs.take(index),
            y=self.y[index],
            relation=self.relation[index],
            side=side,
            groups=groups,
            folds=folds,
        )
