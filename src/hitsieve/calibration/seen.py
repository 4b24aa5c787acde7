"""Kinds of atoms and bonds that a model learned from, and which of a new compound it did not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.codes import ATOM_FIELDS, CHARGE_OFFSET
from hitsieve.chem.elements import element_name
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs

_NAMES: Final = [field.name for field in ATOM_FIELDS]
_FIELDS: Final = ("atomic_number", "charge", "aromatic", "hybridization", "degree")
_KIND: Final = [_NAMES.index(name) for name in _FIELDS]
# no atom has eight neighbors or more; the table of all kinds stays small
_SIZES: Final = tuple(min(ATOM_FIELDS[c].size, 8 if c == _KIND[-1] else 256) for c in _KIND)
_ORBITALS: Final = {1: "s", 2: "sp", 3: "sp2", 4: "sp3", 5: "sp2d", 6: "sp3d", 7: "sp3d2"}
_ORDERS: Final = {
    1: "a single bond",
    2: "a double bond",
    3: "a triple bond",
    12: "an aromatic bond",
}
_ATOMS, _BONDS = "seen.atoms", "seen.bonds"


@dataclass(frozen=True)
class SeenFeatures:
    """The kinds of atoms and bonds of a training set.

    The kind of an atom is its element, charge, whether it is aromatic, hybridization and number of
    neighbors, hydrogens included. Of compounds held out of ESOL, Lipophilicity and BACE at random
    none has a kind that the others lack; by scaffold about one in a hundred. The kind of a bond is
    its order.

    Parameters
    ----------
    atoms
        uint8 (k, 5): atomic number, charge plus 128, aromaticity, hybridization and neighbors of
        each kind, as :mod:`hitsieve.chem.codes` numbers them.
    bonds
        uint8 (j,): orders.

    Raises
    ------
    InputError
        If an array has another shape, or a number that stands for nothing.
    """

    atoms: NDArray[np.uint8]
    bonds: NDArray[np.uint8]

    def __post_init__(self) -> None:
        sound = self.atoms.ndim == 2 and self.atoms.shape[1] == len(_KIND) and self.bonds.ndim == 1  # noqa: PLR2004 - (k, fields)
        if not sound or not (self.atoms < np.array(_SIZES)).all():
            raise InputError(f"seen atoms {self.atoms.shape} and bonds {self.bonds.shape}")

    @classmethod
    def of(cls, graphs: PackedGraphs) -> SeenFeatures:
        """Return the kinds that some compounds have."""
        return cls(
            np.unique(graphs.atom_codes[:, _KIND], axis=0), np.unique(graphs.bond_codes[:, 0])
        )

    def unseen(self, graphs: PackedGraphs) -> NDArray[np.bool_]:
        """Tell which of n compounds have an atom or bond of another kind: bool (n,)."""
        mask = np.zeros(len(graphs), dtype=np.bool_)
        for new, offsets in (
            (~self._atoms[_keys(graphs.atom_codes[:, _KIND])], graphs.atom_offsets),
            (~np.isin(graphs.bond_codes[:, 0], self.bonds), graphs.bond_offsets),
        ):
            mask[np.searchsorted(offsets, np.flatnonzero(new), side="right") - 1] = True
        return mask

    def reasons(self, graphs: PackedGraphs) -> list[str]:
        """Name for each of n compounds what no training compound has; empty for the others."""
        told = [""] * len(graphs)
        for place in np.flatnonzero(self.unseen(graphs)).tolist():
            atoms = graphs.atom_codes[slice(*graphs.atom_offsets[place : place + 2])][:, _KIND]
            bonds = graphs.bond_codes[slice(*graphs.bond_offsets[place : place + 2])][:, 0]
            names = [self._name(kind) for kind in np.unique(atoms, axis=0) if not self._has(kind)]
            names += [
                _ORDERS.get(order, "a bond of such an order")
                for order in np.setdiff1d(bonds, self.bonds).tolist()
            ]
            told[place] = f"no training compound has {', '.join(dict.fromkeys(names))}"
        return told

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays for a bundle."""
        return {_ATOMS: self.atoms, _BONDS: self.bonds}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> SeenFeatures | None:
        """Return what :meth:`to_arrays` wrote, or None if a bundle does not tell.

        Raises
        ------
        InputError
            If only one of the arrays is there, or they are no kinds.
        """
        if _ATOMS not in arrays and _BONDS not in arrays:
            return None
        if _ATOMS not in arrays or _BONDS not in arrays:
            raise InputError("the domain tells seen atoms or seen bonds, and not both")
        return cls(np.asarray(arrays[_ATOMS], np.uint8), np.asarray(arrays[_BONDS], np.uint8))

    @cached_property
    def _atoms(self) -> NDArray[np.bool_]:
        """Look up whether a kind was seen, by its key."""
        seen = np.zeros(int(np.prod(_SIZES)), dtype=np.bool_)
        seen[_keys(self.atoms)] = True
        return seen

    def _has(self, kind: NDArray[np.uint8]) -> bool:
        return bool(self._atoms[_keys(kind[None])[0]])

    def _name(self, kind: NDArray[np.uint8]) -> str:
        """Name a kind that was not seen, no closer than needed."""
        element, charge, aromatic, orbital, neighbors = (int(code) for code in kind)
        same = self.atoms[self.atoms[:, 0] == element]
        name = element_name(element)
        if not len(same):
            return name
        if charge not in same[:, 1]:
            sign = "negatively" if charge < CHARGE_OFFSET else "positively"
            return f"uncharged {name}" if charge == CHARGE_OFFSET else f"{sign} charged {name}"
        if aromatic not in same[:, 2]:
            return f"aromatic {name}" if aromatic else f"{name} that is not aromatic"
        charged = "" if charge == CHARGE_OFFSET else f" and charge {charge - CHARGE_OFFSET:+d}"
        ring = "aromatic " if aromatic else ""
        shape = _ORBITALS.get(orbital, "other")
        return f"{ring}{name} with {neighbors} neighbors, {shape} orbitals{charged}"


def _keys(kinds: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return one number for each kind: (m, 5) to int64 (m,)."""
    # cut at the ends, as a library is read from a file that anybody may have written
    places = np.ravel_multi_index(tuple(kinds.T.astype(np.int64)), _SIZES, mode="clip")
    keys: NDArray[np.int64] = places.astype(np.int64)
    return keys
