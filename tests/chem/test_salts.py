from __future__ import annotations

import pytest

from hitsieve.chem.fragments import _listed, flat_smiles
from hitsieve.chem.molecule import parse
from hitsieve.chem.normalize import settle
from hitsieve.chem.salts import COUNTER_IONS, SOLVENTS, Role

LISTED = [*SOLVENTS.split(), *COUNTER_IONS.split()]


@pytest.mark.parametrize("smiles", LISTED)
def test_every_entry_is_readable_and_settled(smiles: str) -> None:
    mol = parse(smiles)
    assert mol is not None
    settled, _, neutralized = settle(mol)
    assert not neutralized, "entries are written in their neutral form"
    assert flat_smiles(settled) in _listed()


def test_no_entry_stands_twice() -> None:
    assert len(_listed()) == len(LISTED)
    assert set(_listed().values()) == {Role.SOLVENT, Role.COUNTER_ION}
