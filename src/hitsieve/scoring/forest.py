"""A random forest on Morgan fingerprints, kept as plain arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import safetensors
import safetensors.numpy

from hitsieve.errors import ChecksumError, DatasetError, NotFoundError
from hitsieve.provenance import child_seed
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.trees import Forest, ForestConfig, check_nodes, fit_forest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.trees import Task

_BLOCK: Final = 1024
_FEWEST: Final = 2
_FIELDS: Final = ("roots", "left", "right", "feature", "threshold", "value")


class ForestScorer:
    """A random forest (Breiman 2001) per target on Morgan bits.

    The mean is that of scikit-learn's forest; the spread is the standard deviation over trees.

    Parameters
    ----------
    forests
        One per target.
    targets
        Their names.
    """

    def __init__(self, forests: Sequence[Forest], targets: Sequence[str]) -> None:
        if len(forests) != len(targets):
            raise ValueError(f"{len(forests)} forests for {len(targets)} targets")
        self.forests = list(forests)
        self._names = tuple(targets)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""
        return self._names

    @classmethod
    def fit(
        cls,
        morgan: NDArray[np.uint8],
        y: NDArray[np.floating[Any]],
        *,
        targets: Sequence[str],
        tasks: Sequence[Task],
        seed: int,
        config: ForestConfig | None = None,
    ) -> ForestScorer:
        """Fit a forest to the measured compounds of each target.

        Parameters
        ----------
        morgan
            uint8 (n, 256): packed fingerprints.
        y
            float (n, T): labels, NaN where not measured; 0 and 1 for classification.
        targets, tasks
            Name and task of each column.
        seed
            Each target's forest draws from a seed derived from this and its name.
        config
            Settings; the defaults if not given.

        Raises
        ------
        DatasetError
            If a target has fewer than two measured compounds.
        """
        bits = np.unpackbits(morgan, axis=1).astype(np.float32)
        labels = np.asarray(y, dtype=np.float64).reshape(len(bits), len(targets))
        forests = []
        for column, (name, task) in enumerate(zip(targets, tasks, strict=True)):
            measured = np.flatnonzero(~np.isnan(labels[:, column]))
            if len(measured) < _FEWEST:
                raise DatasetError(
                    f"target {name!r} has {len(measured)} measured compounds",
                    cure=f"a forest needs at least {_FEWEST}; leave the target out",
                )
            forests.append(
                fit_forest(
                    bits[measured],
                    labels[measured, column],
                    task,
                    child_seed(seed, "forest", name),
                    config or ForestConfig(),
                )
            )
        return cls(forests, targets)

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""
        return self.score_morgan(batch.morgan)

    def score_morgan(self, morgan: NDArray[np.uint8]) -> Prediction:
        """Predict from packed fingerprints, uint8 (n, 256)."""
        shape = (len(morgan), len(self.forests))
        mean, std = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
        for start in range(0, len(morgan), _BLOCK):
            rows = slice(start, start + _BLOCK)
            bits = np.unpackbits(morgan[rows], axis=1)
            for column, forest in enumerate(self.forests):
                values = forest.tree_values(bits)
                mean[rows, column] = values.mean(axis=1)
                std[rows, column] = values.std(axis=1)
        return Prediction(mean, std)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all arrays, named ``forest<i>.<field>``, ready for safetensors."""
        return {
            f"forest{number}.{name}": np.ascontiguousarray(getattr(forest, name))
            for number, forest in enumerate(self.forests)
            for name in _FIELDS
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], targets: Sequence[str]) -> ForestScorer:
        """Rebuild a scorer from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If an array is missing, or a node leads out of its forest.
        """
        forests = []
        for number, target in enumerate(targets):
            names = {name: f"forest{number}.{name}" for name in _FIELDS}
            missing = [full for full in names.values() if full not in arrays]
            if missing:
                raise ChecksumError(f"forest of target {target!r}: arrays {missing} are missing")
            forest = Forest(**{name: arrays[full] for name, full in names.items()})
            check_nodes(forest, target)
            forests.append(forest)
        return cls(forests, targets)

    def save(self, path: Path) -> None:
        """Write the forest to a safetensors file of its own."""
        names = {"targets": json.dumps(self._names)}
        path.write_bytes(safetensors.numpy.save(self.to_arrays(), metadata=names))

    @classmethod
    def load(cls, path: Path) -> ForestScorer:
        """Read what :meth:`save` wrote.

        Raises
        ------
        NotFoundError
            If there is no such file.
        ChecksumError
            If it is no forest.
        """
        if not Path(path).is_file():
            raise NotFoundError(f"no forest at {path}")
        try:
            with safetensors.safe_open(path, framework="numpy") as stored:
                targets = json.loads((stored.metadata() or {})["targets"])
                arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a mapping
        except (safetensors.SafetensorError, KeyError, ValueError) as error:
            raise ChecksumError(f"{path} holds no forest: {error}") from error
        return cls.from_arrays(arrays, targets)
