from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.check import check_campaign
from hitsieve.campaign.plan import plan_of
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.state import CampaignFolder
from hitsieve.engine import SerialExecutor
from hitsieve.errors import DatasetError, NotFoundError, UsageError
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path


def check(library: Path, folder: Path, **changes: Any) -> list[str]:
    values = {"library": library, "folder": folder, "initial": 12, **changes}
    oracle = FakeOracle()
    surrogate = QuickSurrogate(oracle.target, config=QuickConfig())
    return check_campaign(CampaignConfig.model_validate(values), oracle, surrogate)


def test_what_can_begin_is_not_begun(library: Path, tmp_path: Path) -> None:
    assert check(library, tmp_path / "c") == []
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_begin_is_named(library: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no-library"):
        check(tmp_path / "no-library", tmp_path / "c")
    with pytest.raises(NotFoundError, match="no exclusion list"):
        check(library, tmp_path / "c", exclude=[tmp_path / "none.txt"])
    with pytest.raises(DatasetError, match="has 60 compounds, round 0 measures 61"):
        check(library, tmp_path / "c", initial=61)
    with pytest.raises(DatasetError, match="8 compounds to learn from, the surrogate needs 10"):
        check(library, tmp_path / "c", initial=16, controls=0.5)
    assert check(library, tmp_path / "c", initial=8, rounds=0) == []
    assert list(tmp_path.iterdir()) == []


def test_another_campaign_in_the_folder_is_named_by_its_keys(library: Path, tmp_path: Path) -> None:
    oracle = FakeOracle()
    config = CampaignConfig(library=library, folder=tmp_path / "c", initial=12)
    surrogate = QuickSurrogate(oracle.target, config=QuickConfig())
    CampaignFolder(tmp_path / "c", plan_of(config, oracle, surrogate, Library.open(library)))
    assert check(library, tmp_path / "c", rounds=9) == []
    with pytest.raises(UsageError, match=r"config\.seed was 7 and is 8"):
        check(library, tmp_path / "c", seed=8)


def test_what_is_odd_is_said(tmp_path: Path) -> None:
    rows = ["CCO,A,12.50", "CCCO,B,10mg: 55", "CCN,C,3"]
    (tmp_path / "in.csv").write_text("\n".join(["smiles,id,price", *rows]) + "\n")
    with SerialExecutor() as executor:
        made = LibraryConfig(inputs=[str(tmp_path / "in.csv")], output=tmp_path / "library")
        build_library(made, executor)
    (tmp_path / "gone.txt").write_text("A\nNOBODY\n")
    budget = {"price": "price", "money": 100}
    excluded, prices = check(
        tmp_path / "library",
        tmp_path / "c",
        initial=1,
        rounds=0,
        exclude=[tmp_path / "gone.txt"],
        budget=budget,
    )
    assert "1 of 2 names are of no compound" in excluded
    assert "NOBODY" in excluded
    assert "1 of 3 texts are not understood" in prices
