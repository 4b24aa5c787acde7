from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import ChecksumError, NotFoundError
from hitsieve.library import Library
from hitsieve.schema import LIBRARY, REJECTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Build = Callable[..., Library]


@pytest.fixture
def library(build: Build, tmp_path: Path, good_smiles: list[str]) -> Library:
    path = tmp_path / "x.smi"
    path.write_text("".join(f"{s} G{i}\n" for i, s in enumerate(good_smiles)) + "C1CC bad\n")
    return build(path, shard_rows=8)


def test_tables_have_the_declared_schema(library: Library) -> None:
    for table in library.iter_tables():
        LIBRARY.check(table.schema, where="shard")
        assert table.schema.names == LIBRARY.names
    REJECTS.check(library.rejects().schema, where="rejects")


def test_lookup_finds_every_compound_and_only_those_asked(library: Library) -> None:
    rows = [r for t in library.iter_tables(["compound_id", "smiles"]) for r in t.to_pylist()]
    asked = [row["compound_id"] for row in rows[::7]]
    found = library.lookup([*asked, "NOT-THERE", asked[0]], ["smiles", "compound_id"])
    assert found.column_names == ["smiles", "compound_id"]
    assert found.column("compound_id").to_pylist() == sorted(asked)
    wanted = {row["compound_id"]: row["smiles"] for row in rows}
    assert found.column("smiles").to_pylist() == [wanted[i] for i in sorted(asked)]
    assert library.lookup([]).num_rows == 0
    assert library.lookup(["NOT-THERE"]).schema.names == LIBRARY.names


def test_unknown_shards_columns_and_folders_are_told(library: Library, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'shard-00001'"):
        library.path_of("shard-001")
    with pytest.raises(NotFoundError, match="did you mean 'smiles'"):
        library.read_shard("shard-00000", ["smilse"])
    with pytest.raises(NotFoundError, match="no finished library"):
        Library.open(tmp_path / "elsewhere")


@pytest.mark.parametrize("name", ["shards/shard-00002.parquet", "rejects/chunk-00000.parquet"])
def test_any_changed_byte_is_found(library: Library, name: str) -> None:
    library.verify()
    path = library.root / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ChecksumError, match=path.name):
        library.verify()
    path.unlink()
    with pytest.raises(ChecksumError, match="no file"):
        library.verify()
