"""One set of measurements with what a card must say; joining several is tested with labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from hitsieve.chem.policy import ChemPolicy
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError, NotFoundError
from hitsieve.modeling.config import CardData, CurationConfig, LabelData
from hitsieve.modeling.sources import SourceLabels, from_card, from_table
from hitsieve.schema import LABELS
from hitsieve.testing.cards import write_card

if TYPE_CHECKING:
    from pathlib import Path

USUAL = CurationConfig()
COLUMN = {"endpoint": "y", "unit": "units", "direction": "lower", "task": "regression"}


def _chain(n: int) -> str:
    return "C" * (n + 2) + "O"


def _card(folder: Path, rows: list[str], **changes: Any) -> Path:
    return write_card(folder, "mine", rows, changes.pop("columns", {"y": COLUMN}), **changes)


def _read(card: Path, curation: CurationConfig = USUAL, **changes: Any) -> SourceLabels:
    source = CardData(card=str(card), **changes)
    return from_card(source, ChemPolicy(), card.parent, curation)


def _table(
    path: Path, values: list[float], relations: list[str] | None = None, unit: str = "share"
) -> Path:
    outcomes = [Standardizer()(_chain(n)) for n in range(len(values))]
    n = len(values)
    texts = {
        "target": "t", "endpoint": "overlap", "unit": unit, "assay_id": "a",
        "source": "an oracle", "status": "ok", "code": "none", "message": "",
    }  # fmt: skip
    table = LABELS.build(
        {name: [text] * n for name, text in texts.items()}
        | {
            "compound_id": [o.compound_id for o in outcomes],
            "smiles": [o.smiles for o in outcomes],
            "value": values,
            "relation": relations or ["="] * n,
            "measured_at": [None] * n,
        }
    )
    pq.write_table(table, path)
    return path


def _labels(path: Path, task: str = "regression") -> LabelData:
    return LabelData.model_validate(
        {"labels": path, "direction": "higher", "license": "own", "task": task}
    )


def test_counts_tell_bounds_merges_and_refusals_by_reason(tmp_path: Path) -> None:
    rows = [f"{_chain(n)},{n}" for n in range(30)]
    more = ["OCCC,4", "CC(C)O,<3", "c1ccccc1,high", 'c1ccncc1,"1,5"', "nothing,1", "[Na+].[Cl-],2"]
    found = _read(_card(tmp_path, ["smiles,y", *rows, *more]))
    counts = found.counts
    assert counts["records"] == 36
    assert counts["records_refused"] == 2
    assert sum(n for name, n in counts.items() if name.startswith("records_refused_")) == 2
    assert counts["values_refused"] == 2
    assert (counts["values_refused_text"], counts["values_refused_decimal_comma"]) == (1, 1)
    assert (counts["replicates_merged"], counts["replicates_dropped"]) == (1, 0)
    assert (counts["labels"], counts["labels_that_are_bounds"]) == (31, 1)
    assert "compounds_in_two_given_parts" not in counts
    assert found.source.replicates == "median"
    assert found.directions == {"y": "lower"}
    assert any(text.startswith("y: 2 of ") for text in found.doubts)


def test_the_rule_for_replicates_is_the_one_configured(tmp_path: Path) -> None:
    rows = [f"{_chain(n)},{n}" for n in range(25)] + ["OCC,1", "C(C)O,8"]
    card = _card(tmp_path, ["smiles,y", *rows])
    for rule, value in (("median", 1.0), ("mean", 3.0)):
        found = _read(card, CurationConfig.model_validate({"replicates": rule}))
        assert found.table["value"][0].as_py() == value
        assert found.source.replicates == rule
        assert found.report is not None
        assert found.report["rule"] == rule


def test_compounds_in_two_given_parts_are_counted_and_kept_in_mind(tmp_path: Path) -> None:
    rows = [f"{_chain(n)},{n},{'train' if n % 4 else 'test'}" for n in range(30)]
    card = _card(tmp_path, ["smiles,y,set", *rows, "OCC,1,train"], split_column="set")
    found = _read(card)
    assert found.counts["compounds_in_two_given_parts"] == 1
    assert found.torn == (found.table["compound_id"][0].as_py(),)


def test_columns_that_are_not_asked_for_are_not_judged(tmp_path: Path) -> None:
    classes = {"endpoint": "a", "unit": "class", "direction": "higher", "task": "classification"}
    rows = [f"{_chain(n)},{n},{n % 3},1" for n in range(30)]
    columns = {"y": COLUMN, "three": classes, "one": classes}
    card = _card(tmp_path, ["smiles,y,three,one", *rows], columns=columns)
    with pytest.raises(DatasetError, match="column 'three'"):
        _read(card)
    found = _read(card, targets=("y",))
    assert found.tasks == {"y": "regression"}
    assert set(found.table["target"].to_pylist()) == {"y"}
    with pytest.raises(DatasetError, match="target 'one': all 30 labels are of class 1"):
        _read(card, targets=("y", "one"))
    with pytest.raises(NotFoundError, match="did you mean 'three'"):
        _read(card, targets=("thre",))


def test_targets_that_are_left_out_are_told(tmp_path: Path) -> None:
    rows = [f"{_chain(n)},{n},5" for n in range(30)]
    columns = {"y": COLUMN, "same": COLUMN}
    found = _read(_card(tmp_path, ["smiles,y,same", *rows], columns=columns))
    assert found.counts["targets_left_out"] == 1
    assert found.counts["labels"] == found.source.kept == found.table.num_rows == 30
    assert "same is not learned: all 30 labels are 5." in found.doubts


def test_a_table_is_judged_as_a_card_is(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    values = [n / 10 for n in range(30)]
    found = from_table(_labels(_table(path, values, ["<"] * 4 + ["="] * 26)), USUAL)
    assert found.counts["labels_that_are_bounds"] == 4
    assert found.source.source == "an oracle"
    with pytest.raises(DatasetError, match="all 30 labels are bounds"):
        from_table(_labels(_table(path, values, ["<"] * 30)), USUAL)
    with pytest.raises(DatasetError, match=r"learned as classes, but holds 0\.1, 0\.2"):
        from_table(_labels(_table(path, values), "classification"), USUAL)
    wild = _labels(_table(path, [*values[:-1], -1e7]))
    with pytest.raises(DatasetError, match="one label holds 100% of the variance") as caught:
        from_table(wild, USUAL)
    last = found.table["compound_id"][29].as_py()
    assert last in caught.value.message
    assert from_table(wild, CurationConfig(lone_variance=1.0)).table.num_rows == 30


def test_a_table_with_an_impossible_potency_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    values = [5 + n / 10 for n in range(30)]
    assert from_table(_labels(_table(path, values, unit="pX")), USUAL).source.kept == 30
    told = r"1 of 30 values are no pX \(-2 to 16\), such as 7500 of "
    with pytest.raises(DatasetError, match=told) as caught:
        from_table(_labels(_table(path, [*values[:-1], 7500.0], unit="pX")), USUAL)
    assert "unit" in caught.value.cure


def test_a_part_beside_labels_comes_along(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    table = pq.read_table(_table(folder / "a.parquet", [n / 10 for n in range(30)]))
    pq.write_table(table.slice(0, 20).append_column("part", [["test"] * 20]), folder / "a.parquet")
    pq.write_table(table.slice(20), folder / "b.parquet")
    found = from_table(_labels(folder), USUAL).table
    assert found["part"].to_pylist() == ["test"] * 20 + [""] * 10
