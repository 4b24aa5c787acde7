"""Taking results back: each measurement is one file, kept once, whatever is told how often.

Files are ``<inbox>/results/<hh>/<compound>~<replicate>~<version>.json``, created whole and by
one writer. A version is added, never overwritten, and the highest one stands.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from urllib.parse import quote, unquote

from hitsieve.errors import ChecksumError, IncompleteError
from hitsieve.store.files import create_exclusive, json_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.inbox.parse import Result

Key = tuple[str, int]
"""A measurement: structure key and replicate number."""

TRIES: Final = 100


Verdict = Literal["new", "known", "contradiction"]
"""What becomes of a result that is told."""


class Standing(Protocol):
    """Anything that was told: a value, or None for a failure, and its relation."""

    @property
    def what(self) -> tuple[float | None, str]: ...  # noqa: D102 - said above


@dataclass(frozen=True, slots=True)
class Kept:
    """A measurement that stands.

    Parameters
    ----------
    compound_id, replicate
        What was measured.
    value, relation
        What was found; a failure has no value.
    note, measured_at
        As told.
    file, row
        Where it was told: file name and row.
    target, endpoint, unit
        What was measured; empty in records of older versions.
    version
        How often it was corrected before.
    """

    compound_id: str
    replicate: int
    value: float | None
    relation: str
    note: str
    measured_at: str
    file: str
    row: int
    target: str = ""
    endpoint: str = ""
    unit: str = ""
    version: int = field(default=0, compare=False)

    @property
    def what(self) -> tuple[float | None, str]:
        """What was found: equal for a result that is told twice."""
        return self.value, self.relation

    @property
    def time(self) -> datetime | None:
        """When it was measured, if told."""
        return (
            datetime.fromisoformat(self.measured_at).astimezone(UTC) if self.measured_at else None
        )


class ResultStore:
    """The measurements of an inbox.

    Parameters
    ----------
    root
        Folder of the result files.
    config
        What the inbox measures.
    """

    def __init__(self, root: Path, config: InboxConfig) -> None:
        self.root = root
        self._of = {name: getattr(config, name) for name in ("target", "endpoint", "unit")}

    def of(self, compound_id: str) -> dict[int, Kept]:
        """Return what stands for a compound, by replicate.

        Raises
        ------
        ChecksumError
            If a record is damaged, or of another target, endpoint or unit.
        """
        return self._standing(self._branch(compound_id).glob(f"{quote(compound_id, safe='')}~*"))

    def keep(self, result: Result, replicate: int, file: str) -> Kept:
        """Keep a measurement above what stood before, and return it."""
        path = self._branch(result.compound_id)
        for _ in range(TRIES):
            standing = self.of(result.compound_id).get(replicate)
            if standing is not None and standing.what == result.what:
                return standing  # another driver was told the same
            version = 0 if standing is None else standing.version + 1
            kept = Kept(
                result.compound_id, replicate, result.value, result.relation, result.note,
                result.measured_at, file, result.row, **self._of, version=version,
            )  # fmt: skip
            name = f"{quote(result.compound_id, safe='')}~{replicate}~{version}.json"
            if create_exclusive(path / name, json_bytes(_record(kept))):
                return kept
        raise IncompleteError(
            f"{path}: others keep correcting {result.compound_id}", cure="tell the file again"
        )

    def _branch(self, compound_id: str) -> Path:
        return self.root / hashlib.sha256(compound_id.encode()).hexdigest()[:2]

    def _standing(self, paths: Iterable[Path]) -> dict[int, Kept]:
        found = {int(key[1]): one for key, one in highest(paths).items()}
        return {
            number: self._read(path, number, version)
            for number, (version, path) in sorted(found.items())
        }

    def _read(self, path: Path, replicate: int, version: int) -> Kept:
        kept = _read(path, replicate, version)
        for name, wanted in self._of.items():
            found = getattr(kept, name)
            if found and found != wanted:
                raise ChecksumError(
                    f"{path} is a result of {name} {found!r}, this inbox is of {wanted!r}",
                    cure="somebody put it there: take it out",
                )
        return kept


def highest(paths: Iterable[Path]) -> dict[tuple[str, str], tuple[int, Path]]:
    """Return the highest version of files called ``<a>~<b>~<version>.json``, by a and b."""
    best: dict[tuple[str, str], tuple[int, Path]] = {}
    for path in paths:
        parts = path.name.removesuffix(".json").split("~")
        if len(parts) != 3 or not path.name.endswith(".json"):  # noqa: PLR2004 - the name's parts
            continue
        key = parts[0], parts[1]
        best[key] = max(best.get(key, (-1, path)), (int(parts[2]), path))
    return best


def stands(before: Standing | None, now: Standing, *, revise: bool) -> Verdict:
    """Return what becomes of a result of which another was told before.

    A value stands over a failure in either order; another value only if it is to revise.
    """
    if before is None or (before.what[0] is None and now.what[0] is not None):
        return "new"
    if before.what == now.what or now.what[0] is None:
        return "known"
    return "new" if revise else "contradiction"


def _record(kept: Kept) -> dict[str, Any]:
    record = asdict(kept)
    del record["version"]
    return record


def _read(path: Path, replicate: int, version: int) -> Kept:
    try:
        kept = Kept(**json.loads(path.read_text(encoding="utf-8")), version=version)
    except (ValueError, TypeError) as error:
        raise _damaged(path) from error
    named = unquote(path.name.split("~", 1)[0])
    if (kept.compound_id, kept.replicate) != (named, replicate):
        raise _damaged(path)
    return kept


def _damaged(path: Path) -> ChecksumError:
    return ChecksumError(
        f"{path} is no whole result", cure="delete the file and tell its results again"
    )
