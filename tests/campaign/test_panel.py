from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.acquisition.desirability import TransformConfig, desirability
from hitsieve.campaign import CampaignConfig, CampaignSummary, run_campaign
from hitsieve.campaign.front import FRONT, front_of
from hitsieve.campaign.joined import JoinedScores
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.panel import Panel, looked_at
from hitsieve.campaign.panel_surrogate import PanelSurrogate
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.ranking import ranked
from hitsieve.engine import SerialExecutor
from hitsieve.library import Library
from hitsieve.oracles import LookupOracle
from hitsieve.schema import SCORES
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
    assert (tmp_path / "a" / FRONT).read_bytes() == (tmp_path / "b" / FRONT).read_bytes()
    kept = (tmp_path / "a" / FRONT).read_text().splitlines()
    panel = Panel(objective, dict(oracles(library)), library)
    assert len(kept) == 1 + len(front_of(panel, first.rounds)) > 1
    assert [one.picks for one in first.rounds] == [one.picks for one in again.rounds]
    plain = run(library, tmp_path / "c", ObjectiveConfig(components=(SIZE, NITROGEN)))
    assert first.rounds[1].picks != plain.rounds[1].picks
    assert first.rounds[0].values == plain.rounds[0].values


@pytest.mark.parametrize("kind", ["pareto", "geometric_mean"])
def test_what_is_foretold_and_what_is_measured_are_on_one_scale(
    library: Path, tmp_path: Path, kind: str
) -> None:
    objective = ObjectiveConfig(components=(SIZE, NITROGEN), aggregate=kind, directions=3)
    found = run(library, tmp_path, objective)
    pairs = [
        (pick.predicted, value)
        for one in found.rounds[1:]
        for pick, value in zip(one.picks, one.values, strict=True)
    ]
    foretold, measured = np.array(pairs, dtype=float).T
    assert 0 <= foretold.min() <= foretold.max() <= 1
    assert np.abs(foretold - measured).mean() < 0.2


def test_what_is_measured_already_is_worth_nothing_from_any_side(
    library: Path, tmp_path: Path
) -> None:
    """A value to beat on another scale would promise gains of compounds that cannot be better."""
    objective = ObjectiveConfig(components=(SIZE, NITROGEN), aggregate="pareto", directions=4)
    panel = Panel(objective, dict(oracles(library)), library)
    rounds = run(library, tmp_path, objective).rounds
    labels = pa.concat_tables([one.labels for one in rounds])
    ids = [pick.compound_id for one in rounds for pick in one.picks]
    tables = tuple([known_scores(labels, target, sorted(ids))] for target in ("size", "nitrogen"))
    scores = JoinedScores(objective, ("size", "nitrogen"), tables, library, objective.drawn(1), 1)
    greatest = AcquisitionConfig(kind="ei")
    looked, views = looked_at(scores, panel, rounds, greatest, 0.5, 36)
    assert len(views) == 4
    found = ranked(
        looked, 9, views, acquisition=greatest, exclude=(), higher_is_better=True, seed=1
    )
    assert found.values.max() < 1e-4
    assert looked_at(scores, panel, rounds, greatest, 0.5, 3)[1] == views[:3]


def known_scores(labels: pa.Table, target: str, ids: list[str]) -> pa.Table:
    """Predictions that are what was measured."""
    rows = labels.filter(pc.equal(labels["target"], target)).to_pylist()
    value = {row["compound_id"]: row["value"] for row in rows}
    columns = {name: [value[one] for one in ids] for name in ("score", "lower", "upper")}
    return SCORES.build(
        {
            "compound_id": ids,
            **columns,
            "std": [1e-9] * len(ids),
            "in_domain": [True] * len(ids),
            "status": ["ok"] * len(ids),
        }
    )


def test_a_component_that_failed_leaves_no_utility(library: Path) -> None:
    known = oracles(library)
    known["size"].values.clear()
    panel = Panel(ObjectiveConfig(components=(SIZE, NITROGEN)), dict(known), library)
    table = Library.open(library).read_shard("shard-00000", ["compound_id", "smiles"]).slice(0, 2)
    pairs = [(row["compound_id"], row["smiles"]) for row in table.to_pylist()]
    found: pa.Table = panel.measure(pairs)
    assert found["status"].to_pylist() == ["failed", "failed"]
    assert found["code"].to_pylist() == ["not_measured"] * 2


def bounded(library: Path, **relations: tuple[float, str]) -> tuple[Panel, list[tuple[str, str]]]:
    """A panel and two compounds: measured exactly, and with the bounds given by target."""
    table = Library.open(library).read_shard("shard-00000", ["compound_id", "smiles"]).slice(0, 2)
    pairs = [(row["compound_id"], row["smiles"]) for row in table.to_pylist()]
    found = {}
    for target, exact in (("size", 15.0), ("nitrogen", 0.5)):
        told = {pairs[0][0]: (exact, "="), pairs[1][0]: relations.get(target, (exact, "="))}
        found[target] = LookupOracle(told, target=target, endpoint=target, unit="1")
    return Panel(ObjectiveConfig(components=(SIZE, NITROGEN)), dict(found), library), pairs


@pytest.mark.parametrize(
    ("size", "nitrogen", "relation"),
    [
        ((99.0, "<"), (0.5, "="), "<"),
        ((15.0, ">"), (0.5, "="), ">"),
        ((15.0, ">"), (0.5, ">"), ">"),
        ((15.0, ">"), (0.5, "<"), "<"),
    ],
)
def test_a_bound_of_one_target_bounds_the_utility(
    library: Path, size: tuple[float, str], nitrogen: tuple[float, str], relation: str
) -> None:
    panel, pairs = bounded(library, size=size, nitrogen=nitrogen)
    table = panel.measure(pairs)
    assert table["relation"].to_pylist() == ["=", relation]
    exact, bound = table["value"].to_pylist()
    # At the limits, but what may be better than its limit while another is poorer: 1 at most.
    met = [desirability(SIZE.transform, size[0]), desirability(NITROGEN.transform, nitrogen[0])]
    if size[1] == ">" and nitrogen[1] == "<":
        met[0] = np.array(1.0)
    assert bound == pytest.approx(float(np.sqrt(met[0] * met[1])))
    assert exact == pytest.approx(0.5, abs=0.01)
    labels = pa.concat_tables([one.measure(pairs) for one in panel.oracles.values()])
    sure = panel.desirabilities(labels, [name for name, _ in pairs])
    assert np.isnan(sure[1]).any() == (relation == "<")
    assert not np.isnan(sure[0]).any()


def test_a_bound_tells_nothing_of_a_window_but_that_it_may_be_met(library: Path) -> None:
    panel, pairs = bounded(library, size=(99.0, ">"))
    window = ComponentConfig(
        target="size", transform=TransformConfig(kind="inside", low=10.0, high=20.0)
    )
    panel = Panel(ObjectiveConfig(components=(window, NITROGEN)), panel.oracles, library)
    table = panel.measure(pairs)
    assert table["relation"].to_pylist() == ["=", "<"]
    assert table["value"].to_pylist()[1] == pytest.approx(0.5**0.5, abs=0.01)


def test_falling_wishes_turn_bounds(library: Path) -> None:
    panel, pairs = bounded(library, size=(15.0, "<"))
    falling = ComponentConfig(
        target="size", transform=TransformConfig(kind="falling", low=5.0, high=25.0)
    )
    panel = Panel(ObjectiveConfig(components=(falling,)), panel.oracles, library)
    assert panel.measure(pairs)["relation"].to_pylist() == ["=", ">"]
