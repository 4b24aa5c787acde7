"""Many molecular graphs in five arrays, read from and written to Arrow buffers without a loop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from hitsieve.chem.codes import mol_codes
from hitsieve.chem.features import parse_known
from hitsieve.errors import SchemaError
from hitsieve.graphs.buffers import binary_array, join_binary, join_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from hitsieve.chem.codes import MolCodes

ATOM_FIELDS_COUNT: Final = 8
BOND_FIELDS_COUNT: Final = 4
GRAPH_COLUMNS: Final = ("n_atoms", "n_bonds", "atom_codes", "bond_index", "bond_codes")


@dataclass(frozen=True)
class PackedGraphs:
    """n molecular graphs, their atoms and bonds laid end to end.

    Attributes
    ----------
    n_atoms, n_bonds
        int64 (n,): sizes. Both may be 0.
    atom_codes
        uint8 (sum of n_atoms, 8): raw atom properties, see :mod:`hitsieve.chem.codes`.
    bond_index
        uint8 (sum of n_bonds, 2): the two atoms of a bond, counted within their molecule.
    bond_codes
        uint8 (sum of n_bonds, 4): raw bond properties.
    """

    n_atoms: NDArray[np.int64]
    n_bonds: NDArray[np.int64]
    atom_codes: NDArray[np.uint8]
    bond_index: NDArray[np.uint8]
    bond_codes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.n_atoms)

    @cached_property
    def atom_offsets(self) -> NDArray[np.int64]:
        """First atom of each molecule, and the end: int64 (n + 1,)."""
        return _offsets(self.n_atoms)

    @cached_property
    def bond_offsets(self) -> NDArray[np.int64]:
        """First bond of each molecule, and the end: int64 (n + 1,)."""
        return _offsets(self.n_bonds)

    @classmethod
    def empty(cls) -> PackedGraphs:
        """Return no graphs."""
        return cls.from_codes([])

    @classmethod
    def from_codes(cls, molecules: Iterable[MolCodes]) -> PackedGraphs:
        """Lay featurized molecules end to end."""
        found = list(molecules)
        return cls(
            np.array([m.n_atoms for m in found], dtype=np.int64),
            np.array([m.n_bonds for m in found], dtype=np.int64),
            _stack([m.atom_codes for m in found], ATOM_FIELDS_COUNT),
            _stack([m.bond_index for m in found], 2),
            _stack([m.bond_codes for m in found], BOND_FIELDS_COUNT),
        )

    @classmethod
    def from_smiles(cls, smiles: Sequence[str]) -> PackedGraphs:
        """Featurize standardized SMILES, in order.

        Raises
        ------
        ValueError
            If a SMILES is not readable; the message holds it.
        """
        return cls.from_codes(mol_codes(parse_known(text)) for text in smiles)

    @classmethod
    def from_table(cls, table: pa.Table, *, where: str = "library table") -> PackedGraphs:
        """Read the graph columns of a LIBRARY table straight from its buffers.

        Sliced and chunked columns are fine. Every row is checked: a byte count that does not
        agree with the atom and bond counts, or a bond to an atom that is not there, would
        otherwise shift or mix molecules silently.

        Parameters
        ----------
        table
            Any table with the columns ``n_atoms, n_bonds, atom_codes, bond_index, bond_codes``.
        where
            Names the table in an error.

        Raises
        ------
        SchemaError
            If a column is missing or of a wrong type, holds null, or a row is inconsistent;
            names the first such row.
        """
        missing = [name for name in GRAPH_COLUMNS if name not in table.schema.names]
        if missing:
            raise SchemaError(
                f"{where}: no columns {missing} for packed graphs",
                cure="build the library again with this version",
            )
        n_atoms = join_numbers(table.column("n_atoms"), f"{where}, n_atoms")
        n_bonds = join_numbers(table.column("n_bonds"), f"{where}, n_bonds")
        parts: dict[str, NDArray[np.uint8]] = {}
        for name, counts, width in (
            ("atom_codes", n_atoms, ATOM_FIELDS_COUNT),
            ("bond_index", n_bonds, 2),
            ("bond_codes", n_bonds, BOND_FIELDS_COUNT),
        ):
            lengths, data = join_binary(table.column(name), f"{where}, {name}")
            _check_lengths(lengths, counts, width, f"{where}, {name}")
            parts[name] = data.reshape(-1, width)
        graphs = cls(n_atoms, n_bonds, **parts)
        graphs.check(where=where)
        return graphs

    def check(self, *, where: str = "packed graphs") -> None:
        """Refuse bonds that join an atom to itself or to one that is not there.

        Raises
        ------
        SchemaError
            Names the first such row.
        """
        limit = np.repeat(self.n_atoms, self.n_bonds)
        first, second = self.bond_index[:, 0], self.bond_index[:, 1]
        wrong = np.flatnonzero((np.maximum(first, second) >= limit) | (first == second))
        if len(wrong):
            bond = int(wrong[0])
            row = int(np.searchsorted(self.bond_offsets, bond, side="right")) - 1
            raise SchemaError(
                f"{where}, row {row}: a bond joins atoms {first[bond]} and {second[bond]} of a "
                f"molecule with {self.n_atoms[row]} atoms",
                cure="the shard is corrupt; build it again from its source",
            )

    def columns(self) -> dict[str, pa.Array]:
        """Return the graph columns of a LIBRARY table, sharing these arrays' memory.

        Raises
        ------
        SchemaError
            If the codes exceed the 2 GiB an Arrow binary column can address.
        """
        return {
            "n_atoms": pa.array(self.n_atoms.astype(np.uint16)),
            "n_bonds": pa.array(self.n_bonds.astype(np.uint16)),
            "atom_codes": binary_array(self.atom_codes, self.atom_offsets * ATOM_FIELDS_COUNT),
            "bond_index": binary_array(self.bond_index, self.bond_offsets * 2),
            "bond_codes": binary_array(self.bond_codes, self.bond_offsets * BOND_FIELDS_COUNT),
        }

    def take(self, indices: NDArray[Any]) -> PackedGraphs:
        """Return the graphs at ``indices`` (int (k,), in that order, repeats allowed)."""
        chosen = np.asarray(indices, dtype=np.int64)
        n_atoms, n_bonds = self.n_atoms[chosen], self.n_bonds[chosen]
        atoms = ragged(self.atom_offsets[chosen], n_atoms)
        bonds = ragged(self.bond_offsets[chosen], n_bonds)
        return PackedGraphs(
            n_atoms,
            n_bonds,
            self.atom_codes[atoms],
            self.bond_index[bonds],
            self.bond_codes[bonds],
        )


def concat(parts: Sequence[PackedGraphs]) -> PackedGraphs:
    """Join packed graphs in order; no parts give no graphs."""
    if not parts:
        return PackedGraphs.empty()
    return PackedGraphs(
        np.concatenate([p.n_atoms for p in parts]),
        np.concatenate([p.n_bonds for p in parts]),
        np.concatenate([p.atom_codes for p in parts]),
        np.concatenate([p.bond_index for p in parts]),
        np.concatenate([p.bond_codes for p in parts]),
    )


def ragged(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of runs laid end to end.

    Examples
    --------
    >>> ragged(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - ends + lengths, lengths)


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def _stack(blocks: list[NDArray[np.uint8]], width: int) -> NDArray[np.uint8]:
    if not blocks:
        return np.zeros((0, width), dtype=np.uint8)
    return np.concatenate([np.asarray(b, dtype=np.uint8).reshape(-1, width) for b in blocks])


def _check_lengths(
    lengths: NDArray[np.int64], counts: NDArray[np.int64], width: int, where: str
) -> None:
    wrong = np.flatnonzero(lengths != counts * width)
    if len(wrong):
        row = int(wrong[0])
        raise SchemaError(
            f"{where}, row {row}: {lengths[row]} bytes for {counts[row]} entries of {width} bytes",
            cure="the shard is corrupt; build it again from its source",
        )
