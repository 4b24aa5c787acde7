from __future__ import annotations

from rdkit import Chem

from hitsieve.graphs.elements import ATOMIC_WEIGHTS


def test_weights_are_those_of_rdkit() -> None:
    table = Chem.GetPeriodicTable()
    assert [table.GetAtomicWeight(number) for number in range(119)] == list(ATOMIC_WEIGHTS)
