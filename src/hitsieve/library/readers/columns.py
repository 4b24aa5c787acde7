"""Finding the structure and identifier columns among a file's column names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.errors import InputError, nearest
from hitsieve.store.spreadsheet import restore

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hitsieve.library.config import FormatOptions

SMILES_NAMES: Final = (
    "smiles",
    "canonical_smiles",
    "isomeric_smiles",
    "cxsmiles",
    "smi",
    "smiles_string",
    "mol_smiles",
    "compound_smiles",
    "ligand_smiles",
    "drug_smiles",
    "canonicalsmiles",
    "isomericsmiles",
)
ID_NAMES: Final = (
    "id",
    "compound_id",
    "source_id",
    "molecule_id",
    "mol_id",
    "catalog_id",
    "catalog_number",
    "vendor_id",
    "supplier_id",
    "mcule_id",
    "zinc_id",
    "chembl_id",
    "molecule_chembl_id",
    "pubchem_cid",
    "cid",
    "idnumber",
    "id_number",
    "smiles_id",
    "identifier",
    "name",
    "compound_name",
    "mol_name",
)


REJECTED_RECORD: Final = "rejected_record"
"""Column of a rejects list that says which record (``file#record``) a line is."""
REPAIR_COLUMNS: Final = ("smiles", "id", REJECTED_RECORD, "status", "code", "message")
"""Columns of a rejects list that are not the supplier's."""

_OURS: Final = re.compile(r"(?:vendor_)*(?:smiles|id|status|code|message)", re.IGNORECASE)


def name_in_rejects_list(name: str) -> str:
    """Return what a rejects list calls a supplier's column: none of :data:`REPAIR_COLUMNS`.

    Examples
    --------
    >>> name_in_rejects_list("price"), name_in_rejects_list("code")
    ('price', 'vendor_code')
    >>> name_in_rejects_list("vendor_code")
    'vendor_vendor_code'
    """
    return f"vendor_{name}" if _OURS.fullmatch(name) else name


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand in a row: all names, structure index, identifier index (or -1)."""

    names: tuple[str, ...]
    smiles: int
    identifier: int

    @property
    def vendor(self) -> tuple[tuple[int, str], ...]:
        """Index and name of every other column that is the supplier's.

        Of a rejects list that was repaired they are called what the supplier called them, and
        the reasons why its records were refused are left out.
        """
        taken = {self.smiles, self.identifier}
        others = [(i, name) for i, name in enumerate(self.names) if i not in taken]
        if not self.of_rejects:
            return tuple(others)
        ours = set(REPAIR_COLUMNS) - {REJECTED_RECORD} if self._has(REPAIR_COLUMNS) else set()
        return tuple(
            (i, restore(name.removeprefix("vendor_") if _OURS.fullmatch(name) else name))
            for i, name in others
            if name not in ours
        )

    @property
    def of_rejects(self) -> bool:
        """Whether they are those of a rejects list, all or those that tell one record."""
        return self._has(REPAIR_COLUMNS[:3])

    def _has(self, names: Collection[str]) -> bool:
        return set(names) <= set(self.names)


def normal(name: str) -> str:
    """Return a column name as names are compared: lower case, blanks and hyphens as ``_``."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def find_smiles(names: Sequence[str]) -> int:
    """Return the index of the column known to hold structures, or -1."""
    return _known(names, SMILES_NAMES)


def choose_columns(names: Sequence[str], options: FormatOptions, *, where: str) -> Columns:
    """Settle which column holds what.

    Raises
    ------
    InputError
        If two columns share a name, or the structure column is absent; lists the columns.
    """
    unique = tuple(name.strip() or f"column_{i + 1}" for i, name in enumerate(names))
    repeated = sorted({name for name in unique if unique.count(name) > 1})
    if repeated:
        raise InputError(
            f"{where}: more than one column is named {', '.join(map(repr, repeated))}",
            cure="rename or drop the repeated columns; it is not clear which one is meant",
        )
    if options.smiles_column is not None:
        smiles = _named(unique, options.smiles_column, where=where)
    else:
        smiles = find_smiles(unique)
    if smiles < 0:
        raise InputError(
            f"{where}: no column named smiles; the columns are {', '.join(map(repr, unique))}",
            cure="name the structure column with smiles_column; for a file without column "
            "names give header: false (--no-header) and smiles_column: 1 (the column's number)",
        )
    if options.id_column is None and set(REPAIR_COLUMNS[:3]) <= set(unique):
        return Columns(unique, smiles, unique.index(REPAIR_COLUMNS[1]))
    if options.id_column is not None:
        return Columns(unique, smiles, _named(unique, options.id_column, where=where))
    identifier = _known([n if i != smiles else "" for i, n in enumerate(unique)], ID_NAMES)
    return Columns(unique, smiles, identifier)


def _known(names: Sequence[str], known: tuple[str, ...]) -> int:
    normalized = [normal(name) for name in names]
    return next((normalized.index(name) for name in known if name in normalized), -1)


def _named(names: Sequence[str], wanted: str, *, where: str) -> int:
    if wanted in names:
        return names.index(wanted)
    alike = [i for i, name in enumerate(names) if normal(name) == normal(wanted)]
    if len(alike) == 1:
        return alike[0]
    raise InputError(
        f"{where}: no column named {wanted!r}{nearest(wanted, names)}; "
        f"the columns are {', '.join(map(repr, names))}",
        cure="numbers count the columns of a file without column names: give header: false "
        "(--no-header) with them"
        if wanted.isdecimal()
        else "correct the column name in the settings",
    )
