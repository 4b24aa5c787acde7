"""The record of why a version may not be used, or why it may again.

A block holds for bytes, not for a name: what has the digest of a blocked version is that model,
whatever it is called and wherever it lies.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hitsieve.errors import QuarantinedError, StorageError
from hitsieve.provenance import login_name, sha256_bytes
from hitsieve.registry.records import now, read_record, replace_record
from hitsieve.registry.sealed import SUMS

if TYPE_CHECKING:
    from collections.abc import Iterable
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


def block_at(version: Path) -> Block | None:
    """Return what blocks the version in a folder, by its own record or by its bytes.

    A version whose bytes are those of a blocked version of the same model is blocked too, with
    that one's reason.

    Parameters
    ----------
    version
        Folder of its bundle.

    Raises
    ------
    StorageError
        If its record cannot be read.
    """
    own = block_of(record_of(version))
    if own is not None:
        return own
    found = _blocked_as(bundle_digest(version), record_of(version).parent.glob("*.json"))
    if found is None:
        return None
    reference, block = found
    return replace(block, reason=f"{block.reason} (as {reference}, whose bytes are the same)")


def find_block(digest: str, registry: Path) -> tuple[str, Block] | None:
    """Find what blocks a bundle in a registry, whatever it is called there.

    Parameters
    ----------
    digest
        Of the bundle: the SHA-256 of its ``SHA256SUMS``.
    registry
        Folder of models; may be absent.

    Returns
    -------
    tuple or None
        The blocked version with these bytes, as ``name@version``, and its block.
    """
    return _blocked_as(digest, registry.glob("*/quarantine/*.json"))


def refuse_blocked(folder: Path, registry: Path | None = None) -> None:
    """Refuse to use a bundle that is blocked where it lies, or by its bytes in a registry.

    Whoever copies a folder away from its registry takes no block along: then only a registry that
    knows the bytes can tell.

    Parameters
    ----------
    folder
        The bundle's; a link is followed.
    registry
        Folder of the models used now, if there is one.

    Raises
    ------
    QuarantinedError
        Names the model, who blocked it, when and why, and how it is let go again.
    StorageError
        If a record of it cannot be read.
    """
    for place in dict.fromkeys((folder.absolute(), folder.resolve())):
        block = block_at(place)
        if block is not None:
            raise _refusal(f"{place.parent.name}@{place.name}", block, place.parent.parent)
        own = place.parent.parent if place.name.isdecimal() else None  # where versions lie
        for root in dict.fromkeys(root for root in (own, registry) if root is not None):
            found = find_block(bundle_digest(place), root)
            if found is not None:
                raise _refusal(*found, root, copy=folder)


def bundle_digest(folder: Path) -> str:
    """Return the digest that a bundle claims, not verified; empty where there is none."""
    try:
        return sha256_bytes((folder / SUMS).read_bytes())
    except OSError:
        return ""


def block(path: Path, reason: str, digest: str = "") -> Block:
    """Record that a version is blocked; what the record said before is kept in it.

    The digest is kept too: copies stay blocked when the version itself was deleted.
    """
    made = Block(reason, now(), login_name())
    _replace(path, {"reason": made.reason, "at": made.at, "by": made.by, "digest": digest})
    return made


def lift(path: Path, reason: str) -> None:
    """Record that a block is lifted, when and by whom, beside why it was laid."""
    found = block_of(path)
    why = found.reason if found else ""
    _replace(path, {"reason": why, "lifted": reason, "at": now(), "by": login_name()})


def _blocked_as(digest: str, records: Iterable[Path]) -> tuple[str, Block] | None:
    for path in sorted(records) if digest else []:
        version = path.parent.parent / path.stem
        if digest not in (bundle_digest(version), _recorded_digest(path)):
            continue
        found = block_of(path)
        if found is not None:
            return f"{version.parent.name}@{version.name}", found
    return None


def _recorded_digest(path: Path) -> str:
    try:
        return str(read_record(path).get("digest") or "")
    except StorageError:
        return ""  # whether it speaks of these bytes, only the version's own folder can tell


def _refusal(
    reference: str, block: Block, registry: Path, copy: Path | None = None
) -> QuarantinedError:
    where = f"{copy} holds the bytes of {reference} in {registry}: " if copy is not None else ""
    return QuarantinedError(
        f"{where}model {block.told(reference)}",
        cure="use another version, which `hitsieve models list` shows; where the cause is mended, "
        f"`hitsieve models lift {reference} --models {shlex.quote(str(registry))} --reason …` lets "
        "it be used again",
    )


def _replace(path: Path, record: dict[str, str]) -> None:
    former = read_record(path)
    earlier = former.pop("earlier", [])
    history = [*(earlier if isinstance(earlier, list) else []), *([former] if former else [])]
    replace_record(path, {**record, "earlier": history})
