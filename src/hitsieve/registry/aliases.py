"""Aliases of a model's versions: what each names now, named before, who changed that and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.errors import ConfigError, nearest
from hitsieve.provenance import login_name
from hitsieve.registry.records import now, read_record, replace_record

if TYPE_CHECKING:
    from pathlib import Path

ALIASES: Final = ("champion", "candidate")


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias of one model.

    Parameters
    ----------
    path
        Its record: a JSON file with ``versions``, the one it names last, ``log``, and, for a
        champion, ``frozen``.
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
        """What happened to it, oldest first: ``event``, ``version``, ``at`` (UTC) and ``by``.

        Entries made before names were kept have no ``by``.
        """
        found = read_record(self.path).get("log", [])
        return [dict(item) for item in found] if isinstance(found, Sequence) else []

    @property
    def frozen(self) -> str:
        """SHA-256 of the frozen test set its versions were judged on; empty if none is recorded."""
        return str(read_record(self.path).get("frozen") or "")

    def rename(self, history: Sequence[int], event: str, *, frozen: str = "") -> None:
        """Replace the history, and log why, when and by whom.

        Parameters
        ----------
        history
            Versions it has named, the one it names from now on last.
        event
            What happened.
        frozen
            SHA-256 of the frozen test set; what is recorded stays if empty.

        Raises
        ------
        StorageError
            If the record cannot be written.
        """
        former = read_record(self.path)
        entry = {"event": event, "version": history[-1], "at": now(), "by": login_name()}
        record: dict[str, object] = {**former, "versions": list(history), "log": [*self.log, entry]}
        if frozen:
            record["frozen"] = frozen
        replace_record(self.path, record)
