from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from hitsieve.errors import ChecksumError
from hitsieve.oracles import LabelStore
from hitsieve.oracles.bench import failed_row
from hitsieve.schema import LABELS, Code
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.oracles.store import Row

ORACLE = FakeOracle()


def row(name: str = "KEY", smiles: str = "CC") -> Row:
    found: Row = ORACLE.measure([(name, smiles)]).to_pylist()[0]
    return found


def test_what_is_put_is_got(tmp_path: Path) -> None:
    store = LabelStore.of(tmp_path, ORACLE)
    assert store.get("KEY") is None
    assert store.put(row()) == row()
    assert store.get("KEY") == row()
    assert store.get("OTHER") is None


def test_the_first_writer_wins(tmp_path: Path) -> None:
    store = LabelStore.of(tmp_path, ORACLE)
    store.put(row(smiles="CC"))
    assert store.put(row(smiles="CCC"))["value"] == 2.0
    assert store.get("KEY") == row(smiles="CC")


@pytest.mark.parametrize(
    ("given", "asked", "again"),
    [
        (1.0, 1.0, False),
        (2.0, 1.0, False),
        (1.0, 2.0, True),
        (1.0, None, True),
        (None, None, False),
        (None, 9.0, False),
    ],
)
def test_timeouts_expire_with_a_higher_limit(
    tmp_path: Path, given: float | None, asked: float | None, *, again: bool
) -> None:
    store = LabelStore.of(tmp_path, ORACLE)
    store.put(failed_row(ORACLE, ("KEY", "CC"), Code.TIMEOUT, "slow"), time_limit_s=given)
    assert (store.get("KEY", time_limit_s=asked) is None) is again
    assert store.get("KEY") is not None, "kept until it is measured again"
    if again:
        assert store.put(row(), time_limit_s=asked) == row()
        assert store.get("KEY") == row()


@pytest.mark.parametrize("name", ["../../escape", "a/b", ".", "name with blanks", "ä"])
def test_ids_never_become_paths(tmp_path: Path, name: str) -> None:
    store = LabelStore.of(tmp_path / "labels", ORACLE)
    store.put(row(name))
    assert store.get(name) == row(name)
    (record,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert record.parents[2] == tmp_path / "labels"


def test_compacted_labels_are_sorted_whole_and_repeatable(tmp_path: Path) -> None:
    one = LabelStore.of(tmp_path / "one", ORACLE)
    two = LabelStore.of(tmp_path / "two", ORACLE)
    names = [f"KEY-{i}" for i in (3, 1, 2)]
    for name in names:
        one.put(row(name))
    for name in reversed(names):
        two.put(row(name))
    assert one.compact().read_bytes() == two.compact().read_bytes()
    table = pq.read_table(one.compact())
    LABELS.check(table.schema, where="compacted")
    assert table["compound_id"].to_pylist() == sorted(names)
    assert one.table(["KEY-2", "missing", "KEY-1"])["compound_id"].to_pylist() == [
        "KEY-2",
        "KEY-1",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"compound_id": "KEY"'])
def test_damaged_records_are_refused(tmp_path: Path, text: str) -> None:
    store = LabelStore.of(tmp_path, ORACLE)
    store.put(row())
    (record,) = store.folder.rglob("*.json")
    record.write_text(text)
    with pytest.raises(ChecksumError, match="no whole label"):
        store.get("KEY")


def test_a_record_of_another_compound_is_refused(tmp_path: Path) -> None:
    store = LabelStore.of(tmp_path, ORACLE)
    store.put(row())
    (record,) = store.folder.rglob("*.json")
    values = json.loads(record.read_text()) | {"compound_id": "OTHER"}
    record.write_text(json.dumps(values))
    with pytest.raises(ChecksumError):
        store.get("KEY")
