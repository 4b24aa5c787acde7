"""Lists of compounds to look for: identifiers as they are, structures by their key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import InputError, NotFoundError
from hitsieve.file_kinds import read_text
from hitsieve.library.config import FormatOptions
from hitsieve.library.inputs import check_inputs, records_of
from hitsieve.provenance import sha256_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.chem.policy import ChemPolicy

ENTRY_LIMIT: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What lists ask for.

    Parameters
    ----------
    names
        Identifiers: of a compound, an InChIKey, or of a supplier.
    keys
        Key of each structure to the text it was given as.
    refused
        Structures the standardizer refuses, which no library can hold.
    sha256
        Of the list files.
    """

    names: frozenset[str] = frozenset()
    keys: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()

    def matches(self, table: pa.Table) -> tuple[pa.BooleanArray, list[str]]:
        """Find the rows asked for.

        Parameters
        ----------
        table
            Columns compound_id, inchikey and source_ids.

        Returns
        -------
        mask
            One boolean a row.
        entries
            The list entries that were found, sorted.
        """
        ids, keys, sources = (
            table.column(name).to_pylist() for name in ("compound_id", "inchikey", "source_ids")
        )
        mask, found = [], set()
        for compound_id, inchikey, source_ids in zip(ids, keys, sources, strict=True):
            # blanks around a supplier's identifier are kept, and nobody writes them in a list
            given = {compound_id, inchikey, *(name.strip() for name in source_ids)}
            hits = given & self.names
            if compound_id in self.keys:
                hits.add(self.keys[compound_id])
            mask.append(bool(hits))
            found |= hits
        return pa.array(mask, pa.bool_()), sorted(found)

    @property
    def entries(self) -> set[str]:
        """Everything asked for."""
        return {*self.names, *self.keys.values(), *self.refused}


def read_wanted(
    ids: Sequence[Path], structures: Sequence[str], policy: ChemPolicy, root: Path
) -> Wanted | None:
    """Read all lists; None if there are none.

    Raises
    ------
    NotFoundError
        If a file is absent.
    InputError
        If a file cannot be read, or the lists are larger than memory should hold.
    """
    if not ids and not structures:
        return None
    names = frozenset(name for path in ids for name in _names(path))
    keys: dict[str, str] = {}
    refused: list[str] = []
    inputs = check_inputs(structures, FormatOptions(), root) if structures else []
    standardizer = Standardizer(policy)
    for record in records_of(inputs, FormatOptions()):
        text = record.text or ""
        made = standardizer.molblock(text) if record.molblock else standardizer(record.text)
        if made.compound_id is None:
            refused.append(text)
        else:
            keys.setdefault(made.compound_id, text)
        if len(keys) + len(refused) > ENTRY_LIMIT:
            raise InputError(f"more than {ENTRY_LIMIT:,} structures are listed", cure="list fewer")
    sums = [*(sha256_file(path) for path in ids), *(source.sha256 for source in inputs)]
    return Wanted(names, keys, tuple(refused), tuple(sums))


def _names(path: Path) -> list[str]:
    if not path.is_file():
        raise NotFoundError(f"no list {path}", cure="check the path")
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]
