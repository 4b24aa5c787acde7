from __future__ import annotations

import bz2
import gzip
import io
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.errors import InputError, NotFoundError
from hitsieve.library.config import FormatOptions
from hitsieve.library.inputs import check_inputs, check_unchanged, display_names, expand, records_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]

OPTIONS = FormatOptions()
LINES = b"".join(b"%s%s A%d\n" % (b"C" * (i % 9 + 1), b"O", i) for i in range(30_000))


def test_globs_are_sorted_and_repeats_refused(tmp_path: Path) -> None:
    for name in ("b.smi", "a.smi"):
        (tmp_path / name).write_text("CCO\n")
    assert [p.name for p in expand([f"{tmp_path}/*.smi"]) if p] == ["a.smi", "b.smi"]
    with pytest.raises(InputError, match="more than once"):
        expand([f"{tmp_path}/*.smi", f"{tmp_path}/a.smi"])
    with pytest.raises(InputError, match="is a folder"):
        expand([str(tmp_path)])
    with pytest.raises(NotFoundError, match=r"none\*"):
        expand([f"{tmp_path}/none*"])


def test_names_show_folders_only_where_they_must(tmp_path: Path) -> None:
    paths = [tmp_path / "x" / "a.smi", tmp_path / "y" / "a.smi", tmp_path / "y" / "b.smi"]
    assert display_names(paths) == ["x/a.smi", "y/a.smi", "b.smi"]


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        ("", bytes),
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".zst", lambda data: pa.compress(data, codec="zstd", asbytes=True)),
    ],
)
def test_any_packing_reads_alike(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"x.smi{suffix}"
    path.write_bytes(pack(LINES))
    checked = check_inputs([str(path)], OPTIONS, tmp_path / "out")
    assert checked[0].records == 30_000
    records = list(records_of(checked, OPTIONS))
    assert len(records) == 30_000
    assert (records[-1].record, records[-1].source_id) == (30_000, "A29999")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_parquet_in_another_packing_is_unpacked(tmp_path: Path, suffix: str) -> None:
    plain = tmp_path / "x.parquet"
    pq.write_table(pa.table({"smiles": ["CCO", "CCN"]}), plain)
    path = tmp_path / f"y.parquet{suffix}"
    data = plain.read_bytes()
    packed = gzip.compress(data) if suffix == ".gz" else pa.compress(data, "zstd", asbytes=True)
    path.write_bytes(packed)
    checked = check_inputs([str(path)], OPTIONS, tmp_path / "out")
    assert [r.text for r in records_of(checked, OPTIONS)] == ["CCO", "CCN"]


def test_a_truncated_archive_names_the_last_good_record(tmp_path: Path) -> None:
    path = tmp_path / "x.smi.gz"
    path.write_bytes(gzip.compress(LINES)[:-2000])
    with pytest.raises(InputError, match=r"x\.smi\.gz: .* last good record is number .*\(A\d+\)"):
        check_inputs([str(path)], OPTIONS, tmp_path / "out")


@pytest.mark.parametrize("place", [0.3, 0.75])
def test_an_archive_that_is_damaged_inside_is_never_kept(tmp_path: Path, place: float) -> None:
    """Its records are changed before the damage shows: 'CCN A17' may read 'CN A1217' and parse."""
    path = tmp_path / "x.smi.gz"
    lines = [f"{'C' * (i % 60 + 1)}N A{i}\n" for i in range(20_000)]
    packed = bytearray(gzip.compress("".join(lines).encode(), mtime=0))
    packed[int(len(packed) * place)] ^= 0x10
    path.write_bytes(packed)
    for options in (OPTIONS, OPTIONS.model_copy(update={"allow_truncated": True})):
        with pytest.raises(InputError, match=r"x\.smi\.gz: .*may have been changed") as caught:
            check_inputs([str(path)], options, tmp_path / "out")
        assert caught.value.cure == "fetch the file again"


def test_a_truncated_archive_can_be_kept(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "x.smi.gz"
    lines = [f"{'C' * (i % 9 + 1)}O A{i}\n" for i in range(2000)]
    path.write_bytes(gzip.compress("".join(lines).encode())[:-200])
    library = build(path, allow_truncated=True)
    counts = library.manifest.counts
    rejects = library.rejects()
    assert rejects.column("code").to_pylist().count("truncated") == 1
    assert rejects.column("code").to_pylist()[-1] == "truncated"
    assert 1000 < counts.records < 2000
    assert set(counts.by_code) == {"none", "truncated"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.smi", b"", "empty"),
        ("x.smi.gz", b"CCO\n", "not compressed"),
        ("x.smi", gzip.compress(b"CCO\n", mtime=0), "names no compression"),
        ("x.smi.gz", gzip.compress(b"", mtime=0), "archive is empty"),
        ("x.doc", b"CCO\n", r"unknown format \.doc"),
        ("x", b"CCO\n", "no ending"),
        ("x.parquet", b"CCO\n", "no Parquet"),
        ("x.csv", "id,smiles\nA,CCO\n".encode("utf-16-le"), "UTF-16"),
        ("x.xlsx", b"PK\x03\x04\x14\x00\x06\x00", "Excel workbook"),
        ("x.csv", b"PK\x03\x04\x14\x00\x06\x00", "Excel workbook"),
    ],
)
def test_refused_files(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        check_inputs([str(tmp_path / name)], OPTIONS, tmp_path / "out")
    assert caught.value.cure


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"CCO a\nCCN b\n", ["CCO", "CCN"]),
        (b"id,smiles\na,CCO\n", ["CCO"]),
        (gzip.compress(b"smiles;id\nCCO;a\n", mtime=0), ["CCO"]),
        (b"CCO a\rCCN b\r", ["CCO", "CCN"]),
    ],
)
def test_standard_input_tells_its_format_by_content(
    tmp_path: Path, data: bytes, texts: list[str]
) -> None:
    checked = check_inputs(["-"], OPTIONS, tmp_path / "out", stdin=io.BytesIO(data))
    assert [r.text for r in records_of(checked, OPTIONS)] == texts


def test_standard_input_is_kept_for_a_resumed_build(tmp_path: Path) -> None:
    root = tmp_path / "out"
    first = check_inputs(["-"], OPTIONS, root, stdin=io.BytesIO(b"CCO a\n"))
    again = check_inputs(["-"], OPTIONS, root, stdin=io.BytesIO(b""))
    assert first == again
    assert check_inputs(["-"], OPTIONS, root, stdin=io.BytesIO(b"CCO a\n")) == first
    with pytest.raises(InputError, match="standard input differs"):
        check_inputs(["-"], OPTIONS, root, stdin=io.BytesIO(b"CCN b\n"))


def test_standard_input_that_was_refused_is_not_kept(tmp_path: Path) -> None:
    root, options = tmp_path / "out", FormatOptions(smiles_column="smiles")
    with pytest.raises(InputError, match="no column named 'smiles'"):
        check_inputs(["-"], options, root, stdin=io.BytesIO(b"foo,id\nCCO,1\n"))
    checked = check_inputs(["-"], options, root, stdin=io.BytesIO(b"smiles,id\nCCO,1\n"))
    assert [r.text for r in records_of(checked, options)] == ["CCO"]
    # what a build went on from stays when something else is wrong
    with pytest.raises(InputError, match="standard input differs"):
        check_inputs(["-"], options, root, stdin=io.BytesIO(b"smiles,id\nCCN,1\n"))
    assert check_inputs(["-"], options, root, stdin=io.BytesIO(b"")) == checked


def test_an_input_that_grows_meanwhile_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.smi"
    path.write_text("CCO a\n")
    checked = check_inputs([str(path)], OPTIONS, tmp_path / "out")
    check_unchanged(checked)
    path.write_text("CCO a\nCCN b\n")
    with pytest.raises(InputError, match="changed while it was read"):
        check_unchanged(checked)


@pytest.mark.parametrize("packed", [False, True])
def test_old_mac_line_ends_of_a_large_file(tmp_path: Path, *, packed: bool) -> None:
    data = b"".join(b"CCO a%06d\r" % n for n in range(20_000))
    path = tmp_path / ("x.smi.gz" if packed else "x.smi")
    path.write_bytes(gzip.compress(data) if packed else data)
    checked = check_inputs([str(path)], OPTIONS, tmp_path / "out")
    records = list(records_of(checked, OPTIONS))
    assert len(records) == 20_000
    assert {record.text for record in records} == {"CCO"}
    # a long first line with carriage returns in it is no such file
    path.write_bytes(gzip.compress(data + b"\nCCN b\n") if packed else data + b"\nCCN b\n")
    checked = check_inputs([str(path)], OPTIONS, tmp_path / "out")
    assert [record.text for record in records_of(checked, OPTIONS)][1:] == ["CCN"]


def test_old_mac_line_ends(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "x.smi"
    path.write_bytes(b"CCO a\rCCN b\r")
    assert build(path).manifest.counts.kept == 2
