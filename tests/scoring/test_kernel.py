"""The kernels of a reference."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.errors import ChecksumError
from hitsieve.scoring.inputs import DescriptorScale, Inputs
from hitsieve.scoring.kernel import COMPONENTS, WIDTHS, KernelReference
from hitsieve.testing.scorer_kit import SAMPLE_SMILES


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return Inputs.from_smiles(SAMPLE_SMILES)


@pytest.fixture(scope="module")
def reference(inputs: Inputs) -> KernelReference:
    return KernelReference.of(inputs.take(np.arange(10)))


def test_a_compound_is_wholly_similar_to_itself(reference: KernelReference) -> None:
    own = reference.own()
    assert own.shape == (len(COMPONENTS), 10, 10)
    for component in own:
        assert_allclose(np.diag(component), 1, rtol=1e-6)  # methane, too, which has no pairs
        assert_allclose(component, component.T, rtol=1e-6)
        assert component.min() >= 0
        assert component.max() <= 1 + 1e-6


def test_own_is_what_a_query_of_the_same_gives(reference: KernelReference, inputs: Inputs) -> None:
    assert_allclose(reference.components(inputs.take(np.arange(10))), reference.own(), atol=1e-6)


@pytest.mark.parametrize(("name", "width"), WIDTHS.items())
def test_the_gaussians_follow_their_formula(
    reference: KernelReference, inputs: Inputs, name: str, width: float
) -> None:
    query = inputs.take(np.array([12]))
    scaled = reference.scale.apply(query.physchem)
    expected = np.exp(-((scaled - reference.scaled) ** 2).mean(axis=1) / (2 * width))
    found = reference.components(query)[COMPONENTS.index(name), 0]
    assert_allclose(found, expected, rtol=1e-5)


def test_arrays_bring_back_the_same_bits(reference: KernelReference, inputs: Inputs) -> None:
    again = KernelReference.from_arrays(reference.to_arrays())
    assert_array_equal(again.components(inputs), reference.components(inputs))


@pytest.mark.parametrize("name", ["scaled", "morgan3.offsets", "scale.std"])
def test_missing_arrays_are_refused(reference: KernelReference, name: str) -> None:
    arrays = reference.to_arrays()
    del arrays[name]
    with pytest.raises(ChecksumError, match=name):
        KernelReference.from_arrays(arrays)


def test_arrays_that_do_not_fit_are_refused(reference: KernelReference) -> None:
    arrays = reference.to_arrays()
    arrays["morgan3.offsets"] = arrays["morgan3.offsets"][:-1]
    with pytest.raises(ChecksumError, match="do not fit"):
        KernelReference.from_arrays(arrays)


def test_some_of_the_compounds_have_the_same_kernels() -> None:
    reference = KernelReference.of(Inputs.from_smiles(SAMPLE_SMILES))
    rows = np.array([7, 1, 4], np.int32)
    some = reference.at(rows)
    assert len(some) == 3
    assert_allclose(some.own(), reference.own()[:, rows][:, :, rows], rtol=1e-6)
    assert reference.at(np.arange(len(reference), dtype=np.int32)) is reference


def test_targets_with_scales_of_their_own_come_back_with_the_same_bits(inputs: Inputs) -> None:
    few = inputs.take(np.arange(10))
    reference = KernelReference.of(few)
    reference.scale_for(few.physchem, {2: DescriptorScale.fit(few.physchem[:4])})
    assert reference.seen_by(0) is reference
    again = KernelReference.from_arrays(reference.to_arrays())
    for column in (0, 2):
        assert_array_equal(
            again.seen_by(column).components(inputs), reference.seen_by(column).components(inputs)
        )
    own, shared = (reference.seen_by(column).components(inputs) for column in (2, 0))
    assert_array_equal(own[:3], shared[:3])
    assert not np.allclose(own[3:], shared[3:], atol=0.01)


@pytest.mark.parametrize("name", ["physchem", "view.2.std"])
def test_a_missing_part_of_a_scale_is_refused(inputs: Inputs, name: str) -> None:
    few = inputs.take(np.arange(10))
    reference = KernelReference.of(few)
    reference.scale_for(few.physchem, {2: DescriptorScale.fit(few.physchem[:4])})
    arrays = {key: value for key, value in reference.to_arrays().items() if key != name}
    with pytest.raises(ChecksumError, match=name):
        KernelReference.from_arrays(arrays)
    arrays = reference.to_arrays() | {"physchem": np.zeros((3, 2), np.float32)}
    with pytest.raises(ChecksumError, match="scales of its targets"):
        KernelReference.from_arrays(arrays)
