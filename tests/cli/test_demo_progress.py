from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hitsieve.campaign.compare import compare
from hitsieve.cli.demo_progress import ConsoleReporter
from hitsieve.cli.demo_summary import DemoSummary

if TYPE_CHECKING:
    import pytest


def summary() -> DemoSummary:
    return DemoSummary(
        folder=Path("out"),
        library=Path("out/library"),
        screen=Path("out/screen"),
        registry=Path("out/models"),
        compounds=29_137,
        model="demo-r1@1",
        target="imatinib_shape",
        skill={"rmse": (0.03, None)},
        warnings=("the random forest is ahead of the model",),
        comparison=compare([3.0, 2.0], [1.0, 2.0, 3.0], seed=1),
        files={kind: Path(f"out/x.{kind}") for kind in ("csv", "sdf", "html", "measured")},
        seconds={"a": 1.5, "b": 2.0},
        commands=("hitsieve one", "hitsieve two", "hitsieve three"),
    )


def test_steps_and_summary_go_to_stderr_as_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = ConsoleReporter()
    reporter.begin(1, 6, "make a library")
    reporter.advance("react", 5, 10)
    reporter.end("10 compounds", 1.25)
    reporter.stop()
    reporter.finish(summary())
    told = capsys.readouterr()
    assert told.out == ""
    assert "[1/6] make a library" in told.err
    assert "10 compounds · 1.2 s" in told.err
    assert "29,137 compounds made, 3 measured at random" in told.err
    assert "rmse: ensemble 0.030, fingerprint forest not defined" in told.err
    assert "  warning: the random forest is ahead of the model" in told.err
    assert "hitsieve three" in told.err
    assert "\x1b" not in told.err


def test_the_summary_as_json_holds_no_place_and_no_time() -> None:
    text = str(summary().to_json())
    assert "out/" not in text
    assert "seconds" not in text
