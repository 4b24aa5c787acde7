from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import openpyxl
import pyarrow as pa
import pytest

from hitsieve.errors import ChecksumError, InputError, UsageError
from hitsieve.oracles.inbox import close_batch, read_batches, write_batch
from hitsieve.store.spreadsheet import FORMULA_STARTS

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.oracles.inbox import InboxConfig


def test_three_files_show_the_same_wells(config: InboxConfig, picks: pa.Table) -> None:
    paths = write_batch(config.folder, picks, config, batch="round-001")
    assert [path.name for path in paths] == ["batch.csv", "batch.sdf", "plates.xlsx"]
    rows = list(csv.DictReader(io.StringIO(paths[0].read_text())))
    (batch,) = read_batches(config.folder)
    assert [(r["plate"], r["well"]) for r in rows] == [(w.plate, w.well) for w in batch.wells]
    assert sum(bool(row["control"]) for row in rows) == 4
    reasons = {row["compound_id"]: row["reason"] for row in rows if row["compound_id"]}
    assert reasons == dict(
        zip(picks["compound_id"].to_pylist(), picks["reason"].to_pylist(), strict=True)
    )
    book = openpyxl.load_workbook(paths[2])
    assert book.sheetnames == ["results", "P1"]
    for well in batch.wells:
        shown = book["P1"].cell(ord(well.well[0]) - ord("A") + 2, int(well.well[1:]) + 1).value
        assert shown.startswith(well.control or well.compound_id)
    sdf = paths[1].read_text()
    assert sdf.count("$$$$\n") == len(picks)
    assert sdf.count(">  <wells>\nround-001-P1:") == len(picks)
    assert sdf.count(">  <reason>\ngreedy, rank ") == len(picks)


def test_no_text_can_run_as_a_formula(config: InboxConfig, picks: pa.Table) -> None:
    evil = [f"{start}cmd|'/C calc'!A1" for start in FORMULA_STARTS][: len(picks)]
    picks = picks.set_column(2, "reason", pa.array(evil))
    paths = write_batch(config.folder, picks, config, batch="b")
    with paths[0].open(newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not [cell for cell in cells if cell.startswith(FORMULA_STARTS) and not number(cell)]
    for sheet in openpyxl.load_workbook(paths[2]):
        assert not [c for row in sheet for c in row if c.data_type == "f"]


def number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_asked_again_gives_the_same_bytes_and_keeps_what_people_filled_in(
    config: InboxConfig, picks: pa.Table, tmp_path: Path
) -> None:
    paths = write_batch(config.folder, picks, config, batch="b")
    before = {path.name: path.read_bytes() for path in paths}
    other = write_batch(tmp_path / "other", picks, config, batch="b")
    assert {path.name: path.read_bytes() for path in other} == before
    paths[0].write_text("filled in")
    paths[1].unlink()
    again = write_batch(config.folder, picks, config, batch="b")
    assert again[0].read_text() == "filled in"
    assert again[1].read_bytes() == before["batch.sdf"]


def test_killed_before_the_record_is_asked_anew(config: InboxConfig, picks: pa.Table) -> None:
    paths = write_batch(config.folder, picks, config, batch="b")
    before = {path.name: path.read_bytes() for path in paths}
    (config.folder / "batches" / "b" / "batch.json").unlink()
    paths[2].write_bytes(b"half")
    assert read_batches(config.folder) == []
    again = write_batch(config.folder, picks, config, batch="b")
    assert {path.name: path.read_bytes() for path in again} == before


def test_a_name_is_used_once(config: InboxConfig, picks: pa.Table) -> None:
    write_batch(config.folder, picks, config, batch="b")
    with pytest.raises(UsageError, match="asked with other compounds"):
        write_batch(config.folder, picks.slice(1), config, batch="b")
    with pytest.raises(UsageError, match="batch name"):
        write_batch(config.folder, picks, config, batch="../b")


def test_missing_and_odd_values_survive(config: InboxConfig, picks: pa.Table) -> None:
    picks = picks.set_column(4, "price", pa.array([float("nan"), None, 1.5, 2.0, -3.0, 1e9]))
    write_batch(config.folder, picks, config, batch="b")
    (batch,) = read_batches(config.folder)
    assert [row["price"] for row in batch.compounds] == [None, None, 1.5, 2.0, -3.0, 1e9]
    write_batch(config.folder, picks, config, batch="b")


def told(folder: Path) -> str:
    """All that the files of a batch say."""
    root = folder / "batches" / "b"
    book = openpyxl.load_workbook(root / "plates.xlsx")
    cells = [str(cell.value) for sheet in book for row in sheet for cell in row]
    return "\n".join([(root / "batch.csv").read_text(), (root / "batch.sdf").read_text(), *cells])


def test_the_bench_learns_predictions_only_if_asked_for_and_rounded(
    config: InboxConfig, picks: pa.Table, tmp_path: Path
) -> None:
    picks = picks.set_column(4, "predicted", pa.array([8.123456789] * len(picks)))
    write_batch(config.folder, picks, config, batch="b")
    assert "predicted" not in told(config.folder)
    assert "8.12" not in told(config.folder)
    assert "greedy, rank 1" in told(config.folder)
    seeing = config.model_copy(update={"show_predicted": True, "folder": tmp_path / "seeing"})
    write_batch(seeing.folder, picks, seeing, batch="b")
    assert "8.123" in told(seeing.folder)
    assert "8.1234" not in told(seeing.folder)


def test_the_bench_may_be_blind_to_reasons(config: InboxConfig, picks: pa.Table) -> None:
    blind = config.model_copy(update={"show_reasons": False})
    write_batch(blind.folder, picks, blind, batch="b")
    assert "greedy" not in told(blind.folder)
    assert all(str(key) in told(blind.folder) for key in picks["compound_id"])
    # Settings may change; what was asked stays as it was.
    (blind.folder / "batches" / "b" / "batch.csv").unlink()
    write_batch(blind.folder, picks, config, batch="b")
    assert "greedy" not in told(blind.folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(["reason"]), "lack reason"),
        (lambda t: pa.concat_tables([t, t.slice(0, 1)]), "1 compounds stand twice"),
        (lambda t: t.slice(0, 0), "no compounds"),
        (lambda t: t.rename_columns([*t.column_names[:-1], "value"]), "column 'value'"),
    ],
)
def test_unsound_picks_are_refused(
    config: InboxConfig, picks: pa.Table, change: object, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        write_batch(config.folder, change(picks), config, batch="b")  # type: ignore[operator]


def test_a_damaged_record_is_named(config: InboxConfig, picks: pa.Table) -> None:
    write_batch(config.folder, picks, config, batch="b")
    path = config.folder / "batches" / "b" / "batch.json"
    path.write_text(json.dumps({"batch": "b"}))
    with pytest.raises(ChecksumError, match=r"batch\.json is damaged"):
        read_batches(config.folder)


def test_only_asked_batches_can_be_closed(config: InboxConfig, picks: pa.Table) -> None:
    write_batch(config.folder, picks, config, batch="b")
    close_batch(config.folder, "b", "the freezer broke")
    assert read_batches(config.folder)[0].closed == "the freezer broke"
    with pytest.raises(UsageError, match="no batch 'c'"):
        close_batch(config.folder, "c", "")
