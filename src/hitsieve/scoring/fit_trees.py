"""Growing the extra trees of a blend, with what they say of left-out compounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

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

FEWEST_DRAWN: Final = 100
"""Fewest compounds of the commoner class that a tree learns from.

With 5, 10 and 30 compounds of the rarer class (drawn from the training parts of BBBP, BACE and
Tox21) a hundred of the other tell more than as many again, or than all.
"""


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
        self._table, self._y, self._task, self._config = table, y, task, config

    def all(self, seed: int) -> Forest:
        """Grow all trees on all compounds."""
        return self._grow(np.arange(len(self._y)), self._config.trees.trees, seed)

    def without(self, fold: Rows, trees: int, seed: int) -> Forest:
        """Grow some trees on what is not in a fold."""
        return self._grow(np.delete(np.arange(len(self._y)), fold), trees, seed)

    def _grow(self, rows: Rows, trees: int, seed: int) -> Forest:
        """Grow extra trees, a share of which see no circular counts where classes are learned.

        Those are many and say much of what is like, little of new scaffolds: trees without them
        are worse beside known compounds, better far from them, and their mean is better than
        either.
        """
        config = self._config
        few = round(trees * config.plain_trees) if self._task == "classification" else 0
        grown = []
        if few < trees:
            settings = config.trees.model_copy(update={"trees": trees - few})
            grown.append(self._forest(rows, self._table, settings, seed))
        if few:
            settings = config.trees.model_copy(update={"trees": few, "class_features": None})
            plain = self._table[:, TREE_COLUMNS:]
            forest = self._forest(rows, plain, settings, child_seed(seed, "plain"))
            grown.append(replace(forest, feature=forest.feature + np.int32(TREE_COLUMNS)))
        return join_forests(grown)

    def _forest(self, rows: Rows, table: Table, config: ForestConfig, seed: int) -> Forest:
        """Grow trees; those of a rare class each beside other compounds of the commoner one.

        A tree that sees one compound of the rarer class among many spends its splits on the
        others, and ends in leaves that say 0 (Chen, Liaw and Breiman, Using random forest to learn
        imbalanced data, 2004).
        """
        y, task = self._y, self._task
        rare, common = sorted((rows[y[rows] == 1], rows[y[rows] != 1]), key=len)
        times = self._config.class_ratio
        most = len(common) if times is None else max(FEWEST_DRAWN, round(times * len(rare)))
        if task == "regression" or len(common) <= most:
            some = table if len(rows) == len(table) else table[rows]
            return fit_forest(some, y[rows], task, seed, config, extra=True)
        one = config.model_copy(update={"trees": 1})
        trees = []
        for number in range(config.trees):
            rng = np.random.default_rng(child_seed(seed, "drawn", number))
            drawn = np.sort(np.concatenate([rare, rng.permutation(common)[:most]]))
            chosen = child_seed(seed, "tree", number)
            trees.append(fit_forest(table[drawn], y[drawn], task, chosen, one, extra=True))
        return join_forests(trees)
