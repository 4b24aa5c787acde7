"""Aliases of a model's versions: what each names now, named before, and when that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hitsieve.errors import ConfigError, nearest
from hitsieve.registry.records import read_record, replace_record

if TYPE_CHECKING:
    from pathlib import Path

ALIASES: Final = ("champion", "candidate")


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias of one model.

    Parameters
    ----------
    path
        Its record: a JSON file with ``versions``, the one it names last, and ``log``.
    """

    path: Path

    @classmethod
    def of(cls, folder: Path, alias: str) -> Alias:
        """Return an alias of the model in a folder.

        Raises
        ------
        ConfigError
            If there is no such alias.
        """
        if alias not in ALIASES:
            raise ConfigError(f"no alias {alias!r}{nearest(alias, ALIASES)}", cure=str(ALIASES))
        return cls(folder / "aliases" / f"{alias}.json")

    @property
    def history(self) -> tuple[int, ...]:
        """Versions it has named, the present one last; empty if it names none."""
        versions = read_record(self.path).get("versions", [])
        return tuple(int(v) for v in versions) if isinstance(versions, Sequence) else ()

    @property
    def log(self) -> list[dict[str, object]]:
        """What happened to it, oldest first: ``event``, ``version`` and ``at`` (UTC)."""
        found = read_record(self.path).get("log", [])
        return [dict(item) for item in found] if isinstance(found, Sequence) else []

    def rename(self, history: Sequence[int], event: str) -> None:
        """Replace the history, and log why.

        Raises
        ------
        StorageError
            If the record cannot be written.
        """
        at = datetime.now(UTC).isoformat(timespec="seconds")
        log = [*self.log, {"event": event, "version": history[-1], "at": at}]
        replace_record(self.path, {"versions": list(history), "log": log})
