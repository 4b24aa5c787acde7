"""Opening plain and compressed files as a stream of blocks, in bounded memory.

A block is never larger than :data:`BLOCK`, however small the archive it came from, so a
decompression bomb costs time and no memory.
"""

from __future__ import annotations

import bz2
import zlib
from typing import TYPE_CHECKING, Final, Literal

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK: Final = 1 << 18
_ZSTD_BLOCK: Final = 1 << 13  # a read that meets damage loses what it had: keep it small

Compression = Literal["", "gz", "bz2", "zst"]

MAGIC: Final[dict[bytes, Compression]] = {
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zst",
}
SUFFIXES: Final[dict[str, Compression]] = {
    ".gz": "gz",
    ".bz2": "bz2",
    ".zst": "zst",
    ".zstd": "zst",
}


class DamagedArchiveError(Exception):
    """A compressed stream ended early or does not decode.

    Parameters
    ----------
    reason
        In words.
    sound
        Whether the blocks before were good, as those of a stream that ends early are. Damage inside
        shows later than where it is: what was read until then may be other text.
    """

    def __init__(self, reason: str, *, sound: bool = True) -> None:
        super().__init__(reason)
        self.sound = sound


def compression_of(head: bytes) -> Compression:
    """Return the compression the first bytes of a file tell of.

    Examples
    --------
    >>> compression_of(b"BZh91AY"), compression_of(b"CCO a")
    ('bz2', '')
    """
    for magic, name in MAGIC.items():
        if head.startswith(magic):
            return name
    return ""


def blocks(path: Path, compression: Compression) -> Iterator[bytes]:
    """Yield the decompressed bytes of a file, in blocks of at most :data:`BLOCK` bytes.

    Raises
    ------
    DamagedArchiveError
        After the last block there is, if the archive is truncated or damaged.
    """
    if compression == "gz":
        return _gzip_blocks(path)
    if compression == "bz2":
        return _bzip2_blocks(path)
    if compression == "zst":
        return _zstandard_blocks(path)
    return _plain_blocks(path)


def _plain_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def _gzip_blocks(path: Path) -> Iterator[bytes]:
    # zlib itself rather than the gzip module, which drops what it had when it meets damage.
    member = zlib.decompressobj(wbits=31)
    fresh = True
    with path.open("rb") as stream:
        rest = b""
        while data := rest or stream.read(BLOCK):
            try:
                block = member.decompress(data, BLOCK)
            except zlib.error as error:
                if fresh and not data.strip(b"\0"):
                    return  # zero padding behind the last member is legal
                raise DamagedArchiveError(f"damaged gzip data ({error})", sound=False) from None
            fresh = False
            if block:
                yield block
            rest = member.unconsumed_tail
            if member.eof:
                rest = member.unused_data
                member, fresh = zlib.decompressobj(wbits=31), True
    if not fresh:
        yield from _flushed(member)
        raise DamagedArchiveError("the gzip data ends too early")


def _flushed(member: zlib._Decompress) -> Iterator[bytes]:
    if block := member.flush():
        yield block


def _bzip2_blocks(path: Path) -> Iterator[bytes]:
    member = bz2.BZ2Decompressor()
    fresh = True
    with path.open("rb") as stream:
        rest = b""
        while True:
            data = rest if rest or not (fresh or member.needs_input) else stream.read(BLOCK)
            if not data and (fresh or member.needs_input):
                break
            try:
                block = member.decompress(data, BLOCK)
            except (OSError, ValueError) as error:
                raise DamagedArchiveError(f"damaged bzip2 data ({error})", sound=False) from None
            fresh, rest = False, b""
            if block:
                yield block
            if member.eof:
                rest = member.unused_data
                member, fresh = bz2.BZ2Decompressor(), True
    if not fresh:
        raise DamagedArchiveError("the bzip2 data ends too early")


def _zstandard_blocks(path: Path) -> Iterator[bytes]:
    with pa.OSFile(str(path)) as raw, pa.CompressedInputStream(raw, "zstd") as stream:
        while True:
            try:
                block: bytes = stream.read(_ZSTD_BLOCK)
            except OSError as error:
                cut = "Truncated" in str(error)
                raise DamagedArchiveError(f"damaged zstandard data ({error})", sound=cut) from None
            if not block:
                return
            yield block
