"""Growing the extra trees of a blend, with what they say of left-out compounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.counts import TREE_COLUMNS
from hitsieve.provenance import child_seed
from hitsieve.scoring.beta_calibration import fit_beta
from hitsieve.scoring.extra_trees import ExtraTreesScorer, tree_table
from hitsieve.scoring.inputs import DescriptorScale
from hitsieve.scoring.member_data import FittedMember
from hitsieve.scoring.trees import fit_forest, join_forests

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.beta_calibration import BetaCalibration
    from hitsieve.scoring.blend import BlendConfig
    from hitsieve.scoring.member_data import MemberData
    from hitsieve.scoring.trees import Forest, ForestConfig, Task

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Table = NDArray[np.float32]


def fit_trees(
    data: MemberData, folds: list[list[Rows]], config: BlendConfig, seed: int
) -> FittedMember:
    """Grow each target's trees on all its compounds, and fewer without each fold to speak of it.

    What trees vote of left-out compounds calibrates their votes for classes.

    Parameters
    ----------
    data
        The training part.
    folds
        For each target: places among its measured compounds, each in one fold.
    config
        Settings of the trees.
    seed
        Of the trees.
    """
    scale = DescriptorScale.fit(data.inputs.physchem)
    table = tree_table(data.inputs, scale)
    said = data.unsaid()
    forests: list[Forest] = []
    calibrations: list[BetaCalibration | None] = []
    for column, (target, task) in enumerate(zip(data.targets, data.tasks, strict=True)):
        rows = np.flatnonzero(~np.isnan(data.y[:, column]))
        y, few = data.y[rows, column], _few(config, task, len(folds[column]))
        grow = _Grower(table if len(rows) == len(table) else table[rows], y, task, config)
        chosen = child_seed(seed, "extra trees", target)
        forests.append(grow.all(chosen))
        mean, spread = np.empty(len(rows)), np.empty(len(rows))
        for number, fold in enumerate(folds[column]):
            chosen = child_seed(seed, "extra trees", target, number)
            votes = grow.without(fold, few, chosen).tree_values(table[rows[fold]])
            mean[fold], spread[fold] = votes.mean(axis=1), votes.std(axis=1)
        calibration = fit_beta(mean, few, y) if task == "classification" else None
        calibrations.append(calibration)
        said.mean[rows, column] = mean if calibration is None else calibration(mean, few)
        said.std[rows, column] = spread
    scorer = ExtraTreesScorer(scale, forests, calibrations, data.targets)
    return FittedMember(scorer, said)


def _few(config: BlendConfig, task: Task, folds: int) -> int:
    """Return how many trees speak of a fold.

    For values so many that all folds together have as many trees as are kept. What few trees vote
    of a class is coarse, and hides what trees are worth: half of them speak of classes.
    """
    parts = 2 if task == "classification" else folds
    return -(-config.trees.trees // parts)


class _Grower:
    """Grows extra trees on the compounds of a target."""

    def __init__(self, table: Table, y: Floats, task: Task, config: BlendConfig) -> None:
        self._table, self._y, self._task = table, y, task
        self._config = config.trees
        self._plain = config.plain_trees if task == "classification" else 0.0

    def all(self, seed: int) -> Forest:
        """Grow all trees on all compounds."""
        return _grow(self._table, self._y, self._task, seed, self._config, self._plain)

    def without(self, fold: Rows, trees: int, seed: int) -> Forest:
        """Grow some trees on what is not in a fold."""
        kept = np.delete(np.arange(len(self._y)), fold)
        config = self._config.model_copy(update={"trees": trees})
        return _grow(self._table[kept], self._y[kept], self._task, seed, config, self._plain)


def _grow(
    table: Table, y: Floats, task: Task, seed: int, config: ForestConfig, plain: float
) -> Forest:
    """Grow extra trees, a share of which see no circular counts.

    Those are many and say much of what is like, little of new scaffolds: trees without them are
    worse beside known compounds, better far from them, and their mean is better than either.
    """
    few = round(config.trees * plain)
    grown = []
    if few < config.trees:
        settings = config.model_copy(update={"trees": config.trees - few})
        grown.append(fit_forest(table, y, task, seed, settings, extra=True))
    if few:
        settings = config.model_copy(update={"trees": few, "class_features": None})
        others = np.ascontiguousarray(table[:, TREE_COLUMNS:])
        forest = fit_forest(others, y, task, child_seed(seed, "plain"), settings, extra=True)
        grown.append(replace(forest, feature=forest.feature + np.int32(TREE_COLUMNS)))
    return join_forests(grown)
