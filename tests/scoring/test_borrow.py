"""Which measurements of other targets a target learns from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hitsieve.scoring.borrow import Measured, Pooled, pool, relations
from hitsieve.scoring.compared import Compared
from hitsieve.scoring.gaussian_process import fit_process
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.kernel import KernelReference

TAILS = ("O", "N", "Cl", "c1ccccc1", "C(=O)O", "C#N", "S", "C(=O)N")
SMILES = [f"{'C' * n}{tail}" for n in range(1, 11) for tail in TAILS]
N = len(SMILES)


@pytest.fixture(scope="module")
def compared() -> Compared:
    inputs = Inputs.from_smiles(SMILES)
    return Compared(KernelReference.of(inputs), inputs, N)


def _measured(compared: Compared, rows: np.ndarray, y: np.ndarray) -> Measured:
    folds = [np.arange(start, len(rows), 3) for start in range(3)]
    components, places = compared.components(rows, 0)
    process, _ = fit_process(components, places, y, folds, np.random.default_rng(0))
    return Measured(process, (y - process.shift) / process.scale)


@pytest.fixture(scope="module")
def targets(compared: Compared) -> list[Measured | None]:
    """Two targets that go together on half of the compounds, one of chance, one without a part."""
    rng = np.random.default_rng(4)
    size = np.array([float(len(text)) for text in SMILES]) + 3 * rng.normal(size=N)
    first, second = np.arange(0, 60), np.arange(20, N)
    return [
        _measured(compared, first, size[first]),
        _measured(compared, second, 2 * size[second] + 0.1 * rng.normal(size=len(second)) + 7),
        _measured(compared, first, rng.normal(size=len(first))),
        None,
    ]


@pytest.fixture(scope="module")
def relation(targets: list[Measured | None], compared: Compared) -> np.ndarray:
    return relations(targets, compared, 0)


def test_related_targets_are_found(relation: np.ndarray) -> None:
    assert relation[0, 1] == relation[1, 0] > 0.5
    assert_array_equal(relation[0, 2:], 0.0)
    assert_array_equal(np.diag(relation), 1.0)


def test_few_shared_compounds_say_nothing(
    targets: list[Measured | None], compared: Compared
) -> None:
    one, other = targets[0], targets[1]
    assert one is not None
    assert other is not None
    late = np.flatnonzero(other.rows >= 41)  # 19 of them are measured on the first target too
    apart = _measured(compared, other.rows[late], other.z[late])
    assert relations([one, apart], compared, 0)[0, 1] == 0.0


def test_own_measurements_come_first(
    targets: list[Measured | None], relation: np.ndarray, compared: Compared
) -> None:
    own, other = targets[0], targets[1]
    found = pool(0, targets, relation, compared, 1000)
    assert found is not None
    assert own is not None
    assert other is not None
    assert_array_equal(found.rows, [*own.rows, *other.rows])
    assert_array_equal(found.z, [*own.z, *other.z])
    assert_array_equal(found.related.owners, [0] * len(own.z) + [1] * len(other.z))
    assert_array_equal(found.related.noises, [own.process.noise, other.process.noise])


def test_of_many_the_most_alike_are_taken(
    targets: list[Measured | None], relation: np.ndarray, compared: Compared
) -> None:
    own = targets[0]
    found = pool(0, targets, relation, compared, 5)
    assert found is not None
    assert own is not None
    assert len(found.rows) == len(own.z) + 5
    assert np.isin(found.rows[-5:], own.rows).all()  # nothing is more alike than the same compound


def test_without_relations_nothing_is_borrowed(
    targets: list[Measured | None], relation: np.ndarray, compared: Compared
) -> None:
    assert pool(2, targets, relation, compared, 1000) is None
    assert pool(3, targets, relation, compared, 1000) is None


def test_a_compound_is_left_out_on_all_targets(
    targets: list[Measured | None], relation: np.ndarray, compared: Compared
) -> None:
    found = pool(0, targets, relation, compared, 1000)
    assert isinstance(found, Pooled)
    n, fold = 60, np.array([25, 59])
    left = found.left_out(fold, n, None)
    assert_array_equal(found.rows[left], [25, 59, 25, 59])
    families = np.arange(N) // 10
    wider = found.left_out(fold, n, families)
    assert_array_equal(wider[:2], fold)
    assert set(families[found.rows[wider[2:]]]) == {2, 5}
    assert len(wider) == 2 + 20
