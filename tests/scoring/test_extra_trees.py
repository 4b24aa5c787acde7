"""Trees on folded counts and descriptors: what they look at, say, and bring back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.chem.counts import TREE_COLUMNS
from hitsieve.errors import ChecksumError
from hitsieve.scoring.beta_calibration import BetaCalibration
from hitsieve.scoring.extra_trees import COUNTED, ExtraTreesScorer, tree_table
from hitsieve.scoring.inputs import COUNT_KINDS, DescriptorScale, Inputs
from hitsieve.scoring.trees import ForestConfig, fit_forest
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, SCORER_CHECKS, sample_batch

CONFIG = ForestConfig(trees=6)
TARGETS = ("a", "b")
CALIBRATION = BetaCalibration(0.7, 1.2, -0.4, 0.3)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return Inputs.from_smiles(SAMPLE_SMILES)


@pytest.fixture(scope="module")
def scorer(inputs: Inputs) -> ExtraTreesScorer:
    scale = DescriptorScale.fit(inputs.physchem)
    table = tree_table(inputs, scale)
    y = np.stack([np.linspace(4, 9, len(table)), np.arange(len(table)) // 2 % 2.0], axis=1)
    learn = slice(None, None, 2)  # of what they learned from, all trees say the same
    forests = [
        fit_forest(table[learn], y[learn, 0], "regression", 1, CONFIG, extra=True),
        fit_forest(table[learn], y[learn, 1], "classification", 2, CONFIG, extra=True),
    ]
    return ExtraTreesScorer(scale, forests, [None, CALIBRATION], TARGETS)


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
def test_contract(check: object, scorer: ExtraTreesScorer) -> None:
    assert callable(check)
    check(scorer, sample_batch())


def test_they_look_at_folded_counts_and_then_at_scaled_descriptors(inputs: Inputs) -> None:
    scale = DescriptorScale.fit(inputs.physchem)
    table = tree_table(inputs, scale)
    counts = dict(zip(COUNT_KINDS, inputs.counts, strict=True))
    assert table.dtype == np.float32
    assert table.shape == (len(SAMPLE_SMILES), COUNTED + len(scale.used))
    circular, reduced, scaled = np.split(table, [TREE_COLUMNS, COUNTED], axis=1)
    assert_array_equal(circular, counts["feature_morgan3"].folded(TREE_COLUMNS))
    # None is folded: the columns hold what the fingerprint holds.
    assert counts["reduced_graph"].features.max() < COUNTED - TREE_COLUMNS
    assert_array_equal(reduced.sum(axis=1), counts["reduced_graph"].totals())
    assert_allclose(scaled, scale.apply(inputs.physchem), rtol=1e-6)


def test_mean_and_spread_are_over_trees(scorer: ExtraTreesScorer, inputs: Inputs) -> None:
    found = scorer.score(sample_batch())
    table = tree_table(inputs, scorer.scale)
    for column, forest in enumerate(scorer.forests):
        values = forest.tree_values(table)
        mean = values.mean(axis=1)
        said = CALIBRATION(mean, CONFIG.trees) if column else mean
        assert_allclose(found.mean[:, column], said, rtol=1e-5)
        assert_allclose(found.std[:, column], values.std(axis=1), rtol=1e-5, atol=1e-7)
    assert found.std[1::2].max() > 0
    assert scorer.targets == TARGETS
    assert found.mean[:, 1].min() >= 0
    assert found.mean[:, 1].max() <= 1


def test_arrays_bring_back_the_same_values(scorer: ExtraTreesScorer) -> None:
    arrays = scorer.to_arrays()
    assert all(array.flags["C_CONTIGUOUS"] for array in arrays.values())
    again = ExtraTreesScorer.from_arrays(arrays, scorer.scale, TARGETS)
    assert again.calibrations == [None, CALIBRATION]
    assert_array_equal(again.score(sample_batch()).mean, scorer.score(sample_batch()).mean)


def test_a_missing_array_and_a_column_too_far_are_refused(scorer: ExtraTreesScorer) -> None:
    arrays = scorer.to_arrays()
    without = {name: array for name, array in arrays.items() if name != "1.threshold"}
    with pytest.raises(ChecksumError, match=r"target 'b': arrays \['threshold'\] are missing"):
        ExtraTreesScorer.from_arrays(without, scorer.scale, TARGETS)
    feature = arrays["0.feature"].copy()
    feature[0] = COUNTED + len(scorer.scale.used)
    with pytest.raises(ChecksumError, match="target 'a': its nodes are no trees"):
        ExtraTreesScorer.from_arrays(arrays | {"0.feature": feature}, scorer.scale, TARGETS)


@pytest.mark.parametrize("numbers", [[0.7, 1.2, -0.4], [0.7, np.nan, -0.4, 0.3]])
def test_numbers_that_calibrate_nothing_are_refused(
    scorer: ExtraTreesScorer, numbers: list[float]
) -> None:
    arrays = scorer.to_arrays() | {"1.calibration": np.array(numbers)}
    with pytest.raises(ChecksumError, match=r"target 'b': .* calibrate no votes"):
        ExtraTreesScorer.from_arrays(arrays, scorer.scale, TARGETS)
