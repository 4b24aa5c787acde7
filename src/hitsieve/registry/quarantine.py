"""The record of why a version may not be used, or why it may again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.registry.records import read_record, replace_record

if TYPE_CHECKING:
    from pathlib import Path


def blocked_because(path: Path) -> str:
    """Return why a version is blocked; empty where it is not.

    A record that lost its text still blocks.

    Raises
    ------
    StorageError
        If the record cannot be read.
    """
    if not path.exists():
        return ""
    record = read_record(path)
    return "" if record.get("lifted") else str(record.get("reason") or "no reason recorded")


def block(path: Path, reason: str) -> None:
    """Record that a version is blocked; what the record said before is kept in it."""
    _replace(path, {"reason": reason})


def lift(path: Path, reason: str) -> None:
    """Record that a block is lifted, beside why it was laid."""
    _replace(path, {"reason": blocked_because(path), "lifted": reason})


def _replace(path: Path, record: dict[str, str]) -> None:
    former = read_record(path)
    earlier = former.pop("earlier", [])
    history = [*(earlier if isinstance(earlier, list) else []), *([former] if former else [])]
    replace_record(path, {**record, "earlier": history})
