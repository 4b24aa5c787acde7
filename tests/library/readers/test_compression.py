from __future__ import annotations

import bz2
import gzip
import random
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitsieve.library.readers.compression import BLOCK, DamagedArchiveError, blocks, compression_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def _noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)  # noqa: S311 - incompressible, not secret


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("size", [1, 1000, BLOCK * 3 + 17])
def test_unpacks_what_was_packed(tmp_path: Path, kind: str, size: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(PACK[kind](_noise(size)))
    assert b"".join(blocks(path, kind)) == _noise(size)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", PACK)
def test_reads_members_written_one_after_the_other(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(PACK[kind](b"one\n") + PACK[kind](b"two\n"))
    assert b"".join(blocks(path, kind)) == b"one\ntwo\n"  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("lost", [1, 4, 5000])
def test_a_truncated_archive_gives_its_good_part_and_then_raises(
    tmp_path: Path, kind: str, lost: int
) -> None:
    data = _noise(2_000_000)
    path = tmp_path / "x"
    path.write_bytes(PACK[kind](data)[:-lost])
    pieces: list[bytes] = []
    with pytest.raises(DamagedArchiveError) as caught:
        pieces.extend(blocks(path, kind))  # type: ignore[arg-type]
    assert caught.value.sound
    found = b"".join(pieces)
    assert data.startswith(found)
    assert len(found) > 900_000  # bzip2 gives whole blocks of 900 kB only


@pytest.mark.parametrize(
    ("kind", "share"),
    # zstandard as pyarrow writes it has no checksum: of most damage nobody can tell
    [("gz", 0.2), ("gz", 0.5), ("gz", 0.8), ("bz2", 0.2), ("bz2", 0.8), ("zst", 0.8)],
)
def test_blocks_of_an_archive_that_is_damaged_inside_are_not_called_sound(
    tmp_path: Path, kind: str, share: float
) -> None:
    lines = [f"{'C' * (n % 30 + 1)}N a{n * 7919 % 1_000_003}\n" for n in range(200_000)]
    data = "".join(lines).encode()
    packed = bytearray(PACK[kind](data))
    packed[int(len(packed) * share)] ^= 0x10
    path = tmp_path / "x"
    path.write_bytes(packed)
    with pytest.raises(DamagedArchiveError, match="damaged") as caught:
        list(blocks(path, kind))  # type: ignore[arg-type]
    assert not caught.value.sound


def test_zero_padding_behind_gzip_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(b"CCO\n") + bytes(512))
    assert b"".join(blocks(path, "gz")) == b"CCO\n"


@pytest.mark.parametrize("kind", PACK)
def test_a_bomb_comes_in_small_blocks(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(PACK[kind](b"C" * 20_000_000))
    sizes = [len(block) for block in blocks(path, kind)]  # type: ignore[arg-type]
    assert max(sizes) <= BLOCK
    assert sum(sizes) == 20_000_000


@pytest.mark.parametrize("kind", PACK)
def test_compression_is_told_from_the_first_bytes(kind: str) -> None:
    assert compression_of(PACK[kind](b"CCO")) == kind
    assert compression_of(b"CCO") == ""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), kind=st.sampled_from(["gz", "bz2", "zst"]))
def test_any_bytes_end_or_raise_damage(tmp_path: Path, data: bytes, kind: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    try:
        for _ in blocks(path, kind):  # type: ignore[arg-type]
            pass
    except DamagedArchiveError:
        assert data
