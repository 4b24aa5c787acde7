"""What a release is: whose files they are, and which earlier ones they supersede."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from hitsieve.errors import InputError
from hitsieve.library.inputs import records_of
from hitsieve.library.layout import chunk_name, rejects_path
from hitsieve.library.readers import column_names
from hitsieve.library.readers.columns import REJECTED_RECORD
from hitsieve.schema import REJECTS
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from hitsieve.library.config import FormatOptions
    from hitsieve.library.inputs import CheckedInput
    from hitsieve.library.library import Library
    from hitsieve.library.manifest import Manifest
    from hitsieve.library.readers import SourceRecord

_LOOK: Final = 100
"""Records of an input that are searched for the mark of repaired ones."""


@dataclass(frozen=True, slots=True)
class Release:
    """Inputs that come into a library together.

    Parameters
    ----------
    supplier
        Whose catalog they are; empty if they are none.
    files
        Their names, as in ``source_records``.
    whole
        Whether they list all the supplier has, so that what they leave out is withdrawn.
    earlier
        Names of all earlier inputs of this supplier.
    refused_ids
        Identifiers of its refused records: listed, though their structure is not known.
    """

    supplier: str
    files: tuple[str, ...]
    whole: bool
    earlier: frozenset[str]
    refused_ids: frozenset[str] = frozenset()

    def owns(self, place: str) -> bool:
        """Tell whether a ``file#record`` of the library came from this supplier."""
        return place.rpartition("#")[0] in self.earlier


def release_of(
    manifest: Manifest, supplier: str, inputs: Sequence[CheckedInput], *, partial: bool
) -> Release:
    """Return the release that some inputs make, for a library."""
    earlier = frozenset(
        name for entry in manifest.releases if entry.supplier == supplier for name in entry.files
    )
    whole = bool(supplier) and not partial
    return Release(supplier, tuple(source.file.name for source in inputs), whole, earlier)


def named_apart(inputs: Sequence[CheckedInput], manifest: Manifest) -> list[CheckedInput]:
    """Rename inputs called like earlier ones: ``vendor.smi`` of release 2 is ``vendor.smi@2``.

    Releases of a catalog often bear one file name, and ``source_records`` must tell them apart.
    """
    taken = {entry.name for entry in manifest.inputs}
    number = len(manifest.releases) + 1
    return [
        replace(source, file=replace(source.file, name=f"{source.file.name}@{number}"))
        if source.file.name in taken
        else source
        for source in inputs
    ]


def refused_ids(root: Path, chunks: int) -> frozenset[str]:
    """Return the identifiers of the records that the first stage refused."""
    found: set[str] = set()
    for index in range(chunks):
        path = root / rejects_path(chunk_name(index))
        if path.is_file():
            with open_parquet(path, REJECTS) as file:
                ids = file.read(columns=["source_id"]).column("source_id")
            found.update(pc.unique(ids).to_pylist())
    return frozenset(found - {""})


def repaired_places(inputs: Sequence[CheckedInput], options: FormatOptions) -> frozenset[str]:
    """Return the refused records (``file#record``) that the inputs name as repaired.

    Only inputs that look like the rejects list of a library are read for it: a table with that
    column, or another file one of whose first hundred records has the mark.
    """
    found: set[str] = set()
    for source in inputs:
        marked = REJECTED_RECORD in column_names(source.file, options)
        if marked or any(_places(islice(records_of([source], options), _LOOK))):
            found.update(_places(records_of([source], options)))
    return frozenset(found)


def refuse_unknown_places(base: Library, places: frozenset[str]) -> None:
    """Refuse repaired records that were never refused, or were repaired before.

    Raises
    ------
    InputError
        Names one. It would be taken for a new record beside the one it was meant for.
    """
    if not places:
        return
    known: set[str] = set()
    for table in base.iter_rejects():
        pairs = (table.column(name).to_pylist() for name in ("source_file", "record"))
        known.update(f"{file}#{record}" for file, record in zip(*pairs, strict=True))
    unknown = sorted(places - known)
    if unknown:
        raise InputError(
            f"{len(unknown)} of {len(places)} repaired records are none of the {len(known)} that "
            f"{base.root} refused, first {unknown[0]!r}",
            cure="take the list of this library (hitsieve library rejects), remove lines that were "
            f"repaired before, and empty {REJECTED_RECORD} where a record is new",
        )


def _places(records: Iterable[SourceRecord]) -> Iterator[str]:
    for record in records:
        if place := record.vendor.get(REJECTED_RECORD):
            yield place
