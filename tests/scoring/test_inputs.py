"""What fingerprint models read."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.networks.side import SIDE_COLUMNS, SIDE_COUNTS, SIDE_FOLDS
from hitsieve.scoring.inputs import COUNT_KINDS, DescriptorScale, Inputs
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, sample_batch


def test_a_batch_and_its_smiles_give_the_same() -> None:
    first, second = Inputs.of(sample_batch()), Inputs.from_smiles(SAMPLE_SMILES)
    assert_array_equal(first.physchem, second.physchem)
    assert_array_equal(first.side(), second.side())
    assert first.side().shape == (len(SAMPLE_SMILES), SIDE_COLUMNS)


def test_inputs_of_a_compound_do_not_depend_on_its_batch() -> None:
    with (Path(__file__).parents[1] / "data" / "drugs.csv").open(newline="") as stream:
        smiles = [row["smiles"] for row in csv.DictReader(stream)]
    smiles += ["CCN(CC)c1nc(Cl)nc(N(CC)CC)n1", "C=CCC1(C(C)CCC)C(=O)NC(=O)NC1=O"]
    together = Inputs.from_smiles(smiles)
    for row, text in enumerate(smiles):
        alone, same = Inputs.from_smiles([text]), together.take(np.array([row]))
        assert_array_equal(alone.physchem, same.physchem, err_msg=text)
        for kind, one, other in zip(COUNT_KINDS, alone.counts, same.counts, strict=True):
            assert_array_equal(one.features, other.features, err_msg=f"{kind} {text}")
            assert_array_equal(one.counts, other.counts, err_msg=f"{kind} {text}")


def test_rows_are_taken_from_all_parts() -> None:
    inputs, rows = Inputs.from_smiles(SAMPLE_SMILES), np.array([5, 2])
    assert_array_equal(inputs.take(rows).side(), inputs.side()[rows])


def test_counts_of_the_side_table_are_logarithms() -> None:
    inputs = Inputs.from_smiles(["CCO"])
    found = np.expm1(inputs.side()[0, :SIDE_COUNTS])
    read = [c for k, c in zip(COUNT_KINDS, inputs.counts, strict=True) if k in SIDE_FOLDS]
    assert found.sum() == pytest.approx(sum(int(c.totals()[0]) for c in read), rel=1e-5)


def test_an_unreadable_smiles_is_named() -> None:
    with pytest.raises(ValueError, match="C1CC"):
        Inputs.from_smiles(["C1CC"])


def test_descriptors_are_brought_to_one_size() -> None:
    table = np.random.default_rng(0).normal(50, 20, (40, 3))
    table[:, 1] = 7.0
    table[3, 2] = np.nan
    scale = DescriptorScale.fit(table)
    assert scale.used.tolist() == [0, 2]
    scaled = scale.apply(table)
    assert scaled[3, 1] == 0  # not defined: the mean
    assert_allclose(scaled[:, 0].mean(), 0, atol=1e-12)
    assert_allclose(scaled[:, 0].std(), 1)
    assert scale.apply(np.full((1, 3), 1e9)).max() == 5
