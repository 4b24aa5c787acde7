"""Small JSON records of a registry that are replaced as a whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hitsieve.errors import StorageError


def now() -> str:
    """Return the UTC time to the second in ISO 8601, as records hold it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_record(path: Path) -> dict[str, object]:
    """Return a record; empty if there is none.

    Raises
    ------
    StorageError
        If it cannot be read.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read: {error}", cure="restore or remove it") from None
    return record if isinstance(record, dict) else {}


def replace_record(path: Path, record: dict[str, object]) -> None:
    """Write a record so that a reader sees the former one or this one, never a part.

    Raises
    ------
    StorageError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, staged = tempfile.mkstemp(prefix=".staging-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(record, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(staged).replace(path)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}", cure="choose a writable registry"
        ) from error
