from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import ChecksumError, InputError, NotFoundError
from hitsieve.provenance import sha256_bytes
from hitsieve.store.files import write_atomic
from hitsieve.store.ledger import Commit, Ledger

if TYPE_CHECKING:
    from pathlib import Path

KEY = "target=a/model=m@1/shard-00000"


def finish(root: Path, key: str = KEY, data: bytes = b"rows", fingerprint: str = "f1") -> bool:
    name = f"scores/{key}.parquet"
    write_atomic(root / name, data)
    return Ledger(root).commit(Commit(key, {name: sha256_bytes(data)}, 3, fingerprint, {"n": 1}))


def test_a_commit_comes_back_as_it_went(tmp_path: Path) -> None:
    assert Ledger(tmp_path).get(KEY) is None
    assert Ledger(tmp_path).committed() == {}
    assert finish(tmp_path)
    commit = Ledger(tmp_path).get(KEY)
    assert commit is not None
    assert (commit.key, commit.rows, commit.fingerprint, commit.extra) == (KEY, 3, "f1", {"n": 1})
    assert Ledger(tmp_path).committed() == {KEY: commit}


def test_the_first_commit_stands(tmp_path: Path) -> None:
    assert finish(tmp_path, fingerprint="f1")
    assert not finish(tmp_path, fingerprint="f2")
    commit = Ledger(tmp_path).get(KEY)
    assert commit is not None
    assert commit.fingerprint == "f1"


def test_of_many_committers_one_wins(tmp_path: Path) -> None:
    barrier = threading.Barrier(6)
    won: list[int] = []

    def race(number: int) -> None:
        barrier.wait()
        if Ledger(tmp_path).commit(Commit("k", {}, number, f"f{number}")):
            won.append(number)

    threads = [threading.Thread(target=race, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    commit = Ledger(tmp_path).get("k")
    assert commit is not None
    assert won == [commit.rows]


def test_committed_is_sorted_and_filtered(tmp_path: Path) -> None:
    for key, fingerprint in [("b", "f1"), ("a/z", "f2"), ("a", "f1")]:
        finish(tmp_path, key, fingerprint=fingerprint)
    assert list(Ledger(tmp_path).committed()) == ["a", "a/z", "b"]
    assert list(Ledger(tmp_path).committed("f1")) == ["a", "b"]


def test_records_of_equal_work_are_equal_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        finish(tmp_path / folder)
    texts = {path.read_bytes() for path in tmp_path.rglob("_commits/**/*.json")}
    assert len(texts) == 1


@pytest.mark.parametrize(
    "key", ["", "/a", "a//b", "../a", "a/..", "a\\b", ".hidden", "a/", "a\x00"]
)
def test_keys_never_leave_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError, match="no key"):
        Ledger(tmp_path).commit(Commit(key, {}, 0, "f"))
    with pytest.raises(InputError, match="no key"):
        Ledger(tmp_path).commit(Commit("k", {key: "0"}, 0, "f"))


def test_verify_finds_any_changed_byte(tmp_path: Path) -> None:
    finish(tmp_path)
    ledger = Ledger(tmp_path)
    ledger.verify(KEY)
    path = tmp_path / f"scores/{KEY}.parquet"
    path.write_bytes(b"rowz")
    with pytest.raises(ChecksumError, match="is not the recorded"):
        ledger.verify(KEY)
    path.unlink()
    with pytest.raises(ChecksumError, match="no file"):
        ledger.verify(KEY)
    with pytest.raises(NotFoundError, match="not committed"):
        ledger.verify("other")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": "k"}', '{"unknown": 1}'])
def test_what_is_no_record_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "_commits").mkdir()
    (tmp_path / "_commits" / "k.json").write_text(text)
    with pytest.raises(ChecksumError, match=r"k\.json is no commit record"):
        Ledger(tmp_path).get("k")


def test_the_sweep_spares_what_may_be_alive(tmp_path: Path) -> None:
    finish(tmp_path)
    suffix = "0123456789abcdef.tmp"
    scores = tmp_path / "scores/target=a/model=m@1"
    records = tmp_path / "_commits/target=a/model=m@1"
    taken = [
        scores / f".shard-00000.parquet.{suffix}",
        records / f".shard-00000.json.{suffix}",
        tmp_path / f".screen.json.{suffix}",
        scores / f".shard-00009.parquet.{suffix}",
    ]
    spared = [
        scores / f".shard-00001.parquet.{suffix}",
        records / f".shard-00001.json.{suffix}",
        scores / ".foreign.tmp",
        scores / "shard-00001.parquet",
    ]
    for path in (*taken, *spared):
        path.touch()
    old = time.time() - 3600
    os.utime(taken[-1], (old, old))
    assert Ledger(tmp_path).sweep_temporaries(finished=["screen.json"]) == len(taken)
    assert not any(path.exists() for path in taken)
    assert all(path.exists() for path in spared)


def test_a_temporary_record_is_no_record(tmp_path: Path) -> None:
    finish(tmp_path, "k")
    (tmp_path / "_commits" / ".l.json.0123456789abcdef.tmp").write_text("{")
    assert list(Ledger(tmp_path).committed()) == ["k"]
