"""Exports open elsewhere, say the same, and run nothing in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.errors import SchemaError, UsageError
from hitsieve.hits.annotate import annotate
from hitsieve.hits.export import csv_text, export, sdf_text
from hitsieve.provenance import sha256_file
from hitsieve.schema import HITS
from hitsieve.store.spreadsheet import neutralize

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.hits.annotate import HitFacts
    from hitsieve.hits.known import KnownCompounds


@pytest.fixture(scope="module")
def hits(scores: pa.Table, rows: pa.Table, known: KnownCompounds, facts: HitFacts) -> pa.Table:
    return annotate(scores, rows, known, facts, ["a", "b", "c", "d"])


@given(st.text())
def test_no_cell_starts_a_formula(text: str) -> None:
    safe = neutralize(text)
    assert not safe.lstrip().startswith(("=", "+", "-", "@"))
    assert not safe.startswith(("\t", "\r"))
    assert safe in {text, f"'{text}"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])  # noqa: RUF001 - a full-width sign
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert neutralize(text) == f"'{text}"


def test_csv_reads_back_with_one_row_a_hit(hits: pa.Table) -> None:
    read = list(csv.DictReader(io.StringIO(csv_text(hits))))
    assert [row["compound_id"] for row in read] == hits.column("compound_id").to_pylist()
    assert list(read[0]) == HITS.names
    assert float(read[0]["score"]) == pytest.approx(8.0)
    assert read[0]["in_domain"] == "true"
    assert read[0]["source_ids"] == "supplier-0; =other-0"


def test_negative_numbers_stay_numbers(hits: pa.Table) -> None:
    column = hits.column("clogp").to_pylist()
    assert min(column) < 0, "the sample needs a negative number"
    read = list(csv.DictReader(io.StringIO(csv_text(hits))))
    assert [float(row["clogp"]) for row in read] == pytest.approx(column, rel=1e-5)


def test_a_name_that_is_a_formula_is_made_harmless(hits: pa.Table) -> None:
    names = [["=cmd|' /C calc'!A0"]] * hits.num_rows
    index = hits.column_names.index("source_ids")
    hostile = hits.set_column(index, hits.schema.field(index), [names])
    read = list(csv.DictReader(io.StringIO(csv_text(hostile))))
    assert all(row["source_ids"].startswith("'=") for row in read)


def test_sdf_holds_one_record_a_hit_with_its_properties(hits: pa.Table) -> None:
    text = sdf_text(hits)
    assert text.count("\n$$$$\n") == hits.num_rows
    assert text.count("> <score>") + text.count(">  <score>") == hits.num_rows
    assert hits.column("compound_id")[0].as_py() in text


@pytest.mark.parametrize("suffix", [".csv", ".sdf", ".parquet", ".CSV"])
def test_equal_hits_give_equal_bytes(tmp_path: Path, hits: pa.Table, suffix: str) -> None:
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    assert export(hits, one) == export(hits, two) == sha256_file(one)
    assert one.read_bytes() == two.read_bytes()


def test_parquet_reads_back_as_it_was(tmp_path: Path, hits: pa.Table) -> None:
    path = tmp_path / "hits.parquet"
    export(hits, path)
    read = pq.read_table(path)
    HITS.check(read.schema, where="test")
    assert read.to_pylist() == hits.to_pylist()


def test_an_unknown_format_names_the_nearest(tmp_path: Path, hits: pa.Table) -> None:
    with pytest.raises(UsageError, match=r"did you mean '\.sdf'"):
        export(hits, tmp_path / "hits.sd")


def test_another_table_is_refused(tmp_path: Path, hits: pa.Table) -> None:
    with pytest.raises(SchemaError, match="score"):
        export(hits.drop_columns(["score"]), tmp_path / "hits.csv")
    assert not list(tmp_path.iterdir())
