from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from hitsieve.errors import UsageError
from hitsieve.schema import SCORES
from hitsieve.screen.export import export_scores
from hitsieve.screen.scores import Scores

if TYPE_CHECKING:
    from pathlib import Path


def test_both_formats_hold_the_same_rows(tiny: Any, tmp_path: Path) -> None:
    scores = [Scores.open(tiny.screen, "logP")]
    for name in ("all.parquet", "all.csv"):
        assert export_scores(scores, tmp_path / name) == 127
    table = pq.read_table(tmp_path / "all.parquet")
    assert table.column_names == ["target", "model", *SCORES.names, "quarantined"]
    assert set(table.column("quarantined").to_pylist()) == {""}
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert list(rows[0]) == table.column_names
    assert [row["compound_id"] for row in rows] == table.column("compound_id").to_pylist()


def test_only_rows_of_a_quarantined_model_say_so(tiny: Any, tmp_path: Path) -> None:
    scores = [Scores.open(tiny.screen, "logP")]
    path = tmp_path / "best.parquet"
    export_scores(scores, path, top=3, quarantined={"clogp@1": "wrong plates"})
    assert pq.read_table(path).column("quarantined").to_pylist() == ["wrong plates"] * 3
    export_scores(scores, path, top=3, quarantined={"other@1": "wrong plates"})
    assert pq.read_table(path).column("quarantined").to_pylist() == [""] * 3


def test_another_format_names_the_nearest(tiny: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"did you mean '\.parquet'"):
        export_scores([Scores.open(tiny.screen, "logP")], tmp_path / "all.parket")
    assert not list(tmp_path.iterdir())
