from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.cli.cascades import cascade_facts, say_cascade, warn_beyond
from hitsieve.screen import ScreenConfig, load_plan, run_screen
from hitsieve.screen.config import CascadeConfig
from hitsieve.testing.fakes import FakeSources, write_fake_library

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.screen import ScreenPlan


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, ScreenPlan]:
    config = ScreenConfig(
        library=write_fake_library(tmp_path / "library", (60, 40)),
        models=["teacher@1"],
        output=tmp_path / "screen",
        executor="serial",
        cascade=CascadeConfig(student="student@1", top=7, recall=0.5, confidence=0.5),
    )
    folder = run_screen(config, sources=FakeSources()).folder
    return folder, load_plan(folder)


def test_it_tells_what_is_foretold(
    made: tuple[Path, ScreenPlan], capsys: pytest.CaptureFixture[str]
) -> None:
    facts = cascade_facts(*made)
    assert facts is not None
    assert set(facts["targets"]) == {"CDK2/cyclin A", "shape"}
    say_cascade(facts)
    told = capsys.readouterr().err
    assert "student@1 scores everything, teacher@1 rescores" in told.replace("\n", " ")
    assert "shape: foretold from" in told


def test_a_list_longer_than_the_top_is_warned_of(
    made: tuple[Path, ScreenPlan], capsys: pytest.CaptureFixture[str]
) -> None:
    _, plan = made
    warn_beyond(plan, ["teacher@1"], 7)
    warn_beyond(plan, ["student@1"], 99)
    assert capsys.readouterr().err == ""
    warn_beyond(plan, ["teacher@1"], 8)
    assert "looked for the best 7" in capsys.readouterr().err
    warn_beyond(plan, ["student@1"], 5, in_domain=True)
    assert capsys.readouterr().err == ""
    warn_beyond(plan, ["teacher@1"], 5, in_domain=True)
    assert "--full-rescore" in capsys.readouterr().err


def test_a_plain_screen_has_nothing_to_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ScreenConfig(
        library=write_fake_library(tmp_path / "library", (6,)),
        models=["gnn@1"],
        output=tmp_path / "screen",
        executor="serial",
    )
    folder = run_screen(config, sources=FakeSources()).folder
    plan = load_plan(folder)
    assert cascade_facts(folder, plan) is None
    say_cascade(None)
    warn_beyond(plan, ["gnn@1"], 10**6)
    assert capsys.readouterr().err == ""
