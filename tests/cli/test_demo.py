from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.chem.shape import ShapeSettings
from hitsieve.cli.demo import run_demo
from hitsieve.cli.demo_summary import DemoConfig, DemoSummary
from hitsieve.errors import UsageError
from hitsieve.library.enumerate import EnumerationConfig
from hitsieve.oracles import ShapeOracleConfig

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.cli.demo_progress import Reporter

SMALL = DemoConfig(
    sample=60,
    top=10,
    overrides={"training": {"members": 2, "epochs": 3}},
    enumeration=EnumerationConfig(
        reactions=("urea",), reagents={"urea": {"amine": ("secondary_amines",)}}
    ),
    oracle=ShapeOracleConfig(settings=ShapeSettings(conformers=1, reference_conformers=1)),
)


class Quiet:
    def __init__(self) -> None:
        self.steps: list[int] = []
        self.stages: set[tuple[int, str]] = set()
        self.summaries: list[DemoSummary] = []

    def begin(self, number: int, total: int, title: str) -> None:
        assert total == 6
        assert title
        self.steps.append(number)

    def advance(self, stage: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        self.stages.add((self.steps[-1], stage))

    def end(self, finding: str, seconds: float) -> None:
        assert seconds >= 0
        assert isinstance(finding, str)

    def stop(self) -> None:
        pass

    def finish(self, summary: DemoSummary) -> None:
        self.summaries.append(summary)


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "runs" not in path.parts
    }


def demo(folder: Path, reporter: Reporter, config: DemoConfig = SMALL) -> DemoSummary:
    return run_demo(folder, executor="serial", config=config, reporter=reporter)


@pytest.mark.slow
def test_the_whole_way_twice_over(tmp_path: Path) -> None:
    first, second = Quiet(), Quiet()
    summary = demo(tmp_path, first)
    assert first.steps == [*second.steps, 1, 2, 3, 4, 5, 6]
    assert {(1, "react"), (2, "measure"), (3, "train: fit"), (4, "screen"), (5, "measure")} <= (
        first.stages
    )
    assert summary.compounds > 1000
    assert summary.comparison.picked == 10
    assert summary.comparison.random == 60
    for path in summary.files.values():
        assert path.stat().st_size > 500
    assert json.loads((tmp_path / "summary.json").read_text()) == summary.to_json()
    lines = "\n".join(summary.lines())
    assert str(summary.files["html"]) in lines
    assert all(command in lines for command in summary.commands)
    assert len(summary.commands) == 3

    before = state(tmp_path)
    again = demo(tmp_path, second)
    assert state(tmp_path) == before
    assert again.comparison == summary.comparison
    assert second.steps == first.steps
    assert not {stage for _, stage in second.stages} & {"react", "measure", "screen", "train: fit"}

    with pytest.raises(UsageError, match="other settings"):
        demo(tmp_path, Quiet(), SMALL.model_copy(update={"seed": 8}))
