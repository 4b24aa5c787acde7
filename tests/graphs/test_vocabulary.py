"""The features are compared with Chemprop's, written here from its documentation, by value."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from rdkit import Chem

from hitsieve.chem.codes import ATOM_FIELDS, BOND_FIELDS, mol_codes
from hitsieve.errors import ConfigError
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import Vocabulary, load_vocabulary

MOLECULES = [
    "C[C@H](N)C(=O)[O-]",
    "F/C=C/Cl",
    "c1ccc2[nH]ccc2c1",
    "CC#N",
    "[Na+].[Cl-]",
    "C[Se]C",
    "C[Te]C",
    "[U]",
    "FS(F)(F)(F)(F)F",
    "[Fe+3]",
    "CB(O)O",
    "*C",
    "[H][H]",
    "C->[Fe]",
    "C[P@](=O)(O)CC",
    "[O-][I+3]([O-])([O-])[O-]",
    "IC=CBr",
]
VOCABULARY = load_vocabulary("chemprop_v2")
HYBRIDIZATIONS = [
    getattr(Chem.HybridizationType, n) for n in ("S", "SP", "SP2", "SP2D", "SP3", "SP3D", "SP3D2")
]
ORDERS = [getattr(Chem.BondType, n) for n in ("SINGLE", "DOUBLE", "TRIPLE", "AROMATIC")]


def _one_hot(value: object, choices: list[object]) -> list[float]:
    place = choices.index(value) if value in choices else len(choices)
    return [float(i == place) for i in range(len(choices) + 1)]


def _atom_vector(atom: Chem.Atom) -> list[float]:
    return [
        *_one_hot(atom.GetAtomicNum(), [*range(1, 37), 53]),
        *_one_hot(atom.GetTotalDegree(), list(range(6))),
        *_one_hot(atom.GetFormalCharge(), [-1, -2, 1, 2, 0]),
        *_one_hot(int(atom.GetChiralTag()), list(range(4))),
        *_one_hot(atom.GetTotalNumHs(), list(range(5))),
        *_one_hot(atom.GetHybridization(), HYBRIDIZATIONS),
        float(atom.GetIsAromatic()),
        0.01 * atom.GetMass(),
    ]


def _bond_vector(bond: Chem.Bond) -> list[float]:
    return [
        0.0,
        *_one_hot(bond.GetBondType(), ORDERS)[:-1],
        float(bond.GetIsConjugated()),
        float(bond.IsInRing()),
        *_one_hot(int(bond.GetStereo()), list(range(6))),
    ]


@pytest.mark.parametrize("smiles", MOLECULES)
def test_sum_of_rows_is_the_chemprop_feature_vector(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    codes = mol_codes(mol)
    atoms = VOCABULARY.atoms.features[VOCABULARY.atom_rows(codes.atom_codes)].sum(axis=1)
    assert_allclose(atoms, [_atom_vector(a) for a in mol.GetAtoms()], rtol=1e-6)
    if codes.n_bonds:
        bonds = VOCABULARY.bonds.features[VOCABULARY.bond_rows(codes.bond_codes)].sum(axis=1)
        assert_allclose(bonds, [_bond_vector(b) for b in mol.GetBonds()])


def test_every_code_has_a_row() -> None:
    for table, fields in ((VOCABULARY.atoms, ATOM_FIELDS), (VOCABULARY.bonds, BOND_FIELDS)):
        codes = np.repeat(np.arange(256, dtype=np.uint8)[:, None], len(fields), axis=1)
        rows = table.look_up(codes)
        assert rows.shape == (256, len(table.columns))
        assert rows.min() == 0
        assert rows.max() == len(table.features) - 1
        # no row serves two fields
        assert sum(len(np.unique(column)) for column in rows.T) == len(table.features)


@pytest.mark.parametrize(
    ("smiles", "unknown"),
    [
        ("CCO", False),
        ("C[Se]C", False),
        ("CI", False),
        ("C[Te]C", True),
        ("FS(F)(F)(F)(F)F", True),
        ("[Fe+3]", True),
        ("*C", True),
        ("C->[Fe]", True),
    ],
)
def test_unknown_values_are_flagged(smiles: str, *, unknown: bool) -> None:
    packed = PackedGraphs.from_smiles(["[Na+]", "CCO", smiles, "c1ccccc1"])
    assert VOCABULARY.unknown_mask(packed).tolist() == [False, False, unknown, False]


def test_unknown_mask_of_nothing() -> None:
    assert VOCABULARY.unknown_mask(PackedGraphs.empty()).shape == (0,)


def test_unknown_mask_skips_molecules_without_atoms() -> None:
    packed = PackedGraphs.from_smiles(["C", "C[Te]C"])
    hollow = PackedGraphs(
        np.array([1, 0, 3]),
        np.array([0, 0, 2]),
        packed.atom_codes,
        packed.bond_index,
        packed.bond_codes,
    )
    assert VOCABULARY.unknown_mask(hollow).tolist() == [False, False, True]


def test_pickle_keeps_the_one_instance() -> None:
    assert pickle.loads(pickle.dumps(VOCABULARY)) is VOCABULARY  # noqa: S301 - our own bytes
    assert Vocabulary.preset("chemprop_v2") is VOCABULARY


def test_fingerprint_changes_with_any_table() -> None:
    features = VOCABULARY.atoms.features.copy()
    features[3, 3] += 1
    changed = type(VOCABULARY.atoms)(
        VOCABULARY.atoms.columns, VOCABULARY.atoms.rows, VOCABULARY.atoms.known, features
    )
    other = Vocabulary(VOCABULARY.name, changed, VOCABULARY.bonds)
    assert other.fingerprint != VOCABULARY.fingerprint
    same = Vocabulary(VOCABULARY.name, VOCABULARY.atoms, VOCABULARY.bonds)
    assert same.fingerprint == VOCABULARY.fingerprint


def test_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="chemprop_v2"):
        load_vocabulary("chemprop_v3")
