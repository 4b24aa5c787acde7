"""What an inbox is for: one target, endpoint, unit and direction, or those of a bench; no other.

Results are kept by compound. Without this record, a second campaign that was begun beside the
first would take its results as its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import ChecksumError, UsageError
from hitsieve.store.files import create_exclusive, json_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.oracles.inbox.config import InboxConfig

FILE: Final = "inbox.json"
_NAMES: Final = ("target", "endpoint", "unit", "direction")


def purpose_of(config: InboxConfig) -> dict[str, str]:
    """Return what an inbox measures: target, endpoint, unit and direction."""
    return {
        "target": config.target,
        "endpoint": config.endpoint,
        "unit": config.unit,
        "direction": "higher" if config.higher_is_better else "lower",
    }


def check_purpose(folder: Path, *configs: InboxConfig) -> None:
    """Refuse an inbox that measures something else; one that nobody used yet is fine.

    Parameters
    ----------
    folder
        The inbox.
    configs
        What is measured: one, or all that are measured on the same plates.

    Raises
    ------
    UsageError
        If it is another's, or older than this record.
    ChecksumError
        If the record is damaged.
    """
    found, wanted = _read(folder / FILE), [purpose_of(one) for one in configs]
    if found is None:
        if any((folder / name).is_dir() for name in ("batches", "results")):
            raise UsageError(
                f"{folder} holds batches or results, and no {FILE} says of what",
                cure=f"choose another folder; or, if they are of {_several(wanted)}, write "
                f"{json.dumps(_record(wanted))} into {folder / FILE}",
            )
        return
    if found != wanted:
        raise UsageError(
            f"the inbox {folder} is of {_several(found)}, not of {_several(wanted)}",
            cure="give each target and endpoint a folder of its own; without `folder`, a campaign "
            "keeps its inbox in its own folder",
        )


def claim_purpose(folder: Path, *configs: InboxConfig) -> None:
    """Write down what an inbox is for, on first use; of several at a time one wins.

    Raises
    ------
    UsageError, ChecksumError
        As :func:`check_purpose`.
    StorageError
        If it cannot be written.
    """
    check_purpose(folder, *configs)
    record = _record([purpose_of(one) for one in configs])
    create_exclusive(folder / FILE, json_bytes(record))
    check_purpose(folder, *configs)


def words(purpose: dict[str, str]) -> str:
    """Say what is measured.

    Examples
    --------
    >>> words({"target": "ABL1", "endpoint": "pKd", "unit": "pX", "direction": "higher"})
    "'ABL1', pKd in pX, higher is better"
    """
    return (
        f"{purpose['target']!r}, {purpose['endpoint']} in {purpose['unit']}, "
        f"{purpose['direction']} is better"
    )


def _several(purposes: list[dict[str, str]]) -> str:
    return "; and ".join(words(one) for one in purposes)


def _record(purposes: list[dict[str, str]]) -> dict[str, Any]:
    return purposes[0] if len(purposes) == 1 else {"bench": purposes}


def _read(path: Path) -> list[dict[str, str]] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        several = found.get("bench", [found])
        return [{name: str(one[name]) for name in _NAMES} for one in several]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ChecksumError(
            f"{path} is damaged: {error}", cure="restore the file; it says what was measured"
        ) from error
