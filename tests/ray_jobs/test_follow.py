"""Following and resubmitting, against a job server that is made to say anything."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.errors import ClusterError
from hitsieve.screen import ScreenConfig, plan_screen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

JOBS = Path(__file__).resolve().parents[2] / "ray_jobs"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(JOBS))
    return SimpleNamespace(
        follow=importlib.import_module("follow"), submit=importlib.import_module("submit")
    )


@dataclass
class Server:
    """A job server: each submitted job ends with the next code; None is a lost driver."""

    codes: list[int | None]
    jobs: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    submitted: list[str] = field(default_factory=list)
    rival: str = ""
    breaks: int = 0

    def submit_job(self, *, entrypoint: str, submission_id: str, runtime_env: Any) -> None:
        assert entrypoint
        assert runtime_env is not None
        code = self.codes.pop(0)
        if submission_id == self.rival:
            self.jobs[submission_id] = ("SUCCEEDED", 0)
            raise RuntimeError(f"Job with submission_id {submission_id} already exists")
        self.submitted.append(submission_id)
        self.jobs[submission_id] = ("SUCCEEDED" if code == 0 else "FAILED", code)

    def get_job_status(self, name: str) -> str:
        if name not in self.jobs:
            raise RuntimeError(f"Request failed with status code 404: Job {name} does not exist")
        return self.jobs[name][0]

    def get_job_info(self, name: str) -> Any:
        status, code = self.jobs[name]
        if self.breaks:
            self.breaks -= 1
            status = "RUNNING"
        return SimpleNamespace(status=status, driver_exit_code=code, message="it ended")

    async def tail_job_logs(self, name: str) -> AsyncIterator[str]:
        yield f"begin {name}\n"
        if self.breaks:
            raise RuntimeError("the connection closed")
        yield "end\n"


def run(scripts: Any, server: Server, **options: Any) -> tuple[int, list[float]]:
    waited: list[float] = []
    follower = scripts.follow.Follower(server, "screen-1", pause=waited.append, **options)
    return follower.run("python screen.py config.yaml", {}), waited


def test_a_job_that_succeeds_is_submitted_once(scripts: Any) -> None:
    server = Server([0])
    assert run(scripts, server)[0] == 0
    assert server.submitted == ["screen-1"]


@pytest.mark.parametrize("code", [1, 5, 7, 137, None, -9])
def test_a_lost_job_is_submitted_again_under_its_next_name(scripts: Any, code: int | None) -> None:
    server = Server([code, code, 0])
    ended, waited = run(scripts, server)
    assert ended == 0
    assert server.submitted == ["screen-1", "screen-1-r2", "screen-1-r3"]
    assert waited == [5.0, 10.0]


@pytest.mark.parametrize("code", [2, 3, 4, 6])
def test_what_would_only_come_again_ends_it(scripts: Any, code: int) -> None:
    server = Server([code])
    assert run(scripts, server)[0] == code
    assert server.submitted == ["screen-1"]


def test_retries_are_counted(scripts: Any) -> None:
    server = Server([5] * 9)
    assert run(scripts, server, retries=2)[0] == 5
    assert len(server.submitted) == 3


def test_a_job_that_succeeded_is_not_run_again(scripts: Any) -> None:
    server = Server([], {"screen-1": ("SUCCEEDED", 0)})
    assert run(scripts, server)[0] == 0
    server.codes = [0]
    assert run(scripts, server, again=True)[0] == 0
    assert server.submitted == ["screen-1-r2"]


def test_earlier_failures_are_passed_over(scripts: Any) -> None:
    server = Server([0], {"screen-1": ("FAILED", 3), "screen-1-r2": ("STOPPED", None)})
    assert run(scripts, server)[0] == 0
    assert server.submitted == ["screen-1-r3"]


def test_a_rival_that_was_faster_is_followed(scripts: Any) -> None:
    server = Server([0], rival="screen-1")
    assert run(scripts, server)[0] == 0
    assert server.submitted == []


def test_a_broken_connection_repeats_no_line(
    scripts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server([0], breaks=2)
    assert run(scripts, server)[0] == 0
    assert capsys.readouterr().out == "begin screen-1\nend\n"


def test_a_stopped_job_stays_stopped(scripts: Any) -> None:
    server = Server([None])
    follower = scripts.follow.Follower(server, "screen-1", pause=lambda _: None)
    server.jobs["screen-1"] = ("STOPPED", None)
    assert follower.follow("screen-1") == 5


def test_the_id_follows_from_plan_and_output(scripts: Any, tiny: Any, tmp_path: Path) -> None:
    def config(output: str, **more: Any) -> ScreenConfig:
        return ScreenConfig(
            library=tiny.library,
            models=["clogp"],
            registry=tiny.models,
            output=tmp_path / output,
            **more,
        )

    identity = scripts.submit.submission_id
    first = identity("screen", config("a"))
    assert plan_screen(config("a")).fingerprint in first
    assert identity("screen", config("a", workers=7, executor="ray")) == first
    assert identity("screen", config("b")) != first
    assert identity("screen", config("a", targets=["logP"])) == first


def test_a_configuration_travels_with_absolute_paths(
    scripts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        "screen: s3://bucket/first\noutput: out\nlibrary: vendor\nformats: [csv]\n"
    )
    config = scripts.submit.read("analyze", Path("c.yaml"))
    environment = scripts.submit.pack("analyze", config, tmp_path)
    sent = (tmp_path / "config.yaml").read_text()
    assert f"output: {tmp_path}/out" in sent
    assert f"library: {tmp_path}/vendor" in sent
    assert "screen: s3://bucket/first" in sent
    assert {"analyze.py", "job.py"} <= {path.name for path in tmp_path.iterdir()}
    assert environment["working_dir"] == str(tmp_path)
    assert environment["env_vars"]["RAY_USAGE_STATS_ENABLED"] == "0"


def test_an_unsafe_cluster_is_refused_before_a_word_is_sent(
    scripts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(ClusterError, match="is not on this machine"):
        scripts.submit.connect("https://192.0.2.77:8265")
