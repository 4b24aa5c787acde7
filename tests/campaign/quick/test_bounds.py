from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.campaign import CampaignConfig, run_campaign
from hitsieve.campaign.quick.bounds import Labels, complete
from hitsieve.campaign.quick.compounds import Compounds, columns_for
from hitsieve.campaign.quick.config import PruneConfig, QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.engine import SerialExecutor
from hitsieve.library import Library
from hitsieve.oracles import LookupOracle
from hitsieve.scoring.trees import ForestConfig

if TYPE_CHECKING:
    from pathlib import Path

QUICK = QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=12))


@pytest.fixture(scope="module")
def pool(library: Path) -> tuple[Compounds, np.ndarray[Any, np.dtype[np.float64]]]:
    """Sixty compounds, and the lengths of their SMILES."""
    opened = Library.open(library)
    ids = [
        name for t in opened.iter_tables(["compound_id"]) for name in t["compound_id"].to_pylist()
    ]
    table = opened.lookup(ids, [*columns_for({"bits"}), "smiles"])
    lengths = np.array([len(text) for text in table["smiles"].to_pylist()], dtype=np.float64)
    return Compounds.of(table, {"bits"}), lengths


def test_the_wanted_end_is_turned_up_with_its_bounds() -> None:
    told = Labels.of(np.array([7.0, 9.0, 8.0]), ["=", "<", ">"], -1.0)
    assert told.y.tolist() == [-7.0, -9.0, -8.0]
    assert told.sign.tolist() == [0, 1, -1]
    assert told.reached().tolist() == [-7.0, -9.0]
    assert told.bounds == 2


def test_predictions_are_judged_by_exact_values() -> None:
    told = Labels.of(np.arange(13.0), ["<", *["="] * 12], 1.0)
    assert told.judged.tolist() == [False] + [True] * 12
    few = Labels.of(np.arange(13.0), ["<"] * 4 + ["="] * 9, 1.0)
    assert few.judged.all()


def test_exact_values_stay_as_they_are(pool: tuple[Compounds, Any]) -> None:
    compounds, y = pool
    told = Labels.of(y, ["="] * len(y), 1.0)
    known, teaching = complete(told, compounds, QUICK, 1)
    assert (known.y == y).all()
    assert teaching.tolist() == list(range(len(y)))


def test_a_bound_gets_what_is_expected_beyond_it(pool: tuple[Compounds, Any]) -> None:
    compounds, y = pool
    relations = ["="] * len(y)
    long, short = int(np.argmax(y)), int(np.argmin(y))
    told = y.copy()
    told[long], relations[long] = 5.0, "<"  # a surprise: everything like it is far longer
    told[short], relations[short] = 30.0, "<"  # true of anything so short: it teaches nothing
    known, teaching = complete(Labels.of(told, relations, 1.0), compounds, QUICK, 1)
    assert set(range(len(y))) - set(teaching.tolist()) == {short}
    found = float(known.y[teaching.tolist().index(long)])
    assert 5 - y.std() < found < 5
    assert np.array_equal(known.y[known.sign == 0], np.delete(y, [long, short]))
    again, _ = complete(Labels.of(told, relations, 1.0), compounds, QUICK, 1)
    assert np.array_equal(again.y, known.y)


@pytest.mark.parametrize("exact", [0, 9])
def test_where_hardly_anything_is_exact_bounds_count_with_their_limits(
    pool: tuple[Compounds, Any], exact: int
) -> None:
    compounds, y = pool
    told = Labels.of(y, ["="] * exact + ["<"] * (len(y) - exact), 1.0)
    known, teaching = complete(told, compounds, QUICK, 1)
    assert (known.y == y).all()
    assert len(teaching) == len(y)
    assert known.judged.all()
    assert len(known.reached()) == exact


def run(library: Path, folder: Path, relation: str, limit: float, **changes: Any) -> Any:
    """A campaign for lengths in which nothing longer than a limit is measured exactly."""
    rows = [
        row
        for table in Library.open(library).iter_tables(["compound_id", "smiles"])
        for row in table.to_pylist()
    ]
    values = {
        row["compound_id"]: (min(float(len(row["smiles"])), limit), "=")
        if len(row["smiles"]) < limit
        else (99.0 if relation == "<" else limit, relation)
        for row in rows
    }
    oracle = LookupOracle(values, target="length", endpoint="length", unit="1")
    settings: dict[str, Any] = {"initial": 24, "batch": 6, "rounds": 1, "seed": 3, **changes}
    config = CampaignConfig(library=library, folder=folder, **settings)
    quick = QUICK.model_copy(update={"prune": PruneConfig(loss=0.02, top=3)})
    with SerialExecutor() as executor:
        surrogate = QuickSurrogate("length", config=quick)
        return run_campaign(config, oracle, surrogate, executor)


def test_bounds_neither_judge_nor_raise_what_was_reached(library: Path, tmp_path: Path) -> None:
    summary = run(library, tmp_path, "<", 20)
    told = json.loads((tmp_path / "screens" / "round-001" / "surrogate.json").read_text())
    first = summary.rounds[0]
    exact = [v for v, r in zip(first.values, first.relations, strict=True) if r == "="]
    assert 0 < told["bounds"] == len(first.picks) - len(exact)
    assert told["labels"] == len(first.picks)
    assert told["reached"] == max(exact) < 20
    assert told["skills"]["forest"]["rmse"] < 10  # of exact values, far below 99


def test_lower_bounds_are_reached(library: Path, tmp_path: Path) -> None:
    run(library, tmp_path, ">", 20)
    told = json.loads((tmp_path / "screens" / "round-001" / "surrogate.json").read_text())
    assert told["bounds"] > 0
    assert told["reached"] == 20


@pytest.mark.parametrize("kind", ["gain", "ei", "pi", "top"])
def test_a_campaign_goes_on_where_all_it_knows_are_bounds(
    library: Path, tmp_path: Path, kind: str
) -> None:
    summary = run(library, tmp_path, "<", 0, acquisition={"kind": kind})
    told = json.loads((tmp_path / "screens" / "round-001" / "surrogate.json").read_text())
    assert told["reached"] is None
    assert len(summary.rounds[1].picks) == 6
