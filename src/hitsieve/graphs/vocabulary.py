"""From raw codes to the rows of a feature table: the part of featurizing that belongs to a model.

A library stores what RDKit says of an atom; a model decides which values it tells apart. A
:class:`Vocabulary` is that decision: per field a look-up from the raw code (one byte) to a row,
and per row the feature vector it stands for. The feature vector of an atom is the sum of its
rows,

    x = sum over fields f of R[row_f(code_f)],

so a weight matrix applied to it, W x, is a sum of look-ups in the small table R W^T.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.chem.codes import CHARGE_OFFSET
from hitsieve.errors import ConfigError, nearest
from hitsieve.graphs.elements import ATOMIC_WEIGHTS
from hitsieve.provenance import fingerprint, sha256_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs

N_CODES: Final = 256


@dataclass(frozen=True, slots=True)
class FieldBins:
    """How one field of the codes becomes features.

    Attributes
    ----------
    column
        Place of the field in ``atom_codes`` or ``bond_codes``.
    bins
        Raw code to place of its feature, counted within the field; None for a known value
        without a feature (such as "not aromatic").
    size
        Features of this field.
    other
        Feature of all values not in ``bins``; None if they have none.
    weights
        If given, every code has a row of its own, with this further last feature.
    """

    column: int
    bins: dict[int, int | None]
    size: int
    other: int | None
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True, eq=False)
class RowTable:
    """Look-ups of all fields of atoms, or of bonds.

    Attributes
    ----------
    columns
        int64 (k,): the columns of the codes that are looked at.
    rows
        int32 (k, 256): raw code to row.
    known
        bool (k, 256): whether the vocabulary tells this value apart.
    features
        float32 (n_rows, n_features): what a row stands for.
    """

    columns: NDArray[np.int64]
    rows: NDArray[np.int32]
    known: NDArray[np.bool_]
    features: NDArray[np.float32]

    def look_up(self, codes: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the rows of some atoms or bonds: codes uint8 (m, fields) to int32 (m, k)."""
        found = np.empty((len(codes), len(self.columns)), dtype=np.int32)
        for place, column in enumerate(self.columns):
            found[:, place] = self.rows[place][codes[:, column]]
        return found

    def has_unknown(self, codes: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Tell which atoms or bonds have a value outside the vocabulary: bool (m,)."""
        unknown = np.zeros(len(codes), dtype=bool)
        for place, column in enumerate(self.columns):
            unknown |= ~self.known[place][codes[:, column]]
        return unknown


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The values a model tells apart, for atoms and for bonds."""

    name: str
    atoms: RowTable
    bonds: RowTable
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        tables = [
            sha256_bytes(np.ascontiguousarray(array).tobytes())
            for part in (self.atoms, self.bonds)
            for array in (part.columns, part.rows, part.known, part.features)
        ]
        object.__setattr__(self, "fingerprint", fingerprint([self.name, tables]))

    def __reduce__(self) -> tuple[object, ...]:
        return load_vocabulary, (self.name,)

    @staticmethod
    def preset(name: str) -> Vocabulary:
        """Return the vocabulary of that name; see :func:`load_vocabulary`."""
        return load_vocabulary(name)

    @property
    def n_atom_rows(self) -> int:
        """Rows of the atom table."""
        return len(self.atoms.features)

    @property
    def n_bond_rows(self) -> int:
        """Rows of the bond table."""
        return len(self.bonds.features)

    @property
    def n_atom_features(self) -> int:
        """Features of an atom, d_v."""
        return int(self.atoms.features.shape[1])

    @property
    def n_bond_features(self) -> int:
        """Features of a bond, d_e."""
        return int(self.bonds.features.shape[1])

    def atom_rows(self, atom_codes: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the rows of atoms: uint8 (A, 8) to int32 (A, k)."""
        return self.atoms.look_up(atom_codes)

    def bond_rows(self, bond_codes: NDArray[np.uint8]) -> NDArray[np.int32]:
        """Return the rows of bonds: uint8 (B, 4) to int32 (B, k)."""
        return self.bonds.look_up(bond_codes)

    def unknown_mask(self, packed: PackedGraphs) -> NDArray[np.bool_]:
        """Tell which molecules have an atom or bond value outside the vocabulary: bool (n,)."""
        mask = np.zeros(len(packed), dtype=bool)
        for table, codes, offsets in (
            (self.atoms, packed.atom_codes, packed.atom_offsets),
            (self.bonds, packed.bond_codes, packed.bond_offsets),
        ):
            places = np.flatnonzero(table.has_unknown(codes))
            mask[np.searchsorted(offsets, places, side="right") - 1] = True
        return mask


def load_vocabulary(name: str) -> Vocabulary:
    """Return the vocabulary of that name.

    ``chemprop_v2`` has exactly the features of Chemprop v2's ``MultiHotAtomFeaturizer.v2`` and
    ``MultiHotBondFeaturizer`` (Heid et al., J. Chem. Inf. Model. 2024, 64, 9; 72 atom and 14
    bond features, in that order), so a weight matrix of theirs fits.

    Raises
    ------
    ConfigError
        If there is none of that name.

    Examples
    --------
    >>> vocabulary = load_vocabulary("chemprop_v2")
    >>> vocabulary.n_atom_features, vocabulary.n_bond_features
    (72, 14)
    """
    if name not in _PRESETS:
        raise ConfigError(
            f"no vocabulary {name!r}{nearest(name, _PRESETS)}",
            cure=f"choose one of: {', '.join(sorted(_PRESETS))}",
        )
    return _build(name)


@cache
def _build(name: str) -> Vocabulary:
    atoms, bonds, null_bond = _PRESETS[name]
    return Vocabulary(name, _row_table(atoms, 0), _row_table(bonds, null_bond))


def _row_table(fields: tuple[FieldBins, ...], first: int) -> RowTable:
    """Lay out the rows and features of all fields, features from ``first``."""
    dense = [f for f in fields if f.weights is not None]
    width = first + sum(f.size for f in fields) + len(dense)
    rows = np.zeros((len(fields), N_CODES), dtype=np.int32)
    known = np.zeros((len(fields), N_CODES), dtype=bool)
    features: list[NDArray[np.float32]] = []
    start = first
    for place, spec in enumerate(fields):
        known[place, list(spec.bins)] = True
        numbers: dict[int | None, int] = {}
        own_rows = len(spec.weights or ())
        for code in range(N_CODES):
            key = code if code in spec.bins or code < own_rows else None
            if key not in numbers:
                numbers[key] = len(features)
                weight = spec.weights[code] if spec.weights and code < own_rows else 0.0
                features.append(_feature(spec, code, start, width, weight))
            rows[place, code] = numbers[key]
        start += spec.size
    columns = np.array([f.column for f in fields], dtype=np.int64)
    return RowTable(columns, rows, known, np.stack(features))


def _feature(
    spec: FieldBins, code: int, start: int, width: int, weight: float
) -> NDArray[np.float32]:
    vector = np.zeros(width, dtype=np.float32)
    place = spec.bins.get(code, spec.other)
    if place is not None:
        vector[start + place] = 1.0
    if weight:
        vector[-1] = weight
    return vector


def _choices(column: int, values: list[int], *, other: bool = True) -> FieldBins:
    bins: dict[int, int | None] = {value: place for place, value in enumerate(values)}
    size = len(values) + other
    return FieldBins(column, bins, size, len(values) if other else None)


def _flag(column: int) -> FieldBins:
    return FieldBins(column, {0: None, 1: 0}, 1, None)


def _elements(column: int, values: list[int]) -> FieldBins:
    chosen = _choices(column, values)
    masses = tuple(0.01 * weight for weight in ATOMIC_WEIGHTS)
    return FieldBins(column, chosen.bins, chosen.size, chosen.other, masses)


_CHARGES = [CHARGE_OFFSET + charge for charge in (-1, -2, 1, 2, 0)]
# RDKit's HybridizationType: S, SP, SP2, SP2D, SP3, SP3D, SP3D2
_HYBRIDIZATIONS = [1, 2, 3, 5, 4, 6, 7]
# RDKit's BondType: single, double, triple, aromatic
_BOND_ORDERS = [1, 2, 3, 12]

_CHEMPROP_ATOMS = (
    _elements(0, [*range(1, 37), 53]),
    _choices(1, list(range(6))),
    _choices(2, _CHARGES),
    _choices(3, list(range(4))),
    _choices(4, list(range(5))),
    _choices(5, _HYBRIDIZATIONS),
    _flag(6),
)
_CHEMPROP_BONDS = (
    _choices(0, _BOND_ORDERS, other=False),
    _flag(1),
    _flag(2),
    _choices(3, list(range(6))),
)
# Chemprop's bond vector starts with a bit for "no bond", which no real bond sets.
_PRESETS: Final = {"chemprop_v2": (_CHEMPROP_ATOMS, _CHEMPROP_BONDS, 1)}
VOCABULARIES: Final = tuple(_PRESETS)
