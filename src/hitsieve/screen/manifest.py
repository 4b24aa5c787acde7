"""The manifest of a finished screen: every file, its checksum and its number of rows.

It is a pure function of the plan and the commit records, written once all are there. So it
tells nothing new, but in one file: that the screen is whole, and what whole means.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import InputError, StorageError
from hitsieve.store.files import create_exclusive, json_bytes, write_atomic
from hitsieve.store.place import place

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.screen.plan import ScreenPlan
    from hitsieve.store import Ledger

MANIFEST_FILE: Final = "manifest.json"


def seal(plan: ScreenPlan, ledger: Ledger) -> bool:
    """Write the manifest, if every file of the plan is committed.

    May be called by any number of drivers at any time; all write equal bytes.

    Returns
    -------
    bool
        Whether the screen is whole, and so the manifest is there.

    Raises
    ------
    StorageError
        If the storage refuses.
    """
    manifest = _manifest(plan, ledger)
    if manifest is None:
        return False
    path, data = ledger.root / MANIFEST_FILE, json_bytes(manifest)
    if _bytes(path) == data:
        return True
    try:
        won = create_exclusive(path, data)
    except StorageError:
        # Another driver may have sealed it, and swept our temporary away.
        if _bytes(path) != data:
            raise
        return True
    if not won and _bytes(path) != data:  # damaged since
        write_atomic(path, data)
    return True


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a screen, or None while it is not whole.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = place(folder) / MANIFEST_FILE
    data = _bytes(path)
    if data is None:
        return None
    try:
        found = json.loads(data)
        found["files"].items()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is no manifest of a screen: {error!r}",
            cure="run the screen again: it writes the manifest anew",
        ) from None
    return dict(found)


def _manifest(plan: ScreenPlan, ledger: Ledger) -> dict[str, Any] | None:
    commits = ledger.committed()
    files: dict[str, dict[str, Any]] = {}
    for unit in plan.units:
        for output in unit.outputs:
            commit = commits.get(output.key)
            if commit is None or commit.fingerprint != output.fingerprint:
                return None
            for name, sha256 in commit.files.items():
                files[name] = {"sha256": sha256, "rows": commit.rows}
    return {
        "format": 1,
        "fingerprint": plan.fingerprint,
        "shards": len(plan.shards),
        "compounds": plan.compounds,
        "rows": sum(entry["rows"] for entry in files.values()),
        "files": files,
    }


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
