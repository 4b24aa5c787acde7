"""The record of why a version may not be used, or why it may again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.provenance import login_name
from hitsieve.registry.records import now, read_record, replace_record

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Block:
    """Why a version may not be used, since when, and who said so.

    Parameters
    ----------
    reason
        In words.
    at
        UTC time in ISO 8601; empty in records that were made before times were kept.
    by
        Login name of who blocked it; empty in such records.
    """

    reason: str
    at: str = ""
    by: str = ""

    def told(self, reference: str) -> str:
        """Say that a model is blocked, since when, by whom and why.

        Examples
        --------
        >>> Block("wrong plates", "2026-03-04T05:06:07+00:00", "ann").told("bace@3")
        'bace@3 is quarantined since 2026-03-04T05:06:07+00:00 by ann: wrong plates'
        >>> Block("wrong plates").told("bace@3")
        'bace@3 is quarantined: wrong plates'
        """
        since = f" since {self.at}" if self.at else ""
        by = f" by {self.by}" if self.by else ""
        return f"{reference} is quarantined{since}{by}: {self.reason}"


def record_of(version: Path) -> Path:
    """Return where the record of a version lies, from the folder of its bundle."""
    return version.parent / "quarantine" / f"{version.name}.json"


def block_of(path: Path) -> Block | None:
    """Return what blocks a version; None where nothing does.

    A record that lost its text still blocks.

    Raises
    ------
    StorageError
        If the record cannot be read.
    """
    if not path.exists():
        return None
    record = read_record(path)
    if record.get("lifted"):
        return None
    at, by = (str(record.get(name) or "") for name in ("at", "by"))
    return Block(str(record.get("reason") or "no reason recorded"), at, by)


def block(path: Path, reason: str) -> Block:
    """Record that a version is blocked; what the record said before is kept in it."""
    made = Block(reason, now(), login_name())
    _replace(path, {"reason": made.reason, "at": made.at, "by": made.by})
    return made


def lift(path: Path, reason: str) -> None:
    """Record that a block is lifted, when and by whom, beside why it was laid."""
    found = block_of(path)
    why = found.reason if found else ""
    _replace(path, {"reason": why, "lifted": reason, "at": now(), "by": login_name()})


def _replace(path: Path, record: dict[str, str]) -> None:
    former = read_record(path)
    earlier = former.pop("earlier", [])
    history = [*(earlier if isinstance(earlier, list) else []), *([former] if former else [])]
    replace_record(path, {**record, "earlier": history})
