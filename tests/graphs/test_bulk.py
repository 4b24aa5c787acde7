from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.chem.codes import MAX_ATOMS, mol_codes
from hitsieve.chem.molecule import parse
from hitsieve.graphs import bulk as module
from hitsieve.graphs.bulk import bulk_graphs, graphs_from_smiles
from hitsieve.graphs.packed import PackedGraphs

# Outside of what the C++ reader has columns for, or of models' vocabularies.
RARE = [
    "C[S@SP1](F)(Cl)Br",
    "[NH3]->[Pt](Cl)Cl",
    "C$C",
    "CC=[C@]=CC",
    "[U]",
    "[He]",
    "FS(F)(F)(F)(F)F",
    "C[Te]C",
    "C[As](C)(=O)O",
    "[Og]",
    "[C+4]",
    "[2H]C",
    "[H][H]",
    "[Na+].[Cl-]",
]
COMMON = [
    "CCO",
    "C[C@H](N)C(=O)O",
    "C[C@@H](N)C(=O)O",
    "F/C=C/F",
    "F/C=C\\F",
    "c1ccc2[nH]ccc2c1",
    "C[N+](C)(C)CC(=O)[O-]",
    "C[S@](=O)CC",
    "C",
    "CC1(C)CCCC(C)(C)N1[O]",
    "OB(O)c1ccc[se]1",
    "N#Cc1ccc(S(=O)(=O)N2CCN(c3ncnc4sccc34)CC2)cc1",
]
FIELDS = ("n_atoms", "n_bonds", "atom_codes", "bond_index", "bond_codes")


def check(smiles: list[str]) -> None:
    mols = [parse(text) for text in smiles]
    found = bulk_graphs(smiles, [mol.GetNumAtoms() for mol in mols])
    wanted = PackedGraphs.from_codes(mol_codes(mol) for mol in mols)
    for name in FIELDS:
        one, other = getattr(found, name), getattr(wanted, name)
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert np.array_equal(one, other), name


def test_every_code_is_the_reference_s() -> None:
    check(COMMON)
    check(RARE)
    check([text for pair in zip(COMMON, RARE, strict=False) for text in pair])
    check([])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*COMMON, *RARE]), max_size=12))
def test_any_mixture_comes_out_in_order(smiles: list[str]) -> None:
    check(smiles)


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 5)
    check([*COMMON, *RARE])


def test_common_compounds_do_not_need_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_: str) -> None:
        raise AssertionError("the reference was called")

    monkeypatch.setattr(module, "featurize", forbidden)
    check(COMMON)


@pytest.mark.parametrize("lost", [0, 3, 7])
def test_a_silent_drop_is_caught(monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    real = module.cuik_molmaker.batch_mol_featurizer

    def dropping(smiles: list[str], *arguments: Any) -> Any:
        atoms, bonds, edges, back, owner = real(smiles[:lost] + smiles[lost + 1 :], *arguments)
        # Later molecules keep their own numbers, as for an empty SMILES...
        return atoms, bonds, edges, back, owner + (owner >= lost)

    def shifting(smiles: list[str], *arguments: Any) -> Any:
        # ... or move up, so that each would get its neighbor's graph.
        return real(smiles[:lost] + smiles[lost + 1 :], *arguments)

    for dropped in (dropping, shifting):
        monkeypatch.setattr(module.cuik_molmaker, "batch_mol_featurizer", dropped)
        check(COMMON[:8])


def test_a_batch_that_fails_goes_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise RuntimeError("Explicit valence is greater than permitted")

    monkeypatch.setattr(module.cuik_molmaker, "batch_mol_featurizer", failing)
    check(COMMON)


def test_wrong_requests_are_told() -> None:
    with pytest.raises(ValueError, match="2 SMILES and 1 numbers"):
        bulk_graphs(["C", "CC"], [1])
    with pytest.raises(ValueError, match="256 atoms"):
        bulk_graphs(["C" * 256], [256])
    with pytest.raises(ValueError, match=r"'CC\(C'"):
        graphs_from_smiles(["CCO", "CC(C"])


def test_smiles_alone_will_do() -> None:
    found, wanted = (
        graphs_from_smiles(COMMON),
        PackedGraphs.from_codes(mol_codes(parse(text)) for text in COMMON),
    )
    assert np.array_equal(found.atom_codes, wanted.atom_codes)


MIRROR = os.environ.get("HITSIEVE_DATA_MIRROR", "")
MCULE = Path(MIRROR) / "mcule_wong" / "mcule_1M_dev.parquet"


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(3600)
@pytest.mark.skipif(
    not (MIRROR and MCULE.is_file()), reason="HITSIEVE_DATA_MIRROR has no Mcule set"
)
def test_every_code_is_the_reference_s_on_a_hundred_thousand_compounds() -> None:
    texts = pq.read_table(MCULE, columns=["smiles"]).column("smiles")[::10].to_pylist()
    mols = [parse(text) for text in texts]
    fits = [mol is not None and mol.GetNumAtoms() <= MAX_ATOMS for mol in mols]
    readable = [text for text, fine in zip(texts, fits, strict=True) if fine]
    assert len(readable) > 99_900
    for start in range(0, len(readable), 5000):
        check([*readable[start : start + 5000], *RARE])
