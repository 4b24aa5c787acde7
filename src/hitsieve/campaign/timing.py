"""How long measurements took: notes beside a campaign's state, which differ from run to run."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_FILE: Final = "runs/seconds.jsonl"


def note_seconds(root: Path, number: int, seconds: float) -> None:
    """Note in the folder of a campaign how long a measurement of a round took."""
    path = root / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"round": number, "seconds": round(seconds, 6)}) + "\n")


def noted_seconds(root: Path) -> list[float]:
    """Return how long each measurement took whose time was noted, on its worker."""
    path = root / _FILE
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError, KeyError, TypeError):  # a line a killed driver wrote half
            found.append(float(json.loads(line)["seconds"]))
    return found
