from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hitsieve.library.readers.compression import DamagedArchiveError
from hitsieve.library.readers.lines import (
    SpoiledLine,
    capped_lines,
    decode,
    is_clean,
    readable,
)
from hitsieve.schema import Code


@given(
    lines=st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=20),
    cuts=st.lists(st.integers(1, 9), max_size=60),
)
def test_block_borders_do_not_matter(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    blocks, at = [], 0
    for cut in cuts:
        blocks.append(data[at : at + cut])
        at += cut
    blocks.append(data[at:])
    expected = [
        line.removeprefix(b"\xef\xbb\xbf") if i == 0 else line for i, line in enumerate(lines)
    ]
    whole = list(capped_lines([data], 100))
    assert list(capped_lines([b for b in blocks if b], 100)) == whole
    assert whole == expected


@given(
    lengths=st.lists(st.integers(0, 40), max_size=12),
    width=st.integers(1, 25),
)
def test_every_line_above_the_cap_is_one_spoiled_line(lengths: list[int], width: int) -> None:
    data = b"".join(b"C" * n + b"\n" for n in lengths)
    blocks = [data[i : i + width] for i in range(0, len(data), width)]
    found = list(capped_lines(blocks, 10))
    assert [isinstance(line, SpoiledLine) for line in found] == [n > 10 for n in lengths]
    assert all(line.code is Code.LINE_TOO_LONG for line in found if isinstance(line, SpoiledLine))


def test_an_overlong_last_line_without_line_feed() -> None:
    assert [type(line) for line in capped_lines([b"CCO\n" + b"C" * 50], 10)] == [bytes, SpoiledLine]


def test_damage_ends_in_one_spoiled_line() -> None:
    def source():  # type: ignore[no-untyped-def]  # noqa: ANN202 - a generator of three steps
        yield b"CCO\nCC"
        raise DamagedArchiveError("cut off")

    first, second = capped_lines(source(), 100)
    assert first == b"CCO"
    assert isinstance(second, SpoiledLine)
    assert second.code is Code.TRUNCATED
    assert "cut off" in second.message


def test_foreign_bytes_are_told_and_shown() -> None:
    text = decode(b"caf\xe9")
    assert not is_clean(text)
    assert readable(text) == "caf\\xe9"
    assert is_clean(decode("café".encode()))
    assert readable("café") == "café"
