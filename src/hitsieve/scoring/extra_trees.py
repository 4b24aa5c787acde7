"""Extremely randomized trees on folded counts and descriptors, kept as plain arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from hitsieve.chem.counts import REDUCED_GRAPH_FEATURES, TREE_COLUMNS
from hitsieve.errors import ChecksumError
from hitsieve.scoring.inputs import COUNT_KINDS
from hitsieve.scoring.prepared import in_blocks
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.trees import Forest, check_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.inputs import DescriptorScale, Inputs
    from hitsieve.scoring.prepared import Prepared

COUNTED: Final = TREE_COLUMNS + REDUCED_GRAPH_FEATURES
"""Columns of counts that trees look at."""

_FIELDS: Final = ("roots", "left", "right", "feature", "threshold", "value")


def tree_table(inputs: Inputs, scale: DescriptorScale) -> NDArray[np.float32]:
    """Return what trees look at, float32 (n, 2048 + 315 + d).

    Counts of circular environments of atoms told apart by what they do, folded to 2048 columns,
    those of the reduced graph, then scaled descriptors.
    """
    counts = dict(zip(COUNT_KINDS, inputs.counts, strict=True))
    circular = counts["feature_morgan3"].folded(TREE_COLUMNS)
    reduced = counts["reduced_graph"].folded(REDUCED_GRAPH_FEATURES)
    scaled = scale.apply(inputs.physchem).astype(np.float32)
    return np.concatenate([circular, reduced, scaled], axis=1)


class ExtraTreesScorer:
    """Trees per target; the spread is the standard deviation over trees.

    Parameters
    ----------
    scale
        Of the descriptors.
    forests
        One per target.
    targets
        Their names.
    """

    kind: ClassVar = "extra_trees"

    def __init__(
        self, scale: DescriptorScale, forests: Sequence[Forest], targets: Sequence[str]
    ) -> None:
        self.scale = scale
        self.forests = list(forests)
        self._names = tuple(targets)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self._names

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""
        return in_blocks(batch, self.score_prepared, len(self._names))

    def score_prepared(self, block: Prepared) -> Prediction:
        """Predict all targets of a block."""
        table = tree_table(block.inputs, self.scale)
        values = [forest.tree_values(table) for forest in self.forests]
        return Prediction(
            np.stack([v.mean(axis=1) for v in values], axis=1).astype(np.float32),
            np.stack([v.std(axis=1) for v in values], axis=1).astype(np.float32),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the trees' arrays, without the scale, ready for safetensors."""
        return {
            f"{number}.{name}": np.ascontiguousarray(getattr(forest, name))
            for number, forest in enumerate(self.forests)
            for name in _FIELDS
        }

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray[Any]], scale: DescriptorScale, targets: Sequence[str]
    ) -> ExtraTreesScorer:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If an array is missing, or a node leads out of its forest.
        """
        forests = []
        for number, target in enumerate(targets):
            missing = [name for name in _FIELDS if f"{number}.{name}" not in arrays]
            if missing:
                raise ChecksumError(f"trees of target {target!r}: arrays {missing} are missing")
            forest = Forest(**{name: arrays[f"{number}.{name}"] for name in _FIELDS})
            check_nodes(forest, target, COUNTED + len(scale.used))
            forests.append(forest)
        return cls(scale, forests, targets)
