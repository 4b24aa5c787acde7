from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hitsieve.acquisition.desirability import TransformConfig, desirability
from hitsieve.campaign import CampaignConfig, CampaignSummary, run_campaign
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.panel import Panel, PanelSurrogate
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError
from hitsieve.library import Library
from hitsieve.oracles import LookupOracle
from hitsieve.scoring.trees import ForestConfig

if TYPE_CHECKING:
    from pathlib import Path

SIZE = ComponentConfig(target="size", transform=TransformConfig(low=5.0, high=25.0))
NITROGEN = ComponentConfig(target="nitrogen", transform=TransformConfig(low=0.0, high=1.0))
SMALL = ComponentConfig(
    property="heavy_atoms", transform=TransformConfig(kind="falling", low=10.0, high=20.0)
)


def oracles(library: Path) -> dict[str, LookupOracle]:
    rows = [
        row
        for table in Library.open(library).iter_tables(["compound_id", "heavy_atoms", "smiles"])
        for row in table.to_pylist()
    ]
    size = {row["compound_id"]: (float(row["heavy_atoms"]), "=") for row in rows}
    nitrogen = {row["compound_id"]: (float(row["smiles"].count("N")), "=") for row in rows}
    return {
        name: LookupOracle(values, target=name, endpoint=name, unit="1")
        for name, values in (("size", size), ("nitrogen", nitrogen))
    }


def run(
    library: Path, folder: Path, objective: ObjectiveConfig, rounds: int = 2
) -> CampaignSummary:
    config = CampaignConfig(
        library=library, folder=folder, initial=24, batch=6, rounds=rounds, seed=2
    )
    measured = {name: one for name, one in oracles(library).items() if name in objective.targets}
    quick = QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=30))
    parts: dict[str, Any] = {name: QuickSurrogate(name, config=quick) for name in measured}
    with SerialExecutor() as executor:
        return run_campaign(
            config,
            Panel(objective, dict(measured), library),
            PanelSurrogate(objective, parts),
            executor,
        )


def test_utility_is_the_geometric_mean_of_what_was_measured(library: Path, tmp_path: Path) -> None:
    objective = ObjectiveConfig(components=(SIZE, NITROGEN))
    one = run(library, tmp_path, objective, rounds=0).rounds[0]
    tables = {
        target: one.labels.filter(pc.equal(one.labels["target"], target))
        for target in ("utility", "size", "nitrogen")
    }
    assert {len(table) for table in tables.values()} == {24}
    parts = [
        desirability(part.transform, tables[part.target]["value"].to_numpy())
        for part in (SIZE, NITROGEN)
    ]
    assert tables["utility"]["value"].to_pylist() == pytest.approx(
        np.sqrt(parts[0] * parts[1]).tolist(), abs=1e-8
    )
    assert one.values == tables["utility"]["value"].to_pylist()


def test_picks_serve_both_wishes(library: Path, tmp_path: Path) -> None:
    rounds = run(library, tmp_path, ObjectiveConfig(components=(SIZE, NITROGEN))).rounds
    assert np.mean(rounds[1].values) > np.mean(rounds[0].values) + 0.2
    assert set(rounds[1].surrogate["targets"]) == {"size", "nitrogen"}


def test_a_property_counts_without_being_measured(library: Path, tmp_path: Path) -> None:
    objective = ObjectiveConfig(components=(NITROGEN, SMALL))
    found = run(library, tmp_path, objective)
    picked = [pick.compound_id for one in found.rounds[1:] for pick in one.picks]
    rows = Library.open(library).lookup(picked, ["smiles", "heavy_atoms"]).to_pylist()
    assert np.mean([row["heavy_atoms"] < 16 for row in rows]) > 0.6
    assert np.mean(["N" in row["smiles"] for row in rows]) > 0.6


def test_pareto_looks_from_another_direction_each_round(library: Path, tmp_path: Path) -> None:
    objective = ObjectiveConfig(components=(SIZE, NITROGEN), aggregate="pareto")
    first = run(library, tmp_path / "a", objective)
    again = run(library, tmp_path / "b", objective)
    assert [one.picks for one in first.rounds] == [one.picks for one in again.rounds]
    plain = run(library, tmp_path / "c", ObjectiveConfig(components=(SIZE, NITROGEN)))
    assert first.rounds[1].picks != plain.rounds[1].picks
    assert first.rounds[0].values == plain.rounds[0].values


def test_a_component_that_failed_leaves_no_utility(library: Path) -> None:
    known = oracles(library)
    known["size"].values.clear()
    panel = Panel(ObjectiveConfig(components=(SIZE, NITROGEN)), dict(known), library)
    table = Library.open(library).read_shard("shard-00000", ["compound_id", "smiles"]).slice(0, 2)
    pairs = [(row["compound_id"], row["smiles"]) for row in table.to_pylist()]
    found: pa.Table = panel.measure(pairs)
    assert found["status"].to_pylist() == ["failed", "failed"]
    assert found["code"].to_pylist() == ["not_measured"] * 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"components": []},
        {"components": [{"property": "clogp", "transform": {"low": 1, "high": 2}}]},
        {"components": [{"property": "logp", "transform": {"low": 1, "high": 2}}]},
        {"components": [{"target": "a", "transform": {"low": 2, "high": 1}}]},
        {"components": [{"target": "a", "property": "mw", "transform": {"low": 1, "high": 2}}]},
    ],
)
def test_impossible_wishes_are_refused(wrong: dict[str, Any]) -> None:
    from hitsieve.config import parse_config

    with pytest.raises(ConfigError):
        parse_config(ObjectiveConfig, wrong)
