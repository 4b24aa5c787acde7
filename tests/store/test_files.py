from __future__ import annotations

import errno
import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.errors import ChecksumError, StorageError
from hitsieve.provenance import sha256_bytes
from hitsieve.store import files
from hitsieve.store.files import (
    ROW_GROUP,
    atomic_path,
    create_exclusive,
    json_bytes,
    link_atomic,
    make_folder,
    temporary_of,
    write_atomic,
    write_json_atomic,
    write_parquet_atomic,
)

TABLE = pa.table(
    {
        "id": [f"c{i}" for i in range(1000)],
        "score": pa.array([None if i % 7 == 0 else i / 3 for i in range(1000)], pa.float32()),
        "tags": [["a"] * (i % 3) for i in range(1000)],
        "blob": [bytes([i % 256]) * (i % 5) for i in range(1000)],
    }
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_write_replaces_whole_files(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert names(path.parent) == ["file.txt"]


def test_a_failed_block_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")

    def interrupted() -> None:
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_the_temporary_is_named_after_its_file(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "a.parquet") as first, atomic_path(tmp_path / "a.parquet") as other:
        assert first != other
        assert temporary_of(first.name) == temporary_of(other.name) == "a.parquet"
        first.write_bytes(b"1")
        other.write_bytes(b"2")


@pytest.mark.parametrize("name", ["a.parquet", ".a.tmp", ".a.123.tmp", ".0123456789abcdef.tmp"])
def test_other_files_are_no_temporaries(name: str) -> None:
    assert temporary_of(name) is None


def test_json_is_stable_and_strict(tmp_path: Path) -> None:
    write_json_atomic(tmp_path / "a", {"b": 1, "a": "µ"})
    write_json_atomic(tmp_path / "b", {"a": "µ", "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with pytest.raises(ValueError, match="JSON compliant"):
        json_bytes(float("nan"))


def test_exclusive_creation_has_one_winner(tmp_path: Path) -> None:
    path = tmp_path / "record"
    barrier = threading.Barrier(8)
    won: list[bytes] = []

    def race(data: bytes) -> None:
        barrier.wait()
        if create_exclusive(path, data):
            won.append(data)

    threads = [threading.Thread(target=race, args=(bytes([i]) * 1000,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert path.read_bytes() == won[0]
    assert names(tmp_path) == ["record"]


def test_a_swept_temporary_of_an_existing_record_lost_the_race(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record"
    path.write_bytes(b"first")
    kind = type(path)

    def vanished(_: Path, target: Path) -> None:
        raise FileNotFoundError(errno.ENOENT, "gone", str(target))

    monkeypatch.setattr(kind, "hardlink_to", vanished)
    assert create_exclusive(path, b"second") is False
    path.unlink()
    with pytest.raises(StorageError, match="cannot write"):
        create_exclusive(path, b"second")


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not write"),
        (errno.ESTALE, "mount"),
        (errno.EXFULL if hasattr(errno, "EXFULL") else errno.EBUSY, "check the storage"),
    ],
)
def test_storage_failures_name_path_and_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, cure: str
) -> None:
    def refuse(_: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    path = tmp_path / "out.parquet"
    for write in (
        lambda: write_atomic(path, b"x"),
        lambda: create_exclusive(path, b"x"),
        lambda: write_parquet_atomic(path, TABLE),
    ):
        with pytest.raises(StorageError, match=r"out\.parquet") as caught:
            write()
        assert cure in caught.value.cure
        assert names(tmp_path) == []


def test_no_hard_links_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "not permitted", str(target))

    monkeypatch.setattr(type(tmp_path), "hardlink_to", refuse)
    with pytest.raises(StorageError, match="no hard links"):
        create_exclusive(tmp_path / "record", b"x")


def test_a_file_in_the_way_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot write"):
        write_atomic(tmp_path / "file" / "below", b"x")
    with pytest.raises(StorageError, match="cannot write"):
        make_folder(tmp_path / "file" / "below")


def test_a_size_limit_of_the_system_leaves_no_torn_file(tmp_path: Path) -> None:
    script = f"""
import resource, pathlib, numpy as np, pyarrow as pa
from hitsieve.errors import ChecksumError, StorageError
from hitsieve.provenance import sha256_bytes
from hitsieve.store import files
from hitsieve.store.files import write_parquet_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    noise = np.random.default_rng(0).integers(0, 255, 200_000)
    write_parquet_atomic(pathlib.Path({str(tmp_path)!r}) / "big.parquet", pa.table({{"x": noise}}))
except StorageError as error:
    assert "big.parquet" in error.message, error
    raise SystemExit(error.exit_code)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == StorageError.exit_code, done.stderr.decode()
    assert names(tmp_path) == []


def test_parquet_round_trip_keeps_types_and_tags(tmp_path: Path) -> None:
    tagged = TABLE.replace_schema_metadata({"table": "scores"})
    written = write_parquet_atomic(tmp_path / "t.parquet", tagged, {"fingerprint": "abc"})
    found = pq.read_table(tmp_path / "t.parquet")
    assert found.equals(TABLE)
    assert found.schema.metadata == {b"table": b"scores", b"fingerprint": b"abc"}
    assert written.rows == 1000


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    import hashlib

    written = write_parquet_atomic(tmp_path / "t.parquet", TABLE)
    assert written.sha256 == hashlib.sha256((tmp_path / "t.parquet").read_bytes()).hexdigest()


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 1000), max_size=6), offset=st.integers(0, 50))
def test_equal_tables_make_equal_bytes_however_chunked(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], offset: int
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    plain = TABLE.slice(offset)
    borders = sorted({0, plain.num_rows, *(c for c in cuts if c < plain.num_rows)})
    pieces = [plain.slice(a, b - a) for a, b in itertools.pairwise(borders)]
    rebuilt = pa.table({name: plain[name].to_pylist() for name in plain.schema.names}, plain.schema)
    digests = {
        write_parquet_atomic(folder / "x.parquet", table, {"b": "2", "a": "1"}).sha256
        for table in (plain, pa.concat_tables(pieces), rebuilt)
    }
    assert len(digests) == 1


def test_the_order_of_tags_does_not_matter(tmp_path: Path) -> None:
    one = write_parquet_atomic(tmp_path / "a", TABLE, {"a": "1", "b": "2"})
    other = write_parquet_atomic(tmp_path / "b", TABLE, {"b": "2", "a": "1"})
    assert one == other


def test_empty_tables_are_written_alike(tmp_path: Path) -> None:
    chunked = pa.table({"x": pa.chunked_array([pa.array([], pa.int64())] * 3)})
    none = pa.schema([("x", pa.int64())]).empty_table()
    unchunked = pa.table({"x": pa.chunked_array([], pa.int64())})
    digests = {
        write_parquet_atomic(tmp_path / "x", table).sha256 for table in (chunked, none, unchunked)
    }
    assert len(digests) == 1
    assert pq.read_table(tmp_path / "x").num_rows == 0


def test_row_groups_have_a_fixed_size(tmp_path: Path) -> None:
    write_parquet_atomic(tmp_path / "x", pa.table({"x": range(ROW_GROUP + 1)}))
    footer = pq.read_metadata(tmp_path / "x")
    assert [footer.row_group(i).num_rows for i in range(footer.num_row_groups)] == [ROW_GROUP, 1]


@pytest.mark.parametrize("stage", ["_flush", "_link"])
def test_a_swept_temporary_is_no_error_where_another_writer_won(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    path = tmp_path / "record.json"
    original = getattr(files, stage)

    def sweep(first: Path, *rest: Path) -> object:
        path.write_bytes(b"theirs")
        for temporary in tmp_path.glob(".*.tmp"):
            temporary.unlink()
        return original(first, *rest)

    monkeypatch.setattr(files, stage, sweep)
    assert not create_exclusive(path, b"mine")
    assert path.read_bytes() == b"theirs"


@pytest.mark.parametrize("stage", ["_flush", "_link"])
def test_a_temporary_that_vanishes_without_a_winner_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    original = getattr(files, stage)

    def vanish(first: Path, *rest: Path) -> object:
        for temporary in tmp_path.glob(".*.tmp"):
            temporary.unlink()
        return original(first, *rest)

    monkeypatch.setattr(files, stage, vanish)
    with pytest.raises(StorageError, match="vanished"):
        create_exclusive(tmp_path / "record.json", b"mine")


def test_links_hold_the_bytes_take_no_space_and_repeat(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "deep" / "b"
    source.write_bytes(b"shard")
    digest = sha256_bytes(b"shard")
    for _ in range(2):
        link_atomic(source, target, digest)
        assert target.read_bytes() == b"shard"
        assert [path.name for path in target.parent.iterdir()] == ["b"]
    assert target.samefile(source)


def test_links_fall_back_to_copies_and_refuse_changed_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"shard")

    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, "another device", str(self), None, str(target))

    monkeypatch.setattr(type(source), "hardlink_to", refuse)
    link_atomic(source, target, sha256_bytes(b"shard"))
    assert target.read_bytes() == b"shard"
    assert not target.samefile(source)
    with pytest.raises(ChecksumError, match="changed"):
        link_atomic(source, tmp_path / "c", sha256_bytes(b"other"))
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_path_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(StorageError, match="it is a folder"):
        write_atomic(Path(name), b"x")
