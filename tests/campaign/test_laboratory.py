from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from hitsieve.campaign.laboratory import Laboratory, sheet_of
from hitsieve.campaign.picks import CONTROL, Pick
from hitsieve.campaign.rounds import Chosen
from hitsieve.engine import SerialExecutor
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.oracles.inbox import InboxConfig, InboxOracle
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Three compounds, of which ethanol is listed twice."""
    root = tmp_path_factory.mktemp("sheet")
    (root / "in.smi").write_text("CCO ethanol\nCCN ethylamine\nOCC Z-7\nCCCC butane\n")
    config = LibraryConfig(inputs=[str(root / "in.smi")], output=root / "library")
    with SerialExecutor() as executor:
        build_library(config, executor)
    return Library.open(config.output)


@pytest.fixture(scope="module")
def named(pool: Library) -> dict[str, str]:
    """Structure keys by SMILES."""
    rows = [row for table in pool.iter_tables() for row in table.to_pylist()]
    return {row["smiles"]: row["compound_id"] for row in rows}


def test_each_row_of_the_sheet_speaks_of_its_own_pick(pool: Library, named: dict[str, str]) -> None:
    picks = (
        Pick(named["CCO"], "greedy", 1.5, predicted=7.25, std=0.5, rank=1),
        Pick(named["CCCC"], CONTROL),
        Pick(named["CCN"], "greedy", 1.25, predicted=6.0, std=0.25, rank=2, price=55.0),
    )
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):  # the library has an order of its own
        asked = [picks[place] for place in order]
        rows = sheet_of(pool, Chosen("m", tuple(asked))).to_pylist()
        found = {row["smiles"]: row for row in rows}
        assert [row["compound_id"] for row in rows] == [pick.compound_id for pick in asked]
        assert {smiles: row["compound_id"] for smiles, row in found.items()} == named
        assert found["CCO"]["source_ids"] == "ethanol; Z-7"
        assert found["CCN"]["source_ids"] == "ethylamine"
        assert (found["CCO"]["predicted"], found["CCO"]["std"]) == (7.25, 0.5)
        assert (found["CCN"]["predicted"], found["CCN"]["std"]) == (6.0, 0.25)
        assert found["CCN"]["reason"] == "greedy 1.25, rank 2; price 55"


def test_the_sheet_does_not_give_the_audit_away(pool: Library, named: dict[str, str]) -> None:
    ids = list(named.values())
    audit = sheet_of(pool, Chosen("m", (Pick(ids[0], CONTROL), Pick(ids[1], "random"))))
    assert audit["reason"].to_pylist() == ["drawn at random"] * 2


@pytest.mark.parametrize("count", [0, 2])
def test_what_nobody_predicted_is_null_and_still_a_number_column(
    pool: Library, named: dict[str, str], count: int
) -> None:
    picks = tuple(Pick(name, "random") for name in list(named.values())[:count])
    sheet = sheet_of(pool, Chosen("m", picks))
    assert sheet.num_rows == count
    for column in ("predicted", "std"):
        assert sheet.schema.field(column).type == pa.float64()
        assert sheet[column].to_pylist() == [None] * count


def test_only_what_is_asked_by_files_is_a_laboratory(tmp_path: Path) -> None:
    config = InboxConfig(folder=tmp_path / "inbox", target="t", endpoint="e", unit="1")
    assert isinstance(InboxOracle(config), Laboratory)
    assert not isinstance(FakeOracle(), Laboratory)
