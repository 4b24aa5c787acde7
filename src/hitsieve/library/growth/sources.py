"""Source identifiers of known compounds: gained, listed again, withdrawn, returned."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from hitsieve.schema import LIBRARY, WITHDRAWN

if TYPE_CHECKING:
    from hitsieve.library.growth.release import Release
    from hitsieve.library.merge import Merged

LISTS: Final = ("source_ids", "source_records", "vendor")
"""Columns of the LIBRARY table with one entry for each merged record."""

Mark = tuple[str, str, str, str]
"""A row of the WITHDRAWN table."""


@dataclass(slots=True)
class Changes:
    """What a release did, in numbers.

    ``new`` compounds, ``gained`` records of known ones, ``relisted`` records that repeat what
    is known already, ``withdrawn`` and ``returned`` identifiers, ``reused`` shards.
    """

    numbers: Counter[str] = field(default_factory=Counter)

    WORDS = ("new", "gained", "relisted", "withdrawn", "returned", "reused")

    def to_json(self) -> dict[str, int]:
        """Return all numbers by word."""
        return {word: self.numbers[word] for word in self.WORDS}


def gain(base: pa.Table, known: Merged, release: Release, changes: Changes) -> pa.Table:
    """Add the records of known compounds to their rows.

    A record that repeats an identifier of its supplier, with equal vendor columns, adds
    nothing: a catalog of which nothing changed leaves its shards as they are.

    Parameters
    ----------
    base
        LIBRARY rows sorted by compound_id.
    known
        STAGED records of compounds in ``base``.
    release, changes
        Whose records they are; where they are counted.

    Returns
    -------
    pa.Table
        ``base`` itself if nothing was gained.
    """
    ids = base.column("compound_id").to_numpy(zero_copy_only=False)
    rows = np.searchsorted(ids, known.first("compound_id").to_numpy(zero_copy_only=False))
    columns = {name: base.column(name).to_pylist() for name in LISTS} if len(rows) else {}
    gained = 0
    for number, row in enumerate(rows):
        entries = list(zip(*(columns[name][row] for name in LISTS), strict=True))
        listed = {(name, vendor) for name, place, vendor in entries if release.owns(place)}
        start, stop = known.offsets[number], known.offsets[number + 1]
        for record in known.records.slice(start, stop - start).to_pylist():
            if (record["source_id"], record["vendor"]) in listed:
                changes.numbers["relisted"] += 1
                continue
            place = f"{record['file']}#{record['record']}"
            for name, value in zip(
                LISTS, (record["source_id"], place, record["vendor"]), strict=True
            ):
                columns[name][row].append(value)
            gained += 1
    changes.numbers["gained"] += gained
    return _with(base, columns) if gained else base


def _with(base: pa.Table, columns: dict[str, list[Any]]) -> pa.Table:
    for name, values in columns.items():
        at = base.schema.get_field_index(name)
        base = base.set_column(
            at, base.schema.field(at), pa.array(values, LIBRARY.schema.field(name).type)
        )
    return base


def marks_after(
    base: pa.Table, marks: pa.Table, records: pa.Table, release: Release, changes: Changes
) -> pa.Table:
    """Return which identifiers are withdrawn once a release came in.

    Parameters
    ----------
    base
        LIBRARY rows before the release.
    marks
        WITHDRAWN rows before it.
    records
        STAGED records of the release.
    release, changes
        Whose records they are; where changes are counted.
    """
    before: list[Mark] = [tuple(row.values()) for row in marks.to_pylist()]
    if not release.supplier:
        return _table(before)
    names = ("compound_id", "source_id")
    listed = set(zip(*(records.column(name).to_pylist() for name in names), strict=True))
    kept = [m for m in before if m[1] != release.supplier or (m[0], m[2]) not in listed]
    changes.numbers["returned"] += len(before) - len(kept)
    if not release.whole:
        return _table(kept)
    known = {(m[0], m[2]) for m in kept if m[1] == release.supplier}
    gone = [
        pair
        for pair in _owned(base, release)
        if pair not in listed and pair not in known and pair[1] not in release.refused_ids
    ]
    changes.numbers["withdrawn"] += len(gone)
    label = ", ".join(release.files)
    return _table(kept + [(pair[0], release.supplier, pair[1], label) for pair in gone])


def _owned(base: pa.Table, release: Release) -> list[tuple[str, str]]:
    """Return the compounds and identifiers that came from the supplier, each pair once."""
    lists = (base.column(name).to_pylist() for name in ("compound_id", *LISTS[:2]))
    return list(
        dict.fromkeys(
            (compound_id, source_id)
            for compound_id, source_ids, places in zip(*lists, strict=True)
            for source_id, place in zip(source_ids, places, strict=True)
            if release.owns(place)
        )
    )


def _table(marks: list[Mark]) -> pa.Table:
    columns = list(zip(*sorted(marks), strict=True)) if marks else [()] * len(WITHDRAWN.names)
    return WITHDRAWN.build(dict(zip(WITHDRAWN.names, columns, strict=True)))
