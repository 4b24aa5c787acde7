from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.errors import ChecksumError, InputError, NotFoundError, SchemaError
from hitsieve.schema import Column, Table
from hitsieve.store import Commit, Ledger, write_parquet_atomic
from hitsieve.store.reader import (
    FINGERPRINT_TAG,
    committed_files,
    dataset,
    open_parquet,
    read_committed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POINTS = Table("points", 1, (Column("x", pa.int64(), "A number."),))


def finish(
    root: Path, key: str, values: list[int], *, footer: str = "f", record: str = "f"
) -> None:
    name = f"{key}.parquet"
    table = pa.table({"x": pa.array(values, pa.int64()), "more": ["m"] * len(values)})
    written = write_parquet_atomic(root / name, table, {FINGERPRINT_TAG: footer})
    Ledger(root).commit(Commit(key, {name: written.sha256}, written.rows, record))


def test_only_committed_files_are_read(tmp_path: Path) -> None:
    finish(tmp_path, "target=a/shard-00001", [3])
    finish(tmp_path, "target=a/shard-00000", [1, 2])
    (tmp_path / "target=a" / "shard-00002.parquet").write_bytes(b"PAR1 half a file")
    tables = list(read_committed(tmp_path, POINTS))
    assert [t["x"].to_pylist() for t in tables] == [[1, 2], [3]]
    assert dataset(tmp_path).to_table(columns=["x"])["x"].to_pylist() == [1, 2, 3]


def test_keys_and_columns_are_chosen(tmp_path: Path) -> None:
    for key in "abc":
        finish(tmp_path, key, [ord(key)])
    tables = list(read_committed(tmp_path, POINTS, keys=["c", "a"], columns=["more"]))
    assert [t.schema.names for t in tables] == [["more"], ["more"]]
    assert list(committed_files(tmp_path, ["c", "a"])) == ["c", "a"]
    with pytest.raises(NotFoundError, match=r"2 pieces are not committed, first 'd'"):
        committed_files(tmp_path, ["a", "d", "e"])


def test_partitions_are_text_columns(tmp_path: Path) -> None:
    finish(tmp_path, "target=5/model=a%2Fb/shard-00000", [1])
    finish(tmp_path, "target=6/model=a%2Fb/shard-00000", [2])
    rows = dataset(tmp_path).to_table(columns=["target", "model", "x"]).to_pylist()
    assert rows == [
        {"target": "5", "model": "a/b", "x": 1},
        {"target": "6", "model": "a/b", "x": 2},
    ]


def test_nothing_committed_is_said(tmp_path: Path) -> None:
    assert list(read_committed(tmp_path, POINTS)) == []
    with pytest.raises(NotFoundError, match="nothing is committed"):
        dataset(tmp_path)


def test_a_file_of_another_run_is_refused(tmp_path: Path) -> None:
    finish(tmp_path, "a", [1], footer="other")
    with pytest.raises(ChecksumError, match="bears fingerprint other"):
        list(read_committed(tmp_path, POINTS))


def test_a_missing_or_wrong_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"y": [1]}), path)
    with pytest.raises(SchemaError, match=r"t\.parquet: no column 'x'"):
        open_parquet(path, POINTS)
    pq.write_table(pa.table({"x": ["text"]}), path)
    with pytest.raises(SchemaError, match="'x' is string"):
        open_parquet(path, POINTS)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" * 100, b"x,y\n1,2\n"])
def test_damaged_files_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(data)
    with pytest.raises(InputError, match="no whole Parquet file"):
        open_parquet(tmp_path / "t.parquet")


def test_absent_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no file"):
        open_parquet(tmp_path / "t.parquet")


def test_extension_types_are_refused_at_any_depth(tmp_path: Path) -> None:
    plain = pa.array([b"0" * 16], pa.binary(16))
    flat = pa.ExtensionArray.from_storage(pa.uuid(), plain)
    nested = pa.StructArray.from_arrays([flat], names=["inner"])
    for index, column in enumerate((flat, nested)):
        path = tmp_path / f"{index}.parquet"
        pq.write_table(pa.table({"x": column}), path)
        with pytest.raises(SchemaError, match="extension type"):
            open_parquet(path)


class Trap(pa.ExtensionType):
    """An extension type that notices when a file makes pyarrow build it."""

    built: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__(pa.int64(), "hitsieve.test.trap")

    def __arrow_ext_serialize__(self) -> bytes:
        return b"code that would be run"

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: pa.DataType, serialized: bytes) -> Trap:
        del storage, serialized
        cls.built += 1
        return cls()


@pytest.fixture
def trap() -> Iterator[Trap]:
    found = Trap()
    pa.register_extension_type(found)
    yield found
    pa.unregister_extension_type("hitsieve.test.trap")
    Trap.built = 0


@pytest.mark.parametrize("deep", [False, True])
def test_a_hostile_extension_type_is_refused_before_it_is_built(
    trap: Trap, tmp_path: Path, *, deep: bool
) -> None:
    column: pa.Array = pa.ExtensionArray.from_storage(trap, pa.array([1, 2]))
    if deep:
        column = pa.StructArray.from_arrays([column], names=["inner"])
    path = tmp_path / "hostile.parquet"
    pq.write_table(pa.table({"compound_id": ["a", "b"], "x": column}), path)
    Trap.built = 0
    with pytest.raises(SchemaError, match="extension type"):
        open_parquet(path)
    assert Trap.built == 0
    pq.ParquetFile(path).close()
    assert Trap.built > 0  # the trap works: pyarrow alone would have built it


def test_a_footer_that_lies_about_its_length_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "short.parquet"
    for data in (b"", b"PAR1", b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1"):
        path.write_bytes(data)
        with pytest.raises(InputError):
            open_parquet(path)
