from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from hitsieve.library.readers import SourceRecord
from hitsieve.library.rejects import TEXT_LIMIT, RejectRows, vendor_json, write_repair_list
from hitsieve.schema import REJECTS, Code, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]


def test_rows_keep_everything_needed_to_repair_them() -> None:
    rows = RejectRows()
    record = SourceRecord("x.csv", 7, "C" * 5000, "A1", {"b": "2", "a": "ä"})
    rows.add(record, Code.TEXT_TOO_LONG, "bad\nthing " * 99, Status.REJECTED)
    rows.add(SourceRecord("x.csv", 8, None), Code.EMPTY, "", Status.REJECTED)
    first, second = rows.table().to_pylist()
    assert rows.table().schema.equals(REJECTS.schema)
    assert (first["source_file"], first["record"], first["source_id"]) == ("x.csv", 7, "A1")
    assert first["vendor"] == '{"a":"ä","b":"2"}'
    assert len(first["text"]) == TEXT_LIMIT
    assert len(first["message"]) == 300
    assert "\n" not in first["message"]
    assert second["text"] == ""
    assert second["message"] == "no structure was given"


def test_vendor_text_does_not_depend_on_the_order_of_columns() -> None:
    assert vendor_json({"a": "1", "b": "2"}) == vendor_json({"b": "2", "a": "1"})


def test_refused_records_can_be_fed_back_after_repair(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,smiles,price\nA1,CCO,5\nA2,C1CC,6\n")
    refused = build(path).rejects()
    repaired = refused.set_column(3, "text", [["C1CC1"]])
    pq.write_table(repaired, tmp_path / "repaired.parquet")
    library = build(
        tmp_path / "repaired.parquet",
        output="again",
        smiles_column="text",
        id_column="source_id",
    )
    (table,) = library.iter_tables(["smiles", "source_ids"])
    assert table.to_pylist() == [{"smiles": "C1CC1", "source_ids": ["A2"]}]


def test_repair_lists_hold_every_column_and_no_formula(tmp_path: Path) -> None:
    one, two = RejectRows(), RejectRows()
    vendor = {"price": "-5.2", "note": "=1+1", "Code": "x", "rejected_record": "old.smi#3"}
    one.add(SourceRecord("x.csv", 7, "c1cc\n", "@A1", vendor), Code.SYNTAX, "bad", Status.REJECTED)
    two.add(SourceRecord("y.csv", 8, None, "B", {"stock": "3"}), Code.EMPTY, "", Status.REJECTED)
    tables = [one.table(), two.table()]
    assert write_repair_list(lambda: tables, tmp_path / "r.csv") == 2
    with (tmp_path / "r.csv").open(newline="") as stream:
        first, second = csv.DictReader(stream)
    assert first["smiles"] == "c1cc\n"
    assert (first["id"], first["price"], first["note"]) == ("'@A1", "-5.2", "'=1+1")
    # The supplier's own column of that name, and the place in this library, not an older one.
    assert (first["code"], first["vendor_Code"]) == (Code.SYNTAX.value, "x")
    assert first["rejected_record"] == "x.csv#7"
    assert (second["smiles"], second["stock"], second["note"]) == ("", "3", "")
