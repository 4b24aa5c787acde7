from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import InputError
from hitsieve.oracles.inbox.parted import rows_of_targets
from hitsieve.oracles.inbox.tables import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.oracles.inbox.parse import RefusedRow

TARGETS = ("CDK2", "a:b")
Cells = dict[str, list[dict[str, str]]]


def parted(
    tmp_path: Path, text: str, targets: tuple[str, ...] = TARGETS
) -> tuple[Cells, list[RefusedRow]]:
    path = tmp_path / "r.csv"
    path.write_text(text)
    found, refused = rows_of_targets(path, read_rows(path, targets), targets)
    return {target: [row.cells for row in rows] for target, rows in found.items()}, refused


def test_columns_of_targets_are_told_apart(tmp_path: Path) -> None:
    text = (
        "Compound,cdk2: Result,CDK2:unit,A:B: value,a:b: note,note\n"
        "X,6,pX,<3,top,both\nY,,pX,4,,both\n"
    )
    found, refused = parted(tmp_path, text)
    assert refused == []
    assert found["CDK2"] == [
        {"compound_id": "X", "value": "6", "unit": "pX", "note": "both"},
        {"compound_id": "Y", "unit": "pX", "note": "both"},
    ]
    assert found["a:b"][0] == {"compound_id": "X", "value": "<3", "note": "top"}
    assert found["a:b"][1]["note"] == "both"


def test_a_file_of_one_target_speaks_of_no_other(tmp_path: Path) -> None:
    found, _ = parted(tmp_path, "well,a:b: value\nA01,1\n")
    assert list(found) == ["a:b"]


def test_a_column_says_of_which_target_a_row_is(tmp_path: Path) -> None:
    text = "well,target,value\nA01,cdk2,1\nA02,,2\nA03,CDK4,3\nA01,A:B,4\n"
    found, refused = parted(tmp_path, text)
    assert {target: [row["value"] for row in rows] for target, rows in found.items()} == {
        "CDK2": ["1"], "a:b": ["4"],
    }  # fmt: skip
    assert [(one.row, one.name) for one in refused] == [(3, "A02"), (4, "A03")]
    assert "names no target" in refused[0].reason
    assert "did you mean 'CDK2'" in refused[1].reason


def test_a_single_target_needs_no_word_of_it(tmp_path: Path) -> None:
    found, refused = parted(tmp_path, "well,value\nA01,1\n", ("CDK2",))
    assert (found, refused) == ({"CDK2": [{"well": "A01", "value": "1"}]}, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("well,value,CDK2: value\nA01,1,2\n", "'value' beside 'CDK2: value'"),
        ("well,unit,CDK2: value\nA01,pX,2\n", "'unit' that does not say of which target"),
        ("well,CDK2: value,CDK4: value\nA01,1,2\n", "no target 'CDK4' is measured"),
        ("well,CDK2: value,cdk2: result\nA01,1,2\n", "'CDK2: value' twice"),
        ("well,CDK2: unit\nA01,pX\n", "no column 'value'"),
    ],
)
def test_files_nobody_can_be_sure_of_are_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parted(tmp_path, text)
