"""Compounds that must not be picked, from lists of identifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import NotFoundError, listed
from hitsieve.file_kinds import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.library import Library


@dataclass(frozen=True, slots=True)
class Excluded:
    """What lists of identifiers keep out of a campaign.

    Parameters
    ----------
    ids
        Compounds of the library.
    named
        Identifiers that were given.
    unknown
        Those of them that name no compound of the library, and so keep nothing out.
    """

    ids: frozenset[str]
    named: int
    unknown: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say what was named in vain; empty if nothing was."""
        if not self.unknown:
            return ""
        return (
            f"`exclude`: {len(self.unknown):,} of {self.named:,} names are of no compound in the "
            f"library and keep nothing out: {listed(self.unknown)}"
        )


def read_excluded(library: Library, paths: Sequence[Path]) -> frozenset[str]:
    """Return the compounds of a library that text files name; see :func:`find_excluded`."""
    return find_excluded(library, paths).ids


def find_excluded(library: Library, paths: Sequence[Path]) -> Excluded:
    """Find the compounds of a library that text files name.

    A file holds a compound id or a supplier's id at the start of each line; what follows a
    blank, and lines that begin with ``#``, are remarks. A name that holds blanks is found where
    it is all of its line.

    Raises
    ------
    NotFoundError
        If a file is not there.
    InputError
        If it is no UTF-8 text.
    """
    lines = {line for path in paths for line in _lines(path)}
    if not lines:
        return Excluded(frozenset(), 0, ())
    of = _named_compounds(library, lines | {_first(line) for line in lines})
    names = {line if line in of else _first(line) for line in lines}
    unknown = tuple(sorted(name for name in names if name not in of))
    return Excluded(
        frozenset(key for name in names for key in of.get(name, ())), len(names), unknown
    )


def read_names(paths: Sequence[Path]) -> set[str]:
    """Return what the lines of text files may name: their first words, and all that they hold.

    Raises
    ------
    NotFoundError
        If a file is not there.
    InputError
        If it is no UTF-8 text.
    """
    lines = {line for path in paths for line in _lines(path)}
    return lines | {_first(line) for line in lines}


def _named_compounds(library: Library, names: set[str]) -> dict[str, set[str]]:
    """Return the compounds that each name is of, by name; names of none are left out."""
    wanted = pa.array(sorted(names), pa.string())
    found: dict[str, set[str]] = {}
    for table in library.iter_tables(["compound_id", "source_ids"]):
        ids = table.column("compound_id").combine_chunks()
        for own in ids.filter(pc.is_in(ids, value_set=wanted)).to_pylist():
            found.setdefault(own, set()).add(own)
        sources = table.column("source_ids").combine_chunks()
        owner, given = pc.list_parent_indices(sources), pc.list_flatten(sources)
        named = pc.is_in(given, value_set=wanted)
        owners = ids.take(owner.filter(named)).to_pylist()
        for name, key in zip(given.filter(named).to_pylist(), owners, strict=True):
            found.setdefault(name, set()).add(key)
    return found


def _lines(path: Path) -> set[str]:
    if not path.is_file():
        raise NotFoundError(f"no exclusion list {path}", cure="check the path in `exclude`")
    lines = read_text(path).splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def _first(line: str) -> str:
    return line.split(maxsplit=1)[0]
