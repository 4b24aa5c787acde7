from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import ConfigError, InputError, NotFoundError, UsageError
from hitsieve.screen.claim import claim_folder
from hitsieve.screen.controls import Control
from hitsieve.screen.plan import (
    PLAN_FILE,
    ScreenPlan,
    load_plan,
    output_of,
)
from hitsieve.screen.planning import plan_screen, worker_gpus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


@pytest.fixture
def plan(configure: Configure, sources: FakeSources) -> ScreenPlan:
    return plan_screen(configure(), sources)


def test_a_unit_is_a_shard_with_all_targets_of_all_models(plan: ScreenPlan) -> None:
    assert [unit.shard.name for unit in plan.units] == [f"shard-0000{i}" for i in range(5)]
    assert plan.compounds == 132
    keys = [output.key for output in plan.units[3].outputs]
    assert keys == [
        "target=CDK2%2Fcyclin%20A/model=gnn@1/shard-00003",
        "target=shape/model=gnn@1/shard-00003",
        "target=CDK2%2Fcyclin%20A/model=forest@2/shard-00003",
        "target=shape/model=forest@2/shard-00003",
    ]
    assert plan.units[3].outputs[0].path == f"scores/{keys[0]}.parquet"


def test_every_file_has_a_fingerprint_of_its_own(plan: ScreenPlan) -> None:
    prints = [output.fingerprint for unit in plan.units for output in unit.outputs]
    # shards of equal size may hold equal bytes, but targets and models always differ
    assert all(len({o.fingerprint for o in unit.outputs}) == 4 for unit in plan.units)
    assert len(set(prints)) == len(prints)


def test_the_fingerprint_speaks_of_content_alone(plan: ScreenPlan) -> None:
    moved = replace(plan, library="/elsewhere")
    assert moved.fingerprint == plan.fingerprint
    remade = replace(plan, shards=(replace(plan.shards[0], sha256="0"), *plan.shards[1:]))
    assert remade.fingerprint != plan.fingerprint
    assert remade.units[0].outputs[0].fingerprint != plan.units[0].outputs[0].fingerprint
    assert remade.units[2].outputs == plan.units[2].outputs
    retrained = replace(plan, models=(replace(plan.models[0], sha256="0"), plan.models[1]))
    assert retrained.fingerprint != plan.fingerprint
    assert replace(plan, models=plan.models[:1]).fingerprint != plan.fingerprint


def test_a_plan_comes_back_from_its_file(plan: ScreenPlan, tmp_path: Path) -> None:
    assert claim_folder(plan, tmp_path / "s")
    assert not claim_folder(plan, tmp_path / "s")
    assert load_plan(tmp_path / "s") == plan


def test_a_folder_of_another_plan_is_refused(plan: ScreenPlan, tmp_path: Path) -> None:
    claim_folder(plan, tmp_path)
    with pytest.raises(UsageError, match="belongs to another plan"):
        claim_folder(replace(plan, models=plan.models[:1]), tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: replace(p, models=p.models[:1]), r"it scores .* by .*, asked is "),
        (
            lambda p: replace(p, models=(replace(p.models[0], sha256="0"), *p.models[1:])),
            "another model bears the name now in ",
        ),
        (
            lambda p: replace(p, shards=(replace(p.shards[0], rows=7), *p.shards[1:])),
            r"the library has other shards, [\d,]+ compounds where it had ",
        ),
        (
            lambda p: replace(p, shards=(replace(p.shards[0], sha256="0"), *p.shards[1:])),
            "the library has other shards than when it began, of ",
        ),
        (
            lambda p: replace(p, controls=(Control("control:1", "CCO", ("T",), ()),)),
            "its 0 controls are not the 1 that are asked",
        ),
        (lambda p: replace(p, scoring=99), "scoring is of version 99, it began with "),
        (
            lambda p: replace(p, models=(replace(p.models[0], precision="bf16"), *p.models[1:])),
            "precision, device, units or directions",
        ),
    ],
)
def test_what_differs_from_the_plan_of_a_folder_is_told(
    plan: ScreenPlan, tmp_path: Path, change: Callable[[ScreenPlan], ScreenPlan], told: str
) -> None:
    claim_folder(plan, tmp_path)
    with pytest.raises(UsageError, match=f"belongs to another plan: {told}"):
        claim_folder(change(plan), tmp_path)


def test_an_edited_plan_is_refused(plan: ScreenPlan, tmp_path: Path) -> None:
    claim_folder(plan, tmp_path)
    path = tmp_path / PLAN_FILE
    found = json.loads(path.read_text())
    found["models"][0]["targets"][0]["direction"] = "lower"
    path.write_text(json.dumps(found))
    with pytest.raises(InputError, match="was edited"):
        load_plan(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"library": 1, "shards": [{"x": 1}]}'])
def test_what_is_no_plan_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / PLAN_FILE).write_text(text)
    with pytest.raises(InputError, match=r"screen\.json"):
        load_plan(tmp_path)


def test_an_absent_screen_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no screen in"):
        load_plan(tmp_path)


def test_targets_are_filtered(configure: Configure, sources: FakeSources) -> None:
    plan = plan_screen(configure(targets=["shape"]), sources)
    assert {output.target for unit in plan.units for output in unit.outputs} == {"shape"}


def test_unknown_targets_and_models_are_refused(configure: Configure, sources: FakeSources) -> None:
    with pytest.raises(ConfigError, match=r"'shap' \(did you mean 'shape'\?\)"):
        plan_screen(configure(targets=["shap"]), sources)
    with pytest.raises(NotFoundError, match="no model 'gnn'"):
        plan_screen(configure(models=["gnn"]), sources)


def test_two_models_of_one_name_are_refused(
    configure: Configure, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = type(sources).describe

    def same(self: FakeSources, reference: str, registry: Path) -> object:
        return replace(original(self, reference, registry), reference="gnn@1", folder=reference)

    monkeypatch.setattr(type(sources), "describe", same)
    with pytest.raises(ConfigError, match="gnn@1 and forest@2 are both gnn@1"):
        plan_screen(configure(), sources)


def test_an_empty_library_is_refused(
    configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no shards"):
        plan_screen(configure(library=tmp_path / "empty"), sources)


def test_a_target_is_found_with_its_model(plan: ScreenPlan) -> None:
    assert output_of(plan, "shape", "gnn@1")[1].reference == "gnn@1"
    alone = replace(plan, models=plan.models[:1])
    assert output_of(alone, "shape", None)[1].reference == "gnn@1"
    with pytest.raises(UsageError, match="several models"):
        output_of(plan, "shape", None)
    with pytest.raises(NotFoundError, match=r"did you mean 'gnn@1'"):
        output_of(plan, "shape", "gnn@2")
    with pytest.raises(NotFoundError, match=r"did you mean 'shape'"):
        output_of(plan, "shapes", None)


def test_the_precision_is_part_of_the_plan(
    plan: ScreenPlan, configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    reduced = plan_screen(configure(precision="auto"), sources)
    assert {model.precision for model in plan.models} == {"fp32"}
    assert {model.precision for model in reduced.models} == {"bf16"}
    assert reduced.fingerprint != plan.fingerprint
    assert plan_screen(configure(precision="bf16"), sources) == reduced
    first, second = plan.units[0].outputs[0], reduced.units[0].outputs[0]
    assert (first.key, first.fingerprint != second.fingerprint) == (second.key, True)
    assert claim_folder(reduced, tmp_path / "screen")
    assert load_plan(tmp_path / "screen") == reduced


def test_a_screen_of_an_earlier_version_is_read_but_not_continued(
    configure: Configure, sources: FakeSources
) -> None:
    config = configure()
    plan = plan_screen(config, sources)
    earlier = replace(plan, scoring=plan.scoring - 1)
    assert claim_folder(earlier, config.output)
    assert load_plan(config.output) == earlier
    assert load_plan(config.output).units[0].outputs[0] != plan.units[0].outputs[0]
    with pytest.raises(UsageError, match="belongs to another plan"):
        claim_folder(plan, config.output)


def test_the_device_is_part_of_a_plan_only_where_it_is_no_processor(
    configure: Configure, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_screen(configure(), sources)
    assert plan_screen(configure(device="auto"), sources).fingerprint == plan.fingerprint
    with pytest.raises(UsageError, match="sees no GPU"):
        plan_screen(configure(device="cuda"), sources)
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    there = configure(device="cuda", executor="ray")
    moved = plan_screen(there, sources)
    assert {model.device for model in moved.models} == {"cuda"}
    assert moved.fingerprint != plan.fingerprint
    assert moved.units[0].outputs[0].fingerprint != plan.units[0].outputs[0].fingerprint
    assert worker_gpus(there, moved) == 1
    assert worker_gpus(configure(device="cuda", executor="ray", gpus=0.25), moved) == 0.25
    assert worker_gpus(configure(), plan) == 0
