"""Extremely randomized trees on folded counts and descriptors, kept as plain arrays."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from hitsieve.chem.counts import REDUCED_GRAPH_FEATURES, TREE_COLUMNS
from hitsieve.errors import ChecksumError
from hitsieve.scoring.beta_calibration import BetaCalibration
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
_NUMBERS: Final = len(fields(BetaCalibration))


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
    """Trees per target: the mean of their values, or their votes for class 1, calibrated.

    The spread is the standard deviation over trees, of votes before they are calibrated.

    Parameters
    ----------
    scale
        Of the descriptors.
    forests
        One per target.
    calibrations
        One per target; None for regression.
    targets
        Their names.
    """

    kind: ClassVar = "extra_trees"

    def __init__(
        self,
        scale: DescriptorScale,
        forests: Sequence[Forest],
        calibrations: Sequence[BetaCalibration | None],
        targets: Sequence[str],
    ) -> None:
        self.scale = scale
        self.forests, self.calibrations = list(forests), list(calibrations)
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
        mean = np.empty((len(table), len(self.forests)), np.float32)
        std = np.empty_like(mean)
        pairs = zip(self.forests, self.calibrations, strict=True)
        for column, (forest, calibration) in enumerate(pairs):
            values = forest.tree_values(table)
            share, std[:, column] = values.mean(axis=1), values.std(axis=1)
            said = share if calibration is None else calibration(share, len(forest.roots))
            mean[:, column] = said
        return Prediction(mean, std)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the trees' arrays, without the scale, ready for safetensors."""
        arrays: dict[str, NDArray[Any]] = {}
        for number, forest in enumerate(self.forests):
            for name in _FIELDS:
                arrays[f"{number}.{name}"] = np.ascontiguousarray(getattr(forest, name))
            calibration = self.calibrations[number]
            if calibration is not None:
                arrays[f"{number}.calibration"] = np.array(astuple(calibration))
        return arrays

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray[Any]], scale: DescriptorScale, targets: Sequence[str]
    ) -> ExtraTreesScorer:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Votes without a calibration, as of older models, stay as they are.

        Raises
        ------
        ChecksumError
            If an array of a forest is missing, a node leads out of it, or a calibration is not of
            four finite numbers.
        """
        forests: list[Forest] = []
        calibrations: list[BetaCalibration | None] = []
        for number, target in enumerate(targets):
            missing = [name for name in _FIELDS if f"{number}.{name}" not in arrays]
            if missing:
                raise ChecksumError(f"trees of target {target!r}: arrays {missing} are missing")
            forest = Forest(**{name: arrays[f"{number}.{name}"] for name in _FIELDS})
            check_nodes(forest, target, COUNTED + len(scale.used))
            forests.append(forest)
            numbers = arrays.get(f"{number}.calibration")
            calibrations.append(None if numbers is None else _calibration(numbers, target))
        return cls(scale, forests, calibrations, targets)


def _calibration(numbers: NDArray[Any], target: str) -> BetaCalibration:
    if numbers.shape != (_NUMBERS,) or not np.isfinite(numbers).all():
        raise ChecksumError(f"trees of target {target!r}: {numbers} calibrate no votes")
    return BetaCalibration(*(float(number) for number in numbers))
