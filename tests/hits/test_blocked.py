"""A quarantine is found where the model lay, and where it lies now."""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.hits import blocked_models, collect
from hitsieve.hits.blocked import blocked_of, relied_on, told_of
from hitsieve.registry.quarantine import Block
from hitsieve.registry.registry import Registry
from hitsieve.screen.cascade import Cascade
from hitsieve.screen.plan import ScreenPlan, load_plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def plan(tiny: Any, tmp_path: Path) -> ScreenPlan:
    """A screen's plan that names a copy of its model, which may be blocked."""
    shutil.copytree(tiny.models, tmp_path / "models")
    found = load_plan(tiny.screen)
    folder = str(tmp_path / "models" / "clogp" / "1")
    model = dataclasses.replace(found.models[0], folder=folder)
    return dataclasses.replace(found, models=(model,))


def test_no_model_is_blocked_unless_it_is(tiny: Any, plan: ScreenPlan) -> None:
    assert blocked_models(plan) == {}
    assert collect(tiny.screen, "logP", k=1, registry=tiny.models).blocked == {}


def test_a_block_is_found_beside_the_model(plan: ScreenPlan, tmp_path: Path) -> None:
    entry = Registry(tmp_path / "models").quarantine("clogp", 1, "wrong plates")
    assert blocked_models(plan) == {"clogp@1": entry.block}
    assert blocked_models(plan, models=[]) == {}
    Registry(tmp_path / "models").lift_quarantine("clogp", 1, "read anew")
    assert blocked_models(plan) == {}


def test_a_block_is_found_in_the_registry_that_is_used_now(
    tiny: Any, plan: ScreenPlan, tmp_path: Path
) -> None:
    shutil.copytree(tiny.models, tmp_path / "moved")
    registry = Registry(tmp_path / "moved")
    registry.quarantine("clogp", 1, "wrong plates")
    assert blocked_models(plan) == {}
    assert blocked_models(plan, registry.root)["clogp@1"].reason == "wrong plates"
    other = dataclasses.replace(plan.models[0], sha256="0" * 64)
    assert blocked_models(plan, registry.root, [other]) == {}, "another model of that name"
    (registry.root / "clogp" / "1" / "card.md").write_text("changed")
    assert blocked_models(plan, registry.root, [other]), "damaged bytes do not clear it"
    assert blocked_models(plan, tmp_path / "nowhere") == {}


def test_a_record_that_cannot_be_read_clears_nobody(plan: ScreenPlan, tmp_path: Path) -> None:
    Registry(tmp_path / "models").quarantine("clogp", 1, "wrong plates")
    (tmp_path / "models" / "clogp" / "quarantine" / "1.json").write_text("{")
    assert "1.json cannot be read" in blocked_models(plan)["clogp@1"].reason


def test_a_copy_of_another_name_is_known_by_its_bytes(
    tiny: Any, plan: ScreenPlan, tmp_path: Path
) -> None:
    copy = dataclasses.replace(
        plan.models[0], folder=str(tmp_path / "copy"), reference="clogp@copy"
    )
    assert blocked_models(plan, tmp_path / "models", [copy]) == {}
    Registry(tmp_path / "models").quarantine("clogp", 1, "wrong plates")
    assert blocked_models(plan, tmp_path / "models", [copy])["clogp@copy"].reason == "wrong plates"
    assert blocked_models(plan, tiny.models, [copy]) == {}
    assert blocked_models(plan, None, [copy]) == {}


def test_what_blocks_is_told_in_one_line() -> None:
    assert told_of({}) == ""
    both = {"a@1": Block("wrong plates", by="ann"), "b@2": Block("leaks", at="2026-03-04")}
    told = "a@1 is quarantined by ann: wrong plates; b@2 is quarantined since 2026-03-04: leaks"
    assert told_of(both) == told


def test_names_in_a_plan_are_no_paths(plan: ScreenPlan, tmp_path: Path) -> None:
    strange = dataclasses.replace(plan.models[0], reference="../x@1", folder="nowhere/1")
    assert blocked_models(plan, tmp_path / "models", [strange]) == {}


def test_a_cascade_rests_on_both_its_models(plan: ScreenPlan) -> None:
    model = plan.models[0]
    student = dataclasses.replace(model, reference="student@1")
    both = dataclasses.replace(plan, models=(student, model))
    assert relied_on(both, model) == [model]
    cascade = Cascade.__new__(Cascade)
    assert relied_on(dataclasses.replace(both, cascade=cascade), model) == [student, model]


def test_hits_of_a_moved_and_blocked_model_are_collected_with_the_block(
    tiny: Any, tmp_path: Path
) -> None:
    shutil.copytree(tiny.models, tmp_path / "models")
    shutil.copytree(tiny.screen, tmp_path / "screen")
    path = tmp_path / "screen" / "screen.json"
    written = json.loads(path.read_text())
    for model in written["models"]:
        model["folder"] = str(tmp_path / "gone" / "1")
    path.write_text(json.dumps(written))
    Registry(tmp_path / "models").quarantine("clogp", 1, "wrong plates")
    found = collect(tmp_path / "screen", "logP", k=3, registry=tmp_path / "models")
    assert found.hits.num_rows == 3
    assert found.blocked["clogp@1"].reason == "wrong plates"
    assert blocked_of([found, found]) == found.blocked
    assert set(found.hits.column("quarantined").to_pylist()) == {told_of(found.blocked)}
    free = collect(tiny.screen, "logP", k=3, registry=tiny.models)
    assert set(free.hits.column("quarantined").to_pylist()) == {""}
