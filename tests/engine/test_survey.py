from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine import Limits, Outcome, SerialExecutor, survey
from hitsieve.engine.survey import CLOCK_SECONDS, Node, Probe
from hitsieve.provenance import versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = Node("10.0.0.1", "a", alive=True, resources={"CPU": 2, "node:10.0.0.1": 1})


class Answers(SerialExecutor):
    """Answers every probe with what a node is made to say."""

    def __init__(self, probe: Probe | None, error: str = "") -> None:
        self.probe = probe
        self.error = error
        self.limits: list[Limits] = []

    def map(self, setup: Any, tasks: Any, limits: Limits = Limits()) -> Iterator[Any]:  # noqa: ARG002, B008 - the protocol's signature
        self.limits.append(limits)
        kind = "WorkerLost" if self.error else ""
        for task in tasks:
            yield Outcome(task.key, self.probe, self.error, kind)


def problems(probe: Probe, shared: Path | None = None) -> list[str]:
    return list(survey.survey(Answers(probe), [HERE], shared).problems)


def probed(**changes: Any) -> Probe:
    import time

    values = {"host": "a", "versions": versions(), "clock": time.time()} | changes
    return Probe(**values)


def test_a_sound_node_has_no_problem_and_leaves_nothing(tmp_path: Path) -> None:
    found = survey.survey(SerialExecutor(), [HERE], tmp_path)
    assert found.problems == ()
    assert found.probes["10.0.0.1"].versions == versions()
    assert list(tmp_path.iterdir()) == []


def test_a_probe_is_held_on_its_node() -> None:
    executor = Answers(probed())
    survey.survey(executor, [HERE])
    assert executor.limits[0].resources == {"node:10.0.0.1": 0.001}


def test_another_version_is_a_problem() -> None:
    (problem,) = problems(probed(versions=versions() | {"rdkit": "2020.1"}))
    assert "rdkit 2020.1" in problem
    assert "same image" in problem


@pytest.mark.parametrize("off", [-60, 60])
def test_a_wrong_clock_is_a_problem(off: float) -> None:
    import time

    (problem,) = problems(probed(clock=time.time() + off))
    assert "clock" in problem
    assert problems(probed(clock=time.time() + CLOCK_SECONDS / 10)) == []


def test_storage_that_is_not_shared_is_a_problem(tmp_path: Path) -> None:
    (problem,) = problems(probed(left="elsewhere"), tmp_path)
    assert "not seen here" in problem
    (problem,) = problems(probed(storage_error="Read-only file system"), tmp_path)
    assert "Read-only file system" in problem


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    found = survey.look(tmp_path / "absent")
    assert "absent" in found.storage_error
    assert not found.left


def test_nodes_that_are_gone_or_silent_are_named() -> None:
    gone = Node("10.0.0.2", "b", alive=False, resources={})
    found = survey.survey(Answers(None, "died\nat once"), [HERE, gone])
    assert [p.split()[1] for p in found.problems] == ["10.0.0.2", "10.0.0.1"]
    assert "does not answer" in found.problems[1]
