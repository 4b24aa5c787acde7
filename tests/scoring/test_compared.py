"""Kernels that are held and kernels that are made when asked for are the same."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from hitsieve.scoring.compared import Compared
from hitsieve.scoring.inputs import DescriptorScale, Inputs
from hitsieve.scoring.kernel import COMPONENTS, KernelReference
from hitsieve.testing.scorer_kit import SAMPLE_SMILES

ROWS = np.array([5, 1, 9, 1, 3])
WEIGHTS = np.geomspace(0.25, 3.0, len(COMPONENTS))


@pytest.fixture(scope="module")
def both() -> tuple[Compared, Compared]:
    inputs = Inputs.from_smiles(SAMPLE_SMILES)
    reference = KernelReference.of(inputs)
    return Compared(reference, inputs, len(inputs)), Compared(reference, inputs, 3)


def test_weighted_sums_are_the_same(both: tuple[Compared, Compared]) -> None:
    held, made = (compared.weighted(WEIGHTS, ROWS, 0) for compared in both)
    expected = np.einsum("c,cnm->nm", WEIGHTS, both[0].reference.own().astype(float))
    assert_allclose(held, expected[np.ix_(ROWS, ROWS)], rtol=1e-6)
    assert_allclose(made, held, rtol=1e-6)


def test_kernels_with_others_are_the_same(both: tuple[Compared, Compared]) -> None:
    others = np.array([0, 2, 4])
    held, made = (compared.between(WEIGHTS, ROWS, others, 0) for compared in both)
    expected = np.einsum("c,cnm->nm", WEIGHTS, both[0].reference.own().astype(float))
    assert_allclose(held, expected[np.ix_(ROWS, others)], rtol=1e-6)
    assert_allclose(made, held, rtol=1e-6)


def test_only_what_is_asked_for_is_made(both: tuple[Compared, Compared]) -> None:
    components, places = both[1].components(ROWS, 0)
    assert components.shape == (len(COMPONENTS), 4, 4)
    assert_allclose(
        components[:, places][:, :, places], both[0].components(ROWS, 0)[0][:, ROWS][:, :, ROWS]
    )


def test_a_target_with_its_own_scale_sees_its_own_kernels() -> None:
    inputs = Inputs.from_smiles(SAMPLE_SMILES)
    reference = KernelReference.of(inputs)
    reference.scale_for(inputs.physchem, {1: DescriptorScale.fit(inputs.physchem[:5])})
    compared = Compared(reference, inputs, len(inputs))
    shared, own = (compared.weighted(WEIGHTS, ROWS, column) for column in (0, 1))
    alone = KernelReference.of(inputs.take(np.arange(5)))
    expected = np.einsum("c,cnm->nm", WEIGHTS, alone.own().astype(float))
    small = ROWS[ROWS < 5]
    places = np.flatnonzero(ROWS < 5)
    assert_allclose(own[np.ix_(places, places)], expected[np.ix_(small, small)], rtol=1e-4)
    assert not np.allclose(own, shared, rtol=1e-2)
    assert_allclose(compared.between(WEIGHTS, ROWS, ROWS, 1), own, rtol=1e-5)
