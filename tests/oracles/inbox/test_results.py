from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from hitsieve.errors import InputError, NotFoundError, UsageError
from hitsieve.oracles.inbox import InboxConfig, read_batches, read_results, write_batch
from hitsieve.schema import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.inbox import Told

Lines = list[dict[str, Any]]


class Lab:
    """Writes result files and tells them."""

    def __init__(self, config: InboxConfig, picks: pa.Table, folder: Path) -> None:
        self.config = config
        self.folder = folder
        self.keys: list[str] = picks["compound_id"].to_pylist()
        write_batch(config.folder, picks, config, batch="b")

    def file(self, lines: Sequence[dict[str, Any]], name: str = "r.csv") -> Path:
        path = self.folder / name
        columns = list(dict.fromkeys(key for line in lines for key in line))
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(lines)
        return path

    def tell(self, *lines: dict[str, Any], **options: bool) -> Told:
        return read_results(self.file(lines), self.config.folder, self.config, **options)

    def one(self, i: int, value: object, **more: object) -> dict[str, Any]:
        return {"compound_id": self.keys[i], "value": value, "unit": "pX", **more}


@pytest.fixture
def lab(config: InboxConfig, picks: pa.Table, tmp_path: Path) -> Lab:
    return Lab(config, picks, tmp_path)


def found(told: Told) -> list[tuple[float | None, str]]:
    return [(row["value"], row["relation"]) for row in told.labels.to_pylist()]


def kept_files(lab: Lab) -> dict[str, bytes]:
    root = lab.config.folder / "results"
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.json"))}


def test_values_bounds_failures_and_blanks(lab: Lab) -> None:
    told = lab.tell(
        lab.one(0, 7.25, measured_at="2026-05-31"),
        lab.one(1, "<5"),
        lab.one(2, 6, relation=">"),
        {**lab.one(3, ""), "outcome": "failed", "note": "precipitated"},
        lab.one(4, ""),
    )
    LABELS.check(told.labels.schema, where="test")
    rows = told.labels.to_pylist()
    assert [row["compound_id"] for row in rows] == lab.keys[:4]
    assert found(told) == [(7.25, "="), (5.0, "<"), (6.0, ">"), (None, "=")]
    assert [row["code"] for row in rows] == ["none", "none", "none", "measurement_failed"]
    assert "precipitated" in rows[3]["message"]
    assert str(rows[0]["measured_at"]) == "2026-05-31 00:00:00+00:00"
    assert rows[1]["measured_at"] is None
    assert (told.taken, told.known, told.empty, told.refused) == (4, 0, 1, ())


def test_concentrations_become_px_and_bounds_turn(lab: Lab) -> None:
    told = lab.tell(lab.one(0, 100, unit="nM"), lab.one(1, ">10", unit="\u00b5M"))
    assert found(told) == [(7.0, "="), (5.0, "<")]


def test_concentrations_told_as_px_are_not_taken_even_where_they_could_be_px(lab: Lab) -> None:
    told = lab.tell(
        lab.one(0, 85),
        lab.one(1, 4.6),
        lab.one(2, 1200),
        lab.one(3, 300, unit="nM"),
        {**lab.one(4, ""), "outcome": "failed"},
    )
    assert found(told) == [(pytest.approx(6.523, abs=1e-3), "="), (None, "=")]
    assert [one.row for one in told.refused] == [2, 3, 4]
    assert "2 of 3 values told as pX are impossible" in told.refused[1].reason
    assert lab.tell(lab.one(1, 4.6)).taken == 1  # nothing was held against it
    slip = lab.tell(lab.one(0, 85), lab.one(2, 6.1))
    assert (slip.taken, len(slip.refused)) == (1, 1)


def test_each_wrong_row_is_named_and_the_good_ones_are_taken(lab: Lab) -> None:
    told = lab.tell(
        lab.one(0, 7.0),
        lab.one(1, 7.0, unit="mg"),
        lab.one(2, 7.0, unit=""),
        {"compound_id": "BBBBBBBBBBBBBB-UHFFFAOYSA-N-00000000", "value": 1, "unit": "pX"},
        lab.one(3, "high"),
        lab.one(3, "7,1"),
        lab.one(3, "inf"),
        lab.one(3, 99),
        lab.one(3, "<5", relation=">"),
        lab.one(3, 7.0, outcome="failed"),
        lab.one(3, 7.0, outcome="great"),
        lab.one(3, 7.0, replicate="two"),
        lab.one(3, 7.0, endpoint="pEC50"),
        lab.one(3, 7.0, measured_at="last week"),
        {"value": 7.0, "unit": "pX"},
    )
    words = [
        "unit 'mg' is not the asked pX", "has no unit", "was never asked", "no words",
        "decimal point", "not_finite", "check the value and its unit", "bad_relation",
        "leave one of them out",
        "none of ok, failed", "no whole number", "not the asked 'pIC50'", "is no time",
        "neither a compound nor a well",
    ]  # fmt: skip
    assert [row.row for row in told.refused] == list(range(3, 17))
    for row, word in zip(told.refused, words, strict=True):
        assert word in row.reason
        assert "dataset card" not in row.reason
    assert found(told) == [(7.0, "=")]
    assert len(kept_files(lab)) == 1


def test_told_twice_counts_once(lab: Lab) -> None:
    lines = [lab.one(i, 5.0 + i) for i in range(4)]
    first = lab.tell(*lines)
    before = kept_files(lab)
    again = lab.tell(*reversed(lines))
    assert (first.taken, again.taken, again.known) == (4, 0, 4)
    assert kept_files(lab) == before
    assert sorted(found(again)) == sorted(found(first))
    assert lab.tell(lines[0], lines[0]).known == 2


def test_parts_in_any_order_give_the_same_labels(
    config: InboxConfig, picks: pa.Table, tmp_path: Path
) -> None:
    orders = []
    for n in range(3):
        folder = tmp_path / str(n)
        folder.mkdir()
        here = config.model_copy(update={"folder": folder / "inbox", "replicates": 2})
        lab = Lab(here, picks, folder)
        lines = [lab.one(i, 5.0 + i + r / 10, replicate=r) for i in range(6) for r in (1, 2)] + [
            lab.one(0, "", replicate=1, outcome="failed")
        ]
        random.Random(n).shuffle(lines)  # noqa: S311 - an order, no secret
        for start in range(0, len(lines), 4):
            told = lab.tell(*lines[start : start + 4])
            assert told.refused == ()
        rows = lab.tell(*lines).labels.sort_by("compound_id").to_pylist()
        orders.append([(row["compound_id"], round(row["value"], 9)) for row in rows])
    assert orders[0] == orders[1] == orders[2]
    assert orders[0][2] == (lab.keys[2], 7.15)


def test_another_value_is_a_contradiction_until_somebody_revises(lab: Lab) -> None:
    lab.tell(lab.one(0, 7.0))
    told = lab.tell(lab.one(0, 6.0))
    assert found(told) == [(7.0, "=")]
    assert told.refused[0].reason.startswith("6 contradicts 7 of r.csv row 2")
    assert found(lab.tell(lab.one(0, 6.0), revise=True)) == [(6.0, "=")]
    assert len(kept_files(lab)) == 2  # the first value is kept beside
    assert found(lab.tell(lab.one(0, 6.0))) == [(6.0, "=")]


def test_further_replicates_are_numbered_or_listed_together(lab: Lab) -> None:
    lab.tell(lab.one(0, 7.0))
    assert found(lab.tell(lab.one(0, 8.0, replicate=2))) == [(7.5, "=")]
    assert found(lab.tell(lab.one(1, 6.0), lab.one(1, 6.4), lab.one(1, 6.6))) == [(6.4, "=")]
    again = lab.tell(lab.one(1, 6.6), lab.one(1, 6.0), lab.one(1, 6.4))
    assert (again.known, again.taken) == (3, 0)
    late = lab.tell(lab.one(1, 9.0))
    assert len(late.refused) == 1
    torn = lab.tell(lab.one(2, 6.0, replicate=1), lab.one(2, 7.0, replicate=1))
    assert [row.row for row in torn.refused] == [2, 3]


def test_a_value_stands_over_a_failure_in_either_order(lab: Lab) -> None:
    failed = {**lab.one(0, ""), "outcome": "failed"}
    assert found(lab.tell(failed)) == [(None, "=")]
    assert found(lab.tell(lab.one(0, 7.0))) == [(7.0, "=")]
    assert found(lab.tell(failed)) == [(7.0, "=")]
    assert found(lab.tell(lab.one(1, 7.0), {**lab.one(1, ""), "outcome": "failed"})) == [(7.0, "=")]


def test_by_well_with_controls(lab: Lab) -> None:
    (batch,) = read_batches(lab.config.folder)
    lines = [
        {"well": well.well.lower(), "value": 5 + i / 10, "unit": "pX"}
        for i, well in enumerate(batch.wells)
    ]
    told = lab.tell(*lines)
    assert told.refused == ()
    assert told.controls == 4
    wanted = {w.compound_id: 5 + i / 10 for i, w in enumerate(batch.wells) if w.compound_id}
    assert {r["compound_id"]: r["value"] for r in told.labels.to_pylist()} == wanted
    well = next(w for w in batch.wells if w.compound_id == lab.keys[0])
    wrong = lab.tell(
        lab.one(1, 5.0, well=well.well, plate="b-P1"),
        {"well": well.well, "plate": "c-P1", "value": 1, "unit": "pX"},
        {"well": "H06", "plate": "b-P1", "value": 1, "unit": "pX"},
        {"well": "Z9", "value": 1, "unit": "pX"},
    )
    for row, word in zip(
        wrong.refused, ["holds", "no plate 'c-P1'", "is empty", "is no well"], strict=True
    ):
        assert word in row.reason


def test_wells_of_two_plates_need_the_plate(lab: Lab, picks: pa.Table) -> None:
    write_batch(lab.config.folder, picks.slice(0, 2), lab.config, batch="c")
    told = lab.tell({"well": "A01", "value": 1, "unit": "pX"})
    assert "is on 2 plates" in told.refused[0].reason


def test_by_the_suppliers_identifier(lab: Lab, picks: pa.Table) -> None:
    told = lab.tell(
        {"id": "Z3", "result": 6.5, "units": "pX"},
        {"id": "'=cmd|'/C calc'!A4", "result": 6, "units": "pX"},
    )
    assert told.labels["compound_id"].to_pylist() == [lab.keys[3], lab.keys[4]]
    twin = picks.set_column(3, "source_ids", [[["Z3"]] * len(picks)])
    write_batch(lab.config.folder, twin, lab.config, batch="c")
    assert (
        "names 6 compounds" in lab.tell({"id": "Z3", "result": 1, "units": "pX"}).refused[0].reason
    )


def test_the_forms_themselves_come_back(lab: Lab) -> None:
    root = lab.config.folder / "batches" / "b"
    book = openpyxl.load_workbook(root / "plates.xlsx")
    sheet = book["results"]
    header = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        row[header.index("value")].value = 6.25
        row[header.index("measured_at")].value = "2026-06-01"
    book.save(lab.folder / "back.xlsx")
    told = read_results(lab.folder / "back.xlsx", lab.config.folder, lab.config)
    assert told.refused == ()
    assert (told.taken, told.controls, told.labels.num_rows) == (6, 4, 6)
    with (root / "batch.csv").open(newline="") as stream:
        lines: Lines = list(csv.DictReader(stream))
    again = lab.tell(*[{**line, "value": 6.25} for line in lines])
    assert (again.known, again.refused) == (6, ())


def test_a_formula_that_was_never_calculated_is_refused(lab: Lab) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["compound_id", "value", "unit"])
    sheet.append([lab.keys[0], "=1+1", "pX"])
    sheet.append([lab.keys[1], True, "pX"])
    book.save(lab.folder / "f.xlsx")
    told = read_results(lab.folder / "f.xlsx", lab.config.folder, lab.config)
    assert ["'=1+1'" in told.refused[0].reason, "'True'" in told.refused[1].reason] == [True] * 2


def test_a_dry_run_keeps_nothing(lab: Lab) -> None:
    told = lab.tell(lab.one(0, 7.0), lab.one(1, 7.0, unit="mg"), dry_run=True)
    assert (told.taken, len(told.refused), told.labels.num_rows) == (1, 1, 0)
    assert kept_files(lab) == {}


def test_classes(config: InboxConfig, picks: pa.Table, tmp_path: Path) -> None:
    lab = Lab(config.model_copy(update={"unit": "class"}), picks, tmp_path)
    told = lab.tell(
        lab.one(0, "active", unit="class"), lab.one(1, 0, unit="class"), lab.one(2, 2, unit="class")
    )
    assert found(told) == [(1.0, "="), (0.0, "=")]
    assert "no_class" in told.refused[0].reason


def test_contradicting_bounds_give_a_failure_that_says_so(lab: Lab) -> None:
    told = lab.tell(lab.one(0, "<5", replicate=1), lab.one(0, ">6", replicate=2))
    (row,) = told.labels.to_pylist()
    assert (row["value"], row["code"]) == (None, "measurement_failed")
    assert "<5, >6" in row["message"]


def semicolons(path: Path) -> None:
    path.write_text(path.read_text().replace(",", ";"))


def mark(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))


def shout(path: Path) -> None:
    path.write_text(path.read_text().replace("compound_id,value", "Compound ID, Value "))


@pytest.mark.parametrize("change", [semicolons, mark, shout])
def test_files_as_spreadsheets_save_them(lab: Lab, change: Callable[[Path], None]) -> None:
    path = lab.file([lab.one(0, 7.5)])
    change(path)
    assert found(read_results(path, lab.config.folder, lab.config)) == [(7.5, "=")]


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "r.csv", "holds no result"),
        (b"compound_id,value\n", "r.csv", "holds no result"),
        (b"name,value\na,1\n", "r.csv", "no column 'compound_id' or 'well'"),
        (b"compound_id,activity\na,1\n", "r.csv", "no column 'value'"),
        (b"compound_id,value,result\na,1,2\n", "r.csv", "'value' twice"),
        (b"compound_id,value\na,1,2\n", "r.csv", "row 2: 3 cells"),
        (b"compound_id,value\n\xff,1\n", "r.csv", "not UTF-8"),
        (b'compound_id,value\n"a,1\n', "r.csv", "line 2"),
        (b"compound_id,value\na,1\n", "r.xlsx", "no readable workbook"),
    ],
)
def test_files_that_are_no_table(lab: Lab, data: bytes, name: str, words: str) -> None:
    path = lab.folder / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=words):
        read_results(path, lab.config.folder, lab.config)


def test_nothing_to_match_or_to_read(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_results(tmp_path / "absent.csv", lab.config.folder, lab.config)
    with pytest.raises(UsageError, match="nothing was asked"):
        read_results(lab.file([lab.one(0, 1)]), tmp_path / "empty", lab.config)
