"""Finding the inputs and refusing broken ones, all before any compute starts."""

from __future__ import annotations

import glob
import hashlib
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hitsieve.errors import HitsieveError, InputError, NotFoundError
from hitsieve.library import readers
from hitsieve.library.layout import STAGING
from hitsieve.library.readers.compression import DamagedArchiveError, blocks
from hitsieve.provenance import sha256_file
from hitsieve.schema import Code
from hitsieve.store.files import atomic_path
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from hitsieve.library.config import FormatOptions
    from hitsieve.library.readers import InputFile, SourceRecord

STANDARD_INPUT: Final = "-"
SPOOLED: Final = "standard-input"
_PIECE: Final = 1 << 20
_MAX_UNPACKED: Final = 1 << 30
_MAX_RATIO: Final = 200


@dataclass(frozen=True, slots=True)
class CheckedInput:
    """An input that can be read, with what identifies its content.

    Parameters
    ----------
    file
        Where and how to read it.
    size, sha256
        Of the file as given (packed, if it is packed).
    records
        Estimate of its records, for progress only.
    """

    file: InputFile
    size: int
    sha256: str
    records: int


def expand(patterns: Sequence[str]) -> list[Path | None]:
    """Return the files that paths and glob patterns name, in order; None is standard input.

    Raises
    ------
    NotFoundError
        If a pattern matches nothing.
    InputError
        If a folder is given, or a file twice.
    """
    paths: list[Path | None] = []
    for pattern in patterns:
        if pattern == STANDARD_INPUT:
            paths.append(None)
            continue
        found = [Path(pattern)] if Path(pattern).exists() else _matches(pattern)
        if not found:
            raise NotFoundError(f"no input file {pattern!r}", cure="check the path or pattern")
        folders = [path for path in found if path.is_dir()]
        if folders:
            raise InputError(
                f"{folders[0]} is a folder", cure=f"name its files, for example {folders[0]}/*.smi"
            )
        paths += found
    seen = Counter(path.resolve() if path else None for path in paths)
    repeated = [str(path or STANDARD_INPUT) for path, count in seen.items() if count > 1]
    if repeated:
        raise InputError(f"{repeated[0]} is given more than once", cure="give every input once")
    return paths


def _matches(pattern: str) -> list[Path]:
    return sorted(Path(name) for name in glob.glob(pattern, recursive=True))  # noqa: PTH207 - absolute patterns, which Path.glob refuses


def display_names(paths: Sequence[Path | None]) -> list[str]:
    """Return the shortest distinct name of each input: folders are nobody's business.

    Examples
    --------
    >>> display_names([Path("/a/x.smi"), Path("/b/x.smi"), Path("/b/y.smi"), None])
    ['a/x.smi', 'b/x.smi', 'y.smi', 'standard-input']
    """
    parts = [path.resolve().parts if path else (SPOOLED,) for path in paths]
    depth = [1] * len(parts)
    while True:
        names = ["/".join(p[-d:]) for p, d in zip(parts, depth, strict=True)]
        shared = {name for name, count in Counter(names).items() if count > 1}
        if not shared:
            return names
        depth = [d + (name in shared) for d, name in zip(depth, names, strict=True)]


def check_inputs(
    patterns: Sequence[str], options: FormatOptions, root: Path, *, stdin: BinaryIO | None = None
) -> list[CheckedInput]:
    """Find and check all inputs; nothing is computed if one of them is refused.

    Compressed files are unpacked once to see that they are whole, Parquet inside another
    compression and standard input are spooled to the library's staging folder.

    Raises
    ------
    InputError
        For the first file that cannot be read as a whole.
    """
    paths = expand(patterns)
    with refused_input_is_not_kept(root):
        return _checked(paths, options, root, stdin or sys.stdin.buffer)


@contextmanager
def refused_input_is_not_kept(root: Path) -> Iterator[None]:
    """Remove standard input that was spooled in the body, where that ends in a refusal.

    Nothing has begun then that must go on with it; it would be held against what comes next.
    """
    staging = root / STAGING
    kept_before = (staging / SPOOLED).exists()
    try:
        yield
    except HitsieveError:
        if not kept_before:
            (staging / SPOOLED).unlink(missing_ok=True)
            with suppress(OSError):  # other things are in it, or it is not there
                staging.rmdir()
        raise


def _checked(
    paths: Sequence[Path | None], options: FormatOptions, root: Path, stdin: BinaryIO
) -> list[CheckedInput]:
    names = display_names(paths)
    checked: list[CheckedInput] = []
    for path, name in zip(paths, names, strict=True):
        place = path or _spool(stdin, root / STAGING / SPOOLED)
        file = readers.detect(place, name, options, named=path is not None)
        size, sha256 = place.stat().st_size, sha256_file(place)
        if file.format == "parquet" and file.compression:
            file = _unpacked(file, root / STAGING / f"unpacked-{len(checked)}.parquet")
        readers.check(file, options)
        checked.append(CheckedInput(file, size, sha256, _count(file, options)))
    return checked


def check_unchanged(inputs: Sequence[CheckedInput]) -> None:
    """Refuse to finish when an input grew or shrank while it was read.

    Raises
    ------
    InputError
        Names the file.
    """
    for source in inputs:
        path = source.file.path
        packed_away = path.name.startswith("unpacked-")
        if not packed_away and (not path.is_file() or path.stat().st_size != source.size):
            raise InputError(
                f"{source.file.name} changed while it was read",
                cure="wait until the file is complete, then build into a new folder",
            )


def records_of(inputs: Sequence[CheckedInput], options: FormatOptions) -> Iterator[SourceRecord]:
    """Stream the records of all inputs, in order."""
    for source in inputs:
        yield from readers.read(source.file, options)


def _count(file: InputFile, options: FormatOptions) -> int:
    """Estimate the records, reading packed files to their end."""
    if file.format == "parquet":
        return int(open_parquet(file.path).metadata.num_rows)
    mark = b"\n$$$$" if file.format == "sdf" else file.newline
    count, last = 0, b""
    try:
        for block in blocks(file.path, file.compression):
            count += (last + block).count(mark)
            last = block[-(len(mark) - 1) :] if len(mark) > 1 else b""
    except DamagedArchiveError as error:
        if not error.sound:
            raise InputError(
                f"{file.name}: {error}; records before that may have been changed, and nothing "
                "tells which",
                cure="fetch the file again",
            ) from None
        if not options.allow_truncated:
            raise _damaged(file, options, error) from None
    return max(count, 1)


def _damaged(file: InputFile, options: FormatOptions, error: DamagedArchiveError) -> InputError:
    good, last = 0, ""
    for record in readers.read(file, options):
        if record.problem is Code.TRUNCATED:
            break
        good, last = record.record, record.source_id
    named = f" ({last})" if last else ""
    return InputError(
        f"{file.name}: {error}; the last good record is number {good:,}{named}",
        cure="fetch the file again, or keep its good records with allow_truncated",
    )


def _unpacked(file: InputFile, target: Path) -> InputFile:
    """Unpack a Parquet file, which needs random access."""
    limit = max(_MAX_UNPACKED, _MAX_RATIO * file.path.stat().st_size)
    size = 0
    with atomic_path(target) as temporary, temporary.open("wb") as out:
        try:
            for block in blocks(file.path, file.compression):
                size += len(block)
                if size > limit:
                    raise InputError(
                        f"{file.name} unpacks to more than {limit:,} bytes",
                        cure="unpack it yourself if you trust it",
                    )
                out.write(block)
        except DamagedArchiveError as error:
            raise InputError(f"{file.name}: {error}", cure="fetch the file again") from None
    return replace(file, path=target, compression="")


def _spool(stdin: BinaryIO, target: Path) -> Path:
    """Keep standard input in a file, so that an interrupted build can go on without it."""
    if target.exists():
        _compare(stdin, target)
        return target
    with atomic_path(target) as temporary, temporary.open("wb") as out:
        while piece := stdin.read(_PIECE):
            out.write(piece)
    return target


def _compare(stdin: BinaryIO, target: Path) -> None:
    """Refuse a standard input that brings other bytes than the interrupted build read."""
    if stdin.isatty():
        return
    digest, size = hashlib.sha256(), 0
    while piece := stdin.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    if size and digest.hexdigest() != sha256_file(target):
        raise InputError(
            "standard input differs from what the interrupted build in this folder read",
            cure="give the same data again, give none to go on, or choose another output",
        )
