from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.errors import ChecksumError, ConfigError, IncompleteError, InputError
from hitsieve.schema import SCORES
from hitsieve.screen import load_plan, plan_screen, run_screen, top_hits
from hitsieve.screen.controls import (
    CONTROLS_FILE,
    PREFIX,
    enrichment,
    gather,
    read_controls,
)
from hitsieve.screen.live import read_live
from hitsieve.screen.verify import verify_screen
from hitsieve.store import Commit, Ledger, read_committed, scores_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


@pytest.fixture
def spiked(configure: Configure) -> ScreenConfig:
    return configure(controls="held-out")


def test_controls_travel_in_every_shard_and_never_into_hits(
    spiked: ScreenConfig, sources: FakeSources, configure: Configure
) -> None:
    folder = run_screen(spiked, sources=sources).folder
    plan = load_plan(folder)
    assert len(plan.controls) == 20
    for commit in Ledger(folder).committed().values():
        told = commit.extra["controls"]
        assert (len(told["active"]), len(told["inactive"])) == (5, 5)
    for table in read_committed(folder, SCORES):
        assert not any(name.startswith(PREFIX) for name in table["compound_id"].to_pylist())
    plain = run_screen(configure("plain"), sources=sources).folder
    for target in ("CDK2/cyclin A", "shape"):
        spiked_top = top_hits(folder, target, "gnn@1", 500)
        assert spiked_top.equals(top_hits(plain, target, "gnn@1", 500))
    assert verify_screen(folder).problems == ()


def test_places_are_shares_of_better_compounds(spiked: ScreenConfig, sources: FakeSources) -> None:
    folder = run_screen(spiked, sources=sources).folder
    golden = json.loads((folder / CONTROLS_FILE).read_text())["scores"]
    for target, sign in (("CDK2/cyclin A", 1), ("shape", -1)):
        key = scores_path(target, "gnn@1", "shard-00003")
        commit = Ledger(folder).get(key)
        assert commit is not None
        (table,) = read_committed(folder, SCORES, [key])
        scores = sign * table["score"].drop_null().to_numpy()
        for name, place in commit.extra["controls"]["active"].items():
            own = golden[f"{target} by gnn@1"][name]
            expected = 1.0 if own is None else float(np.mean(scores > sign * own))
            assert place == pytest.approx(expected, abs=1e-6)


def test_a_shard_whose_controls_drift_is_quarantined(
    spiked: ScreenConfig, sources: FakeSources, configure: Configure
) -> None:
    sick = replace(sources, sick="shard-00003")
    with pytest.raises(IncompleteError, match=r"shard-00003 \(GoldenMismatchError.*in the golden"):
        run_screen(spiked, sources=sick)
    assert not [key for key in Ledger(spiked.output).committed() if key.endswith("00003")]
    summary = run_screen(spiked, sources=sources)
    assert (summary.scored, summary.complete) == (1, True)
    # Without controls nobody would know.
    assert run_screen(configure("plain"), sources=sick).complete


def test_a_resumed_screen_keeps_its_golden_scores(
    spiked: ScreenConfig, sources: FakeSources, configure: Configure,
    contents: Callable[[Path], dict[str, bytes]],
) -> None:  # fmt: skip
    with pytest.raises(IncompleteError):
        run_screen(spiked, sources=replace(sources, broken="shard-00000"))
    run_screen(spiked, sources=sources)
    clean = run_screen(configure("clean", controls="held-out"), sources=sources)
    assert contents(spiked.output) == contents(clean.folder)


def test_controls_are_part_of_the_plan(
    spiked: ScreenConfig, configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    plain, with_controls = (plan_screen(c, sources) for c in (configure(), spiked))
    assert plain.fingerprint != with_controls.fingerprint
    outputs = [{o.fingerprint for u in p.units for o in u.outputs} for p in (plain, with_controls)]
    assert not outputs[0] & outputs[1]
    run_screen(spiked, sources=sources)
    assert load_plan(spiked.output) == with_controls
    path = tmp_path / "screen" / CONTROLS_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"controls": "other"}))
    next((spiked.output / "_commits").rglob("*00000.json")).unlink()
    with pytest.raises(ChecksumError, match="of other controls"):
        run_screen(spiked, sources=sources)


def test_their_enrichment_is_told_live(spiked: ScreenConfig, sources: FakeSources) -> None:
    run_screen(spiked, sources=sources)
    found = read_live(spiked.output)
    assert found is not None
    for entry in found["targets"]:
        told = entry["controls"]
        assert (told["actives"], told["inactives"], told["shards"]) == (5, 5, 4)
        assert 0 <= told["auc"] <= 1


def commit(rows: int, *above: float) -> Commit:
    active = {f"control:{n}": value for n, value in enumerate(above)}
    return Commit("k", {}, rows, "f", {"controls": {"active": active, "inactive": {"x": 0.5}}})


def test_enrichment_weighs_shards_by_rows() -> None:
    found = enrichment([commit(100, 0.0, 0.5), commit(300, 0.008, 0.9)])
    assert found == {
        "actives": 2, "inactives": 1, "auc": round(1 - (0.006 + 0.8) / 2, 4),
        "enrichment": 50.0, "shards": 2,
    }  # fmt: skip
    assert enrichment([]) is None
    assert enrichment([Commit("k", {}, 3, "f")]) is None
    assert enrichment([commit(100)]) is None


def test_contradictions_are_left_out() -> None:
    known = [("CCO", "A", True), ("CCO", "A", False), ("CCO", "B", True), ("CCN", "A", True)]
    found = {c.smiles: (c.active, c.inactive) for c in gather([*known, ("CCC", "A", False)])}
    assert found == {"CCO": (("B",), ()), "CCN": (("A",), ()), "CCC": ((), ("A",))}


def test_a_file_of_controls_is_read(tmp_path: Path) -> None:
    path = tmp_path / "controls.csv"
    path.write_text("smiles,target,active\nOCC,A,1\nc1ccccc1.Cl,A,no\n")
    found = {c.smiles: (c.active, c.inactive) for c in read_controls(path)}
    assert found["CCO"] == (("A",), ())
    assert len(found) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("smiles,target,active\nCCO,A,maybe\n", "line 2"),
        ("smiles,target,active\nCCO,A,1\nnonsense,A,1\n", "line 3"),
        ("smiles,active\nCCO,1\n", "no column target; the columns are smiles, active"),
        ("", "no column smiles, target, active"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "controls.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_controls(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_controls(tmp_path / "absent.csv")


def test_a_quote_that_is_not_closed_hides_no_control(tmp_path: Path) -> None:
    path = tmp_path / "controls.csv"
    head, rows = "smiles,target,active,note\n", "CCN,A,0,\nCCC,A,0,\n"
    path.write_text(f'{head}CCO,A,1,"see plate 5\n{rows}')
    assert len(read_controls(path)) == 3
    path.write_text(f'{head}"CCO,A,1,\n{rows}')
    with pytest.raises(InputError, match=r"row 2: a quote is opened and not closed"):
        read_controls(path)


def test_controls_of_other_targets_are_refused(
    configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    path = tmp_path / "controls.csv"
    path.write_text("smiles,target,active\nCCO,other,1\n")
    with pytest.raises(ConfigError, match="none for the targets"):
        run_screen(configure(controls=str(path)), sources=sources)


def test_real_models_bring_their_own(tiny: Any, tmp_path: Path) -> None:
    from hitsieve.screen import ScreenConfig

    config = ScreenConfig(
        library=tiny.library, models=["clogp"], output=tmp_path / "s", registry=tiny.models,
        executor="serial", controls="held-out",
    )  # fmt: skip
    folder = run_screen(config).folder
    told = read_live(folder)["targets"][0]["controls"]  # type: ignore[index]
    assert told["actives"] >= 1
    assert told["inactives"] >= 3
    spiked = top_hits(folder, "logP", k=200)
    plain = top_hits(tiny.screen, "logP", k=200)
    assert sorted(spiked["compound_id"].to_pylist()) == sorted(plain["compound_id"].to_pylist())
    assert np.allclose(spiked["score"].to_numpy(), plain["score"].to_numpy(), atol=1e-5)
