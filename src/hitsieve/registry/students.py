"""Which models were distilled from another: what it got wrong, they learned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hitsieve.registry.quarantine import bundle_digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hitsieve.registry.entries import Entries, Entry

_CARD = "card.json"


def students_of(digest: str, entries: Iterable[Entry]) -> Entries:
    """Return the versions that were distilled from a bundle, and those distilled from them.

    Parameters
    ----------
    digest
        Of the teacher's bundle; empty for one whose bytes are unknown.
    entries
        The versions to look through, as a registry lists them.

    Returns
    -------
    list of Entry
        In the order of ``entries``. A version whose card cannot be read is none of them: it cannot
        be used either.
    """
    taught = [(entry, _teacher(entry.folder)) for entry in entries]
    found: dict[str, Entry] = {}
    asked = [digest] if digest else []
    while asked:
        teacher = asked.pop()
        for entry, words in taught:
            if f"(digest {teacher})" in words and entry.reference not in found:
                found[entry.reference] = entry
                asked += [own for own in [bundle_digest(entry.folder)] if own]
    return [entry for entry, _ in taught if entry.reference in found]


def _teacher(folder: Path) -> str:
    try:
        card = json.loads((folder / _CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(card.get("teacher") or "") if isinstance(card, dict) else ""
