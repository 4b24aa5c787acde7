"""The trees of a random forest as plain arrays."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from pydantic import Field

from hitsieve.chem.fingerprints import MORGAN_BITS
from hitsieve.config import StrictConfig
from hitsieve.errors import ChecksumError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Task = Literal["regression", "classification"]
_KINDS: Final = {"regression": "Regressor", "classification": "Classifier"}


class ForestConfig(StrictConfig):
    """Settings of the forest; all else as scikit-learn has it."""

    trees: int = Field(200, ge=1, le=5000, description="trees a target")
    max_features: float = Field(
        0.1, gt=0.0, le=1.0, description="share of columns tried at a split"
    )
    class_features: float | None = Field(
        None, gt=0.0, le=1.0, description="the same where classes are learned; none: no other"
    )
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
        int32 (nodes,): column looked at.
    threshold
        float32 (nodes,): a value at most this goes left.
    value
        float64 (nodes,): mean label, or share of class 1, of the node's compounds.
    """

    roots: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    value: NDArray[np.float64]

    def tree_values(self, table: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float64]:
        """Return every tree's value: bits or descriptors (n, columns) to (n, trees)."""
        node = np.broadcast_to(self.roots, (len(table), len(self.roots))).reshape(-1).copy()
        flat, width = table.reshape(-1), table.shape[1]
        row_start = np.repeat(np.arange(len(table)) * width, len(self.roots))
        walking = np.flatnonzero(self.left[node] != node)
        while len(walking):
            here = node[walking]
            value = flat[row_start[walking] + self.feature[here]]
            there = np.where(value <= self.threshold[here], self.left[here], self.right[here])
            node[walking] = there
            walking = walking[self.left[there] != there]
        return self.value[node].reshape(len(table), len(self.roots))


def fit_forest(
    table: NDArray[np.float32],
    labels: NDArray[np.float64],
    task: Task,
    seed: int,
    config: ForestConfig,
    *,
    extra: bool = False,
) -> Forest:
    """Fit the trees of one target.

    Parameters
    ----------
    table
        float32 (n, columns): bits or descriptors.
    labels
        float64 (n,): without NaN.
    task
        Values, or classes 0 and 1.
    seed
        Of everything random.
    config
        Settings.
    extra
        Extremely randomized trees (Geurts and others, 10.1007/s10994-006-6226-1), which cut at
        random and learn from all compounds, instead of a random forest.
    """
    from sklearn import ensemble

    unit = _unit(labels) if task == "regression" else 1.0
    share = config.max_features
    if task == "classification" and config.class_features is not None:
        share = config.class_features
    kind = getattr(ensemble, ("ExtraTrees" if extra else "RandomForest") + _KINDS[task])
    model = kind(
        n_estimators=config.trees,
        max_features=share,
        min_samples_leaf=config.min_leaf,
        random_state=seed % 2**32,
        n_jobs=1,
    )
    # A split reads columns: laid out by column they are read three times faster, to the same trees.
    model.fit(np.asfortranarray(table), labels / unit)
    classes = [float(c) for c in getattr(model, "classes_", [])]
    forest = _join([_tree_arrays(estimator.tree_, classes) for estimator in model.estimators_])
    return replace(forest, value=forest.value * unit)


def _unit(labels: NDArray[np.float64]) -> float:
    """Return the power of two next to the spread of labels, which scales them without rounding.

    scikit-learn takes a node for pure whose variance is below 2.2e-16: labels of 1e-9 mol/L are.
    """
    spread = float(np.std(labels))
    return 2.0 ** round(np.log2(spread)) if spread > 0 else 1.0


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


def join_forests(forests: list[Forest]) -> Forest:
    """Return one forest with the trees of all, in order."""
    return _join(
        [
            {
                name: getattr(forest, name)[start:stop] - (start if name in _LINKS else 0)
                for name in (*_LINKS, "feature", "threshold", "value")
            }
            for forest in forests
            for start, stop in itertools.pairwise([*forest.roots, len(forest.value)])
        ]
    )


_LINKS: Final = ("left", "right")


def check_nodes(forest: Forest, target: str, columns: int = MORGAN_BITS) -> None:
    """Refuse arrays that are no trees over a table of ``columns`` columns.

    Raises
    ------
    ChecksumError
        If a node leads out of the forest, back to a former node, or looks at no column.
    """
    nodes = len(forest.value)
    if {len(forest.left), len(forest.right), len(forest.feature), len(forest.threshold)} != {nodes}:
        raise ChecksumError(f"forest of target {target!r}: its arrays differ in length")
    own = np.arange(nodes)
    inner = forest.left != own
    # children stand after their parent, so every walk ends
    forward = (forest.left[inner] > own[inner]) & (forest.right[inner] > own[inner])
    for name in ("roots", "left", "right"):
        places = getattr(forest, name)
        if len(places) and (places.min() < 0 or places.max() >= nodes):
            raise ChecksumError(f"forest of target {target!r}: {name} leads out of its nodes")
    if not forward.all() or not ((forest.feature >= 0) & (forest.feature < columns)).all():
        raise ChecksumError(f"forest of target {target!r}: its nodes are no trees")
