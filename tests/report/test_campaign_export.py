from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from hitsieve.errors import UsageError
from hitsieve.report.campaign_export import best_table, export_best

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.reagents import ReagentCampaign
    from hitsieve.campaign.run import Campaign


def test_columns_of_a_library_and_of_reagents(campaign: Campaign, spaced: ReagentCampaign) -> None:
    pool = best_table(campaign, campaign.rounds(), 4)
    assert pool.num_rows == 4
    assert "reaction" not in pool.column_names
    assert pool["unit"].to_pylist() == ["1"] * 4
    made = best_table(spaced, spaced.rounds(), None)
    assert made.num_rows == sum(len(one.picks) for one in spaced.rounds())
    assert made.column_names[-3:] == ["reaction", "reagents", "reagent_smiles"]
    assert made["reagents"].to_pylist()[0] == ["isocyanate=<i>i10", "amine=<i>a10"]
    assert made["cost"].to_pylist()[0] == 22.0


def test_every_format_holds_every_compound(spaced: ReagentCampaign, tmp_path: Path) -> None:
    table = best_table(spaced, spaced.rounds(), 6)
    for suffix in ("csv", "sdf", "parquet"):
        export_best(table, tmp_path / f"best.{suffix}")
    with (tmp_path / "best.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["compound_id"] for row in rows] == table["compound_id"].to_pylist()
    assert rows[0]["reagents"] == "isocyanate=<i>i10; amine=<i>a10"
    text = (tmp_path / "best.sdf").read_text()
    assert text.count("$$$$") == 6
    assert ">  <reagent_smiles>" in text
    assert pq.read_table(tmp_path / "best.parquet").equals(table)
    with pytest.raises(UsageError, match=r"best\.xlsx"):
        export_best(table, tmp_path / "best.xlsx")
