"""A random forest on Morgan fingerprints, kept as plain arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import safetensors
import safetensors.numpy
from pydantic import Field

from hitsieve.config import StrictConfig
from hitsieve.errors import ChecksumError, DatasetError, NotFoundError
from hitsieve.provenance import child_seed
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch

Task = Literal["regression", "classification"]

_BLOCK: Final = 1024
_FEWEST: Final = 2
_FIELDS: Final = ("roots", "left", "right", "feature", "threshold", "value")


class ForestConfig(StrictConfig):
    """Settings of the forest; all else as scikit-learn has it."""

    trees: int = Field(200, ge=1, le=5000, description="trees a target")
    max_features: float = Field(0.1, gt=0.0, le=1.0, description="share of bits tried at a split")
    min_leaf: int = Field(1, ge=1, description="fewest compounds in a leaf")


@dataclass(frozen=True, slots=True)
class Forest:
    """The trees of one target, nodes laid end to end.

    Attributes
    ----------
    roots
        int32 (trees,): node each tree starts at.
    left, right
        int32 (nodes,): where a low and a high feature lead. A leaf leads to itself.
    feature
        int32 (nodes,): bit looked at.
    threshold
        float32 (nodes,): a bit at most this goes left.
    value
        float64 (nodes,): mean label, or share of class 1, of the node's compounds.
    """

    roots: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    value: NDArray[np.float64]

    def tree_values(self, bits: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return every tree's value: bits uint8 (n, 2048) to (n, trees)."""
        node = np.broadcast_to(self.roots, (len(bits), len(self.roots))).reshape(-1).copy()
        flat, width = bits.reshape(-1), bits.shape[1]
        row_start = np.repeat(np.arange(len(bits)) * width, len(self.roots))
        walking = np.flatnonzero(self.left[node] != node)
        while len(walking):
            here = node[walking]
            bit = flat[row_start[walking] + self.feature[here]]
            there = np.where(bit <= self.threshold[here], self.left[here], self.right[here])
            node[walking] = there
            walking = walking[self.left[there] != there]
        return self.value[node].reshape(len(bits), len(self.roots))


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
                _fit_one(
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
            _check_nodes(forest, target)
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


def _fit_one(
    bits: NDArray[np.float32],
    labels: NDArray[np.float64],
    task: Task,
    seed: int,
    config: ForestConfig,
) -> Forest:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestClassifier if task == "classification" else RandomForestRegressor
    model = kind(
        n_estimators=config.trees,
        max_features=config.max_features,
        min_samples_leaf=config.min_leaf,
        random_state=seed % 2**32,
        n_jobs=1,
    )
    model.fit(bits, labels)
    classes = [float(c) for c in getattr(model, "classes_", [])]
    return _join([_tree_arrays(estimator.tree_, classes) for estimator in model.estimators_])


def _tree_arrays(tree: Any, classes: list[float]) -> dict[str, NDArray[Any]]:  # noqa: ANN401 - untyped scikit-learn
    own = np.arange(tree.node_count)
    leaf = tree.children_left < 0
    if classes:
        # columns of value are shares of classes, in their order; a missing class has share 0
        value = tree.value[:, 0, classes.index(1.0)] if 1.0 in classes else np.zeros(len(own))
    else:
        value = tree.value[:, 0, 0]
    return {
        "left": np.where(leaf, own, tree.children_left),
        "right": np.where(leaf, own, tree.children_right),
        "feature": np.where(leaf, 0, tree.feature),
        "threshold": np.where(leaf, 0.5, tree.threshold),
        "value": value,
    }


def _join(trees: list[dict[str, NDArray[Any]]]) -> Forest:
    sizes = np.array([len(tree["value"]) for tree in trees])
    roots = np.cumsum(sizes) - sizes
    shift = np.repeat(roots, sizes)
    joined = {name: np.concatenate([tree[name] for tree in trees]) for name in trees[0]}
    return Forest(
        roots.astype(np.int32),
        (joined["left"] + shift).astype(np.int32),
        (joined["right"] + shift).astype(np.int32),
        joined["feature"].astype(np.int32),
        joined["threshold"].astype(np.float32),
        joined["value"].astype(np.float64),
    )


def _check_nodes(forest: Forest, target: str) -> None:
    nodes = len(forest.value)
    own = np.arange(nodes)
    inner = forest.left != own
    # children stand after their parent, so every walk ends
    forward = (forest.left[inner] > own[inner]) & (forest.right[inner] > own[inner])
    for name in ("roots", "left", "right"):
        places = getattr(forest, name)
        if len(places) and not (0 <= places.min() and places.max() < nodes):
            raise ChecksumError(f"forest of target {target!r}: {name} leads out of its nodes")
    if not forward.all() or not ((forest.feature >= 0) & (forest.feature < 8 * 256)).all():
        raise ChecksumError(f"forest of target {target!r}: its nodes are no trees")
