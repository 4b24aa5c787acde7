"""Raw graph codes of many compounds at once, read by ``cuik_molmaker`` in C++.

:func:`hitsieve.chem.codes.mol_codes` is the reference, and both give the same bytes. Numbers
that ``cuik_molmaker`` hands out unclipped are taken from it (element, total degree, charge,
hybridization, flags); fields that it sorts into a fixed set of columns (chirality, bond order,
stereo) are taken only where the column stands for one value alone. A molecule with anything
else in it, or that was dropped without a word, is featurized by the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cuik_molmaker
import numpy as np

from hitsieve.chem.codes import CHARGE_OFFSET, MAX_ATOMS
from hitsieve.chem.features import featurize
from hitsieve.chem.molecule import parse
from hitsieve.graphs.packed import PackedGraphs, concat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BATCH: Final = 512
"""Molecules handed over at once; enough to hide the cost of a call."""

_BYTE: Final = 255
# RDKit's atomic number over 5 is what the float feature holds.
_ELEMENT_SCALE: Final = 5

# Columns of the atom array: one for each chiral tag, the last for all others, then numbers.
_CHIRAL_TAGS: Final = 5
_CLEAR_TAGS: Final = 3
_ATOM_NUMBERS: Final = ("atomic-number", "degree", "formal-charge", "hybridization", "aromatic",
                        "in-ring")  # fmt: skip

# Columns of the bond array: orders, the last also for all others; the order as a number, which
# tells others from aromatic; stereo, the last for all others; flags.
_ORDERS: Final = (1, 2, 3, 12)
_ORDER_NUMBERS: Final = (1.0, 2.0, 3.0, 1.5)
_STEREOS: Final = 7
_CLEAR_STEREOS: Final = 6


@dataclass(frozen=True, slots=True)
class _Part:
    """Codes of a batch, and which of its molecules the reference has to featurize."""

    graphs: PackedGraphs
    unclear: NDArray[np.bool_]


def bulk_graphs(smiles: Sequence[str], n_atoms: Sequence[int]) -> PackedGraphs:
    """Featurize SMILES that RDKit has read, in order.

    Parameters
    ----------
    smiles
        Standardized SMILES. They must be readable: the C++ reader takes the process along
        with some that are not.
    n_atoms
        How many atoms RDKit found in each; a batch in which one comes back with another number
        is featurized by the reference.

    Raises
    ------
    ValueError
        If a SMILES is not readable by the reference, or has more than 255 atoms.
    """
    if len(smiles) != len(n_atoms):
        raise ValueError(f"{len(smiles)} SMILES and {len(n_atoms)} numbers of atoms")
    texts, expected = list(smiles), np.asarray(n_atoms, dtype=np.int64)
    if len(expected) and expected.max() > MAX_ATOMS:
        raise ValueError(f"{expected.max()} atoms; graphs are packed with at most {MAX_ATOMS}")
    return concat(
        [
            _batch(texts[start : start + BATCH], expected[start : start + BATCH])
            for start in range(0, len(texts), BATCH)
        ]
    )


def graphs_from_smiles(smiles: Sequence[str]) -> PackedGraphs:
    """Featurize SMILES, in order, each of which RDKit reads first.

    Raises
    ------
    ValueError
        Names the first SMILES that cannot be read, or has more than 255 atoms.
    """
    sizes = []
    for text in smiles:
        mol = parse(text)
        if mol is None:
            raise ValueError(f"SMILES cannot be read: {text!r}; standardize it first")
        sizes.append(mol.GetNumAtoms())
    return bulk_graphs(smiles, sizes)


def _batch(smiles: list[str], expected: NDArray[np.int64]) -> PackedGraphs:
    part = _read(smiles)
    unclear = part.unclear
    if (part.graphs.n_atoms != expected).any():
        # One was dropped, and no place can be trusted: others may have moved up.
        unclear = np.ones(len(smiles), dtype=bool)
    if not unclear.any():
        return part.graphs
    # The reference's molecules go behind all others, and each is taken from its place.
    rare = np.flatnonzero(unclear)
    reference = PackedGraphs.from_codes(featurize(smiles[row]).codes for row in rare)
    places = np.arange(len(smiles))
    places[rare] = len(smiles) + np.arange(len(rare))
    return concat([part.graphs, reference]).take(places)


@lru_cache(maxsize=1)
def _features() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    return (
        cuik_molmaker.atom_onehot_feature_names_to_array(["chirality"]),
        cuik_molmaker.atom_float_feature_names_to_array(list(_ATOM_NUMBERS)),
        cuik_molmaker.bond_feature_names_to_array(
            ["bond-type-onehot", "bond-type-float", "stereo", "conjugated", "in-ring"]
        ),
    )


def _read(smiles: list[str]) -> _Part:
    """Read a batch; dropped molecules come back without atoms."""
    options = (False, False, False, False)  # no hydrogens added or kept, no self-loops, one edge
    try:
        atoms, bonds, edges, _, owner = cuik_molmaker.batch_mol_featurizer(
            smiles, *_features(), *options
        )
    except RuntimeError:  # one molecule's sanitization; the batch has no other answer
        none = PackedGraphs.empty()
        sizes = np.zeros(len(smiles), np.int64)
        empty = PackedGraphs(sizes, sizes, none.atom_codes, none.bond_index, none.bond_codes)
        return _Part(empty, np.ones(len(smiles), dtype=bool))
    n_atoms = np.bincount(owner, minlength=len(smiles)).astype(np.int64)
    owner_of_bond = owner[edges[0]]
    n_bonds = np.bincount(owner_of_bond, minlength=len(smiles)).astype(np.int64)
    starts = np.cumsum(n_atoms) - n_atoms
    neighbors = np.bincount(edges.ravel(), minlength=len(owner))
    atom_codes, odd_atoms = _atom_codes(atoms, neighbors)
    bond_codes, odd_bonds = _bond_codes(bonds)
    unclear = n_atoms == 0
    unclear[owner[odd_atoms]] = True
    unclear[owner_of_bond[odd_bonds]] = True
    index = (edges - starts[owner_of_bond]).T
    packed = PackedGraphs(
        n_atoms, n_bonds, atom_codes, np.ascontiguousarray(index.astype(np.uint8)), bond_codes
    )
    return _Part(packed, unclear)


def _atom_codes(
    atoms: NDArray[np.float32], neighbors: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return codes uint8 (atoms, 8), and which atoms' codes cannot be told."""
    tags, numbers = atoms[:, :_CHIRAL_TAGS], atoms[:, _CHIRAL_TAGS:]
    element, degree, charge, hybridization, aromatic, ring = numbers.T
    chirality = tags.argmax(axis=1)
    columns = (
        np.rint(element * _ELEMENT_SCALE),
        degree,
        charge + CHARGE_OFFSET,
        chirality,
        degree - neighbors,
        hybridization,
        aromatic,
        ring,
    )
    codes = np.stack(columns, axis=1)
    odd = (chirality >= _CLEAR_TAGS) | (codes < 0).any(axis=1) | (codes > _BYTE).any(axis=1)
    return codes.astype(np.uint8), odd


def _bond_codes(
    bonds: NDArray[np.float32],
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return codes uint8 (bonds, 4), and which bonds' codes cannot be told."""
    bonds = bonds.reshape(-1, len(_ORDERS) + 1 + _STEREOS + 2)
    order = bonds[:, : len(_ORDERS)].argmax(axis=1)
    number = bonds[:, len(_ORDERS)]
    stereo = bonds[:, len(_ORDERS) + 1 : -2].argmax(axis=1)
    columns = (np.array(_ORDERS)[order], bonds[:, -2], bonds[:, -1], stereo)
    odd = (np.array(_ORDER_NUMBERS, np.float32)[order] != number) | (stereo >= _CLEAR_STEREOS)
    return np.stack(columns, axis=1).astype(np.uint8), odd
