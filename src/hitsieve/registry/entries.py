"""The versions of a model, and how a reference chooses among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.errors import NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.registry.quarantine import Block


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of one model.

    Parameters
    ----------
    name, version
        What it is called.
    folder
        Where its bundle lies.
    aliases
        The aliases that name it now.
    block
        Why it may not be used, since when, by whom; None if it may.
    """

    name: str
    version: int
    folder: Path
    aliases: tuple[str, ...] = ()
    block: Block | None = None

    @property
    def reference(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def quarantine(self) -> str:
        """Why it is blocked; empty if it is not."""
        return self.block.reason if self.block else ""


Entries = list[Entry]
"""An alias, because a method of :class:`~hitsieve.registry.registry.Registry` is named ``list``."""


def choose(entries: Entries, wanted: str, reference: str) -> Entry:
    """Return the version that is wanted: by number, by alias, or the one a bare name means.

    Raises
    ------
    NotFoundError
        Names the versions and aliases there are.
    """
    name = entries[0].name
    if not wanted and "@" not in reference:
        champions = [entry for entry in entries if "champion" in entry.aliases]
        usable = [entry for entry in entries if not entry.block]
        return (champions or usable or entries)[-1]
    for entry in entries:
        if wanted == str(entry.version) or wanted in entry.aliases:
            return entry
    have = [str(e.version) for e in entries] + [alias for e in entries for alias in e.aliases]
    raise NotFoundError(f"no model {reference!r}", cure=f"{name} has: {', '.join(have)}")
