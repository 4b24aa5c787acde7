"""Labels as files: one whole record a compound, keyed by compound, oracle and settings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from hitsieve.errors import ChecksumError
from hitsieve.schema import LABELS, Code
from hitsieve.store.files import create_exclusive, json_bytes, write_atomic, write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.protocol import Oracle

Row = dict[str, Any]
"""One LABELS row as plain values."""

_LIMIT: Final = "time_limit_s"


@dataclass(frozen=True, slots=True)
class LabelStore:
    """The labels one oracle with one set of settings has given.

    Files are ``<root>/<oracle>-<fingerprint>/<hh>/<compound id>.json``: each appears at once
    and whole, so any number of workers and drivers may write, and what exists is done.

    Parameters
    ----------
    root
        Folder of all labels.
    key
        Oracle and settings, see :meth:`of`.
    """

    root: Path
    key: str

    @classmethod
    def of(cls, root: Path, oracle: Oracle) -> LabelStore:
        """Return the store of an oracle under a folder."""
        return cls(root, f"{quote(oracle.name, safe='')}-{oracle.fingerprint}")

    @property
    def folder(self) -> Path:
        """Where this oracle's records are."""
        return self.root / self.key

    def get(self, compound_id: str, *, time_limit_s: float | None = 0.0) -> Row | None:
        """Return a compound's row, or None if it is still to be measured.

        A row that failed for time counts as measured only up to the limit it was given: with
        a higher ``time_limit_s``, or None for no limit, it is to be measured again.

        Raises
        ------
        ChecksumError
            If the record is damaged.
        """
        path = self._path(compound_id)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            row: Row = json.loads(text)
            given = row.pop(_LIMIT)
            found = row["compound_id"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _damaged(path) from error
        if found != compound_id:
            raise _damaged(path)
        if row["code"] == Code.TIMEOUT and _higher(time_limit_s, given):
            return None
        return row

    def put(self, row: Row, *, time_limit_s: float | None = None) -> Row:
        """Keep a row and return the one that stands: another writer's, if it was first."""
        path = self._path(row["compound_id"])
        data = json_bytes({**row, _LIMIT: time_limit_s})
        if create_exclusive(path, data):
            return row
        standing = self.get(row["compound_id"], time_limit_s=time_limit_s)
        if standing is not None:
            return standing
        write_atomic(path, data)  # it had failed for time under a lower limit
        return row

    def rows(self) -> Iterator[Row]:
        """Yield all rows, sorted by the names of their records.

        Raises
        ------
        ChecksumError
            If a record is damaged.
        """
        for path in sorted(self.folder.glob("*/*.json"), key=lambda path: path.name):
            row = self.get(unquote(path.stem))
            if row is not None:
                yield row

    def table(self, compound_ids: Iterable[str]) -> pa.Table:
        """Return the LABELS rows of measured compounds in the order asked; others are left out."""
        rows = [row for name in compound_ids if (row := self.get(name)) is not None]
        return rows_to_table(rows)

    def compact(self) -> Path:
        """Write all labels into ``labels.parquet``, sorted by compound, for fast reading.

        Equal labels make equal bytes. The records stay: they are what resuming looks at.
        """
        rows = sorted(self.rows(), key=lambda row: str(row["compound_id"]))
        path = self.folder / "labels.parquet"
        write_parquet_atomic(path, rows_to_table(rows))
        return path

    def _path(self, compound_id: str) -> Path:
        # Folders of 1/256 of the labels each: a campaign may keep many thousands.
        branch = hashlib.sha256(compound_id.encode()).hexdigest()[:2]
        return self.folder / branch / f"{quote(compound_id, safe='')}.json"


def rows_to_table(rows: list[Row]) -> pa.Table:
    """Return plain rows as a LABELS table."""
    return LABELS.build({name: [row[name] for row in rows] for name in LABELS.names})


def _higher(limit: float | None, given: float | None) -> bool:
    return given is not None and (limit is None or limit > given)


def _damaged(path: Path) -> ChecksumError:
    return ChecksumError(
        f"{path} is no whole label record", cure="delete the file; the compound is measured again"
    )
