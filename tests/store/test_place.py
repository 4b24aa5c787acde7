from __future__ import annotations

import pickle
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pytest

from hitsieve.config import StrictConfig, dump_config, parse_config
from hitsieve.errors import ChecksumError, StorageError, UsageError
from hitsieve.provenance import sha256_bytes, sha256_file
from hitsieve.store import Commit, Ledger, create_exclusive, write_atomic, write_parquet_atomic
from hitsieve.store.files import link_atomic
from hitsieve.store.objects import FsspecStorage
from hitsieve.store.place import Place, RemotePath, is_remote, place
from hitsieve.store.reader import dataset, open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["local", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A local folder, and one in memory that behaves like an object store's."""
    if request.param == "local":
        yield tmp_path
        return
    folder = place(f"memory://{uuid4().hex}")
    yield folder
    for path in folder.rglob("*"):
        path.unlink()


def test_local_paths_stay_what_they_are() -> None:
    assert place("a/b") == Path("a/b")
    assert type(place("a/b")) is type(Path())
    assert place(Path("./s3/x")) == Path("s3/x")
    assert place("file:///tmp/x") == Path("/tmp/x")  # noqa: S108 - never opened
    assert not is_remote(place("C://x"))


def test_a_url_survives_a_command_line_that_makes_paths() -> None:
    assert place(Path("s3://bucket/a")) == place("s3://bucket/a")


def test_urls_are_places() -> None:
    url = place("s3://bucket/a") / "b" / "c.parquet"
    assert str(url) == "s3://bucket/a/b/c.parquet"
    assert (url.name, url.suffix, str(url.parent)) == ("c.parquet", ".parquet", "s3://bucket/a/b")
    assert url.relative_to(place("s3://bucket")) == PurePosixPath("a/b/c.parquet")
    assert url.is_relative_to(place("s3://bucket/a"))
    assert not url.is_relative_to(place("gs://bucket/a"))
    assert place(url) is url
    assert pickle.loads(pickle.dumps(url)) == url  # noqa: S301 - our own bytes
    assert len({url, url.with_name("c.parquet")}) == 1
    assert min(url, url.with_name("b")).name == "b"


def test_no_way_leads_up() -> None:
    with pytest.raises(UsageError, match="no folder"):
        place("s3://bucket") / ".." / "other"


def test_a_configuration_takes_both() -> None:
    class Config(StrictConfig):
        output: Place

    for text in ("s3://bucket/x", "/shared/x"):
        config = parse_config(Config, {"output": text})
        assert str(config.output) == text
        assert f"output: {text}" in dump_config(config)


def test_an_unknown_protocol_is_named() -> None:
    with pytest.raises(UsageError, match="nonsense://"):
        FsspecStorage("nonsense")


def test_whole_files_are_written_read_and_listed(root: Path) -> None:
    write_atomic(root / "a" / "b.txt", b"hello")
    write_atomic(root / "a" / "b.txt", b"again")
    path = root / "a" / "b.txt"
    assert path.read_bytes() == b"again"
    assert path.read_text(encoding="utf-8") == "again"
    assert path.is_file()
    assert not (root / "a" / "absent").exists()
    assert (root / "a").is_dir()
    assert [entry.name for entry in root.iterdir()] == ["a"]
    assert [entry.name for entry in root.rglob("*.txt")] == ["b.txt"]
    assert [entry.name for entry in root.glob("*/b.txt")] == ["b.txt"]
    assert path.stat().st_size == 5
    assert sha256_file(path) == sha256_bytes(b"again")
    path.unlink()
    path.unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError):
        path.read_bytes()
    with pytest.raises(FileNotFoundError):
        path.unlink()


def test_a_journal_is_appended_to(root: Path) -> None:
    path = root / "tasks.jsonl"
    for line in ("one\n", "two\n"):
        with path.open("a", encoding="utf-8") as stream:
            stream.write(line)
    with path.open("r", encoding="utf-8") as stream:
        assert stream.read() == "one\ntwo\n"


def test_one_of_many_creates(root: Path) -> None:
    path = root / "_commits" / "x.json"
    assert create_exclusive(path, b"first")
    assert not create_exclusive(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_ledger_and_its_readers(root: Path) -> None:
    table = pa.table({"x": [1, 2, 3]})
    ledger = Ledger(root)
    for shard in ("s-0", "s-1"):
        name = f"scores/target=a%2Fb/{shard}.parquet"
        written = write_parquet_atomic(root / name, table, {"k": "v"})
        assert ledger.commit(Commit(f"a/{shard}", {name: written.sha256}, written.rows, "f"))
        assert not ledger.commit(Commit(f"a/{shard}", {name: "other"}, 0, "g"))
        ledger.verify(f"a/{shard}")
    assert list(ledger.committed("f")) == ["a/s-0", "a/s-1"]
    assert ledger.sweep_temporaries() == 0
    with open_parquet(root / "scores/target=a%2Fb/s-0.parquet") as opened:
        assert opened.read().num_rows == 3
    found = dataset(root).to_table()
    assert found.num_rows == 6
    assert set(found.column("target").to_pylist()) == {"a/b"}
    write_atomic(root / "scores/target=a%2Fb/s-1.parquet", b"damaged")
    with pytest.raises(ChecksumError):
        ledger.verify("a/s-1")


def test_equal_tables_make_equal_bytes_everywhere(root: Path, tmp_path: Path) -> None:
    table = pa.table({"x": list(range(1000))})
    here = write_parquet_atomic(tmp_path / "here.parquet", table)
    there = write_parquet_atomic(root / "there.parquet", table)
    assert here == there
    assert (root / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()


def test_a_second_place_is_checked(root: Path) -> None:
    write_atomic(root / "a", b"data")
    link_atomic(root / "a", root / "sub" / "b", sha256_bytes(b"data"))
    assert (root / "sub" / "b").read_bytes() == b"data"
    with pytest.raises(ChecksumError):
        link_atomic(root / "a", root / "c", sha256_bytes(b"other"))
    assert not (root / "c").exists()


class Broken:
    """A file system whose library raises errors of its own."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError(f"{name}: the network is gone")

        return fail


def test_what_a_store_refuses_is_a_storage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    path = place("memory://gone/x")
    assert isinstance(path, RemotePath)
    monkeypatch.setattr(path.storage, "filesystem", Broken())
    with pytest.raises(StorageError, match="memory://gone/x") as caught:
        write_atomic(path, b"data")
    assert "network" in caught.value.cure
    with pytest.raises(StorageError):
        create_exclusive(path, b"data")
