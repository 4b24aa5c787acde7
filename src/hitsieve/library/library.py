"""Opening and reading a finished library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.chem.identity import bucket
from hitsieve.errors import ChecksumError, NotFoundError, nearest
from hitsieve.library.layout import rejects_path, withdrawn_path
from hitsieve.library.manifest import Manifest, read_manifest
from hitsieve.provenance import sha256_file
from hitsieve.schema import LIBRARY, REJECTS, WITHDRAWN
from hitsieve.store.layout import shard_name
from hitsieve.store.place import place
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: its name, rows and the SHA-256 of its file."""

    name: str
    rows: int
    sha256: str


class Library:
    """A finished library on disk; opened with :meth:`open`, never changed.

    Parameters
    ----------
    root
        Its folder.
    manifest
        What it holds.
    """

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self.root = root
        self.manifest = manifest
        self.shards = [Shard(s.name, s.rows, s.sha256) for s in manifest.shards]

    @classmethod
    def open(cls, folder: Path | str) -> Library:
        """Open a library by its folder; reads only the manifest.

        Raises
        ------
        NotFoundError
            If there is no finished library.
        SchemaError
            If its manifest is damaged or too new.
        """
        return cls(place(folder), read_manifest(place(folder)))

    def __len__(self) -> int:
        """Return the number of compounds."""
        return sum(shard.rows for shard in self.shards)

    def path_of(self, name: str) -> Path:
        """Return the file of a shard.

        Raises
        ------
        NotFoundError
            If the library has no such shard.
        """
        names = [shard.name for shard in self.shards]
        if name not in names:
            raise NotFoundError(
                f"{self.root} has no shard {name!r}{nearest(name, names)}",
                cure=f"it has {len(names)} shards, {names[0]} to {names[-1]}",
            )
        return self.root / "shards" / f"{name}.parquet"

    def read_shard(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a shard: LIBRARY rows sorted by compound_id, or some of their columns.

        Raises
        ------
        NotFoundError
            If the shard or a column does not exist.
        SchemaError
            If the file is not a LIBRARY table.
        """
        for column in columns or ():
            if column not in LIBRARY.names:
                raise NotFoundError(
                    f"a library has no column {column!r}{nearest(column, LIBRARY.names)}",
                    cure=f"its columns are {', '.join(LIBRARY.names)}",
                )
        with open_parquet(self.path_of(name), LIBRARY) as file:
            return file.read(columns=list(columns) if columns is not None else None)

    def iter_tables(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Read one shard after the other; never two are in memory."""
        for shard in self.shards:
            yield self.read_shard(shard.name, columns)

    def lookup(self, ids: Iterable[str], columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of compounds, sorted by compound_id; unknown ones are left out.

        Only the shards that can hold them are read.
        """
        wanted: dict[int, list[str]] = {}
        for compound_id in dict.fromkeys(ids):
            wanted.setdefault(bucket(compound_id, len(self.shards)), []).append(compound_id)
        read = None if columns is None else list(dict.fromkeys(["compound_id", *columns]))
        found = [self._empty(read)]
        for index, keys in sorted(wanted.items()):
            table = self.read_shard(shard_name(index), read)
            found.append(table.filter(pc.is_in(table.column("compound_id"), pa.array(keys))))
        rows = pa.concat_tables(found).sort_by("compound_id")
        return rows if columns is None else rows.select(list(columns))

    def rejects(self) -> pa.Table:
        """Return all refused records: rejected ones in source order, then failed ones."""
        return pa.concat_tables([REJECTS.empty(), *self.iter_rejects()])

    def iter_rejects(self) -> Iterator[pa.Table]:
        """Read one file of refused records after the other."""
        for entry in self.manifest.rejects:
            with open_parquet(self.root / rejects_path(entry.name), REJECTS) as file:
                yield file.read().replace_schema_metadata(REJECTS.schema.metadata)

    def withdrawn_of(self, name: str) -> pa.Table:
        """Return the marks of a shard: WITHDRAWN rows, one for each identifier no longer listed."""
        table = WITHDRAWN.empty()
        if any(entry.name == name for entry in self.manifest.withdrawn):
            with open_parquet(self.root / withdrawn_path(name), WITHDRAWN) as file:
                table = file.read().replace_schema_metadata(WITHDRAWN.schema.metadata)
        return table

    def withdrawn(self) -> pa.Table:
        """Return all marks, in the order of shards."""
        marks = [self.withdrawn_of(entry.name) for entry in self.manifest.withdrawn]
        return pa.concat_tables([WITHDRAWN.empty(), *marks])

    def verify(self) -> None:
        """Compare every file with the manifest.

        Raises
        ------
        ChecksumError
            Names the first file that is absent or differs.
        """
        expected = {self.path_of(s.name): s.sha256 for s in self.manifest.shards}
        for entry in self.manifest.rejects:
            expected[self.root / rejects_path(entry.name)] = entry.sha256
        for entry in self.manifest.withdrawn:
            expected[self.root / withdrawn_path(entry.name)] = entry.sha256
        for path, sha256 in expected.items():
            found = sha256_file(path) if path.is_file() else "no file"
            if found != sha256:
                raise ChecksumError(
                    f"{path}: {found[:12]} is not the recorded {sha256[:12]}",
                    cure="restore the file, or build the library again",
                )

    @staticmethod
    def _empty(columns: list[str] | None) -> pa.Table:
        table = LIBRARY.empty()
        return table if columns is None else table.select(columns)
