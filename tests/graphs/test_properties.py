from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rdkit.Chem import rdMolDescriptors

from hitsieve.chem.codes import MAX_ATOMS, mol_codes
from hitsieve.chem.molecule import parse
from hitsieve.graphs import properties as module
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.properties import graph_properties

SMILES = [
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1CCC[C@H]1c1cccnc1",
    "O=[N+]([O-])c1ccc(NC(=O)CN2CCOCC2)cc1",
    "C[N+](C)(C)CC(=O)[O-]",
    "CC(C)(C)CCC(F)(F)F",
    "CCC(=S)SCC",
    "C#CCCC#N",
    "C[Si](C)(C)CCB(O)O",
    "c1cc[nH]c1-c1ccc[se]1",
    "CC(=[NH2+])NCC",
    "CCOP(=O)(OCC)OCC",
    "O=C=O",
    "C",
    "ClC(Cl)(Cl)CC(Br)(Br)Br",
    "CC(=NO)c1ccc(-c2ccccc2)cc1",
    "C[As](C)(=O)O",
    "[O-][n+]1ccccc1CCl",
]


def check(smiles: list[str]) -> int:
    mols = [parse(text) for text in smiles]
    found = graph_properties(PackedGraphs.from_codes(mol_codes(mol) for mol in mols))
    known = ~found.unknown
    log_p = np.array([rdMolDescriptors.CalcCrippenDescriptors(mol)[0] for mol in mols])
    rotors = np.array([rdMolDescriptors.CalcNumRotatableBonds(mol) for mol in mols])
    assert np.array_equal(found.clogp[known], log_p[known])
    assert np.array_equal(found.rotatable_bonds[known], rotors[known])
    return int(known.sum())


def test_both_are_rdkit_s_to_the_last_bit() -> None:
    assert check(SMILES) == len(SMILES)


def test_drawn_hydrogens_and_water_are_left_to_rdkit() -> None:
    graphs = PackedGraphs.from_codes(mol_codes(parse(s)) for s in ("[2H]C", "O", "CC", "C[OH2+]"))
    assert graph_properties(graphs).unknown.tolist() == [True, True, False, True]


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    graphs = PackedGraphs.from_codes(mol_codes(parse(text)) for text in SMILES)
    whole = graph_properties(graphs)
    monkeypatch.setattr(module, "BATCH", 3)
    parts = graph_properties(graphs)
    assert np.array_equal(whole.clogp, parts.clogp)
    assert np.array_equal(whole.rotatable_bonds, parts.rotatable_bonds)


def test_no_graphs_have_no_properties() -> None:
    found = graph_properties(PackedGraphs.empty())
    assert len(found.clogp) == len(found.rotatable_bonds) == len(found.unknown) == 0


MIRROR = os.environ.get("HITSIEVE_DATA_MIRROR", "")
MCULE = Path(MIRROR) / "mcule_wong" / "mcule_1M_dev.parquet"


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(3600)
@pytest.mark.skipif(
    not (MIRROR and MCULE.is_file()), reason="HITSIEVE_DATA_MIRROR has no Mcule set"
)
def test_both_are_rdkit_s_on_a_hundred_thousand_vendor_compounds() -> None:
    texts = pq.read_table(MCULE, columns=["smiles"]).column("smiles")[::10].to_pylist()
    mols = [parse(text) for text in texts]
    fits = [mol is not None and mol.GetNumAtoms() <= MAX_ATOMS for mol in mols]
    readable = [text for text, fine in zip(texts, fits, strict=True) if fine]
    known = sum(check(readable[start : start + 5000]) for start in range(0, len(readable), 5000))
    assert known > 99_900
