from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.assays.cards import load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.matrix import label_matrix
from hitsieve.assays.read import read_assay
from hitsieve.assays.times import parse_time
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

CARD = """
name: dated
title: made for a test
source: here
license: CC0
files: [{path: dated.csv}]
smiles_column: smiles
time_column: when
columns: {y: {endpoint: y, unit: a, direction: higher, task: regression, target: y}}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019", datetime(2019, 1, 1, tzinfo=UTC)),
        ("2019-05", datetime(2019, 5, 1, tzinfo=UTC)),
        ("2019-05-31T10:00:00+00:00", datetime(2019, 5, 31, 10, tzinfo=UTC)),
        (" ", None),
    ],
)
def test_years_months_and_dates(text: str, expected: datetime | None) -> None:
    assert parse_time(text, "f#1") == expected


def test_other_text_names_the_record() -> None:
    with pytest.raises(DatasetError, match="f#7: 'spring'"):
        parse_time("spring", "f#7")


def test_a_compound_counts_from_its_first_measurement(tmp_path: Path) -> None:
    (tmp_path / "dated.yaml").write_text(CARD)
    rows = [f"{'C' * n}O,{n},20{n:02d}" for n in range(3, 27)]
    rows += ["CCCO,3,1999-02-01", "CCCCN,4,"]
    (tmp_path / "dated.csv").write_text("smiles,y,when\n" + "\n".join(rows) + "\n")
    card = load_card(tmp_path / "dated.yaml")
    labels, _ = curate(read_assay(tmp_path, card), Standardizer())
    matrix = label_matrix(labels)
    assert matrix.times is not None
    by_smiles = dict(zip(matrix.smiles, matrix.times, strict=True))
    assert by_smiles["CCCO"] == datetime(1999, 2, 1, tzinfo=UTC).timestamp()
    assert by_smiles["CCCCO"] == datetime(2004, 1, 1, tzinfo=UTC).timestamp()
    assert np.isnan(by_smiles["CCCCN"])
    again = matrix.take(np.array([1, 0])).times
    assert again is not None
    assert again.tolist() == matrix.times[[1, 0]].tolist()
