"""Jobs submitted to a local head with token authentication, end to end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hitsieve.screen import screen_status

if TYPE_CHECKING:
    from collections.abc import Callable

    Submit = Callable[..., subprocess.CompletedProcess[str]]

JOBS = Path(__file__).resolve().parents[2] / "ray_jobs"
pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def submit(head: Any, tmp_path: Path) -> Submit:
    """Submit a job with a configuration, and wait for it."""

    def run(
        job: str, config: dict[str, Any], *flags: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        path = tmp_path / f"{job}.yaml"
        path.write_text(yaml.safe_dump(config))
        command = [sys.executable, str(JOBS / "submit.py"), job, str(path)]
        return subprocess.run(
            [*command, "--address", head.address, "--retries", "0", *flags],
            env=env or head.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


def screen_config(tiny: Any, output: Path) -> dict[str, Any]:
    return {
        "library": str(tiny.library),
        "models": ["clogp"],
        "registry": str(tiny.models),
        "output": str(output),
        "executor": "ray",
        "workers": 1,
    }


def test_a_screen_is_submitted_followed_and_never_run_twice(
    submit: Submit, head: Any, tiny: Any, tmp_path: Path
) -> None:
    config = screen_config(tiny, tmp_path / "screen")
    done = submit("screen", config)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "submitted screen-" in done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    shards = [line for line in told if "shard" in line]
    assert len(shards) == 8
    assert all(line["run"] and line["node"] and line["screen"] for line in shards)
    assert screen_status(tmp_path / "screen").complete
    twice = submit("screen", config)
    assert twice.returncode == 0
    assert "succeeded before" in twice.stderr
    name = submit("screen", config, "--dry-run").stdout.strip()
    # Ray itself refuses the id too, whoever submits it.
    ray = Path(sys.executable).with_name("ray")
    command = [str(ray), "job", "submit", "--address", head.address, "--submission-id", name]
    refused = subprocess.run(
        [*command, "--", "python", "-c", "print()"],
        env=head.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "already exists" in refused.stderr + refused.stdout


def test_a_failed_job_ends_with_its_code_and_is_followed_by_another_attempt(
    submit: Submit, tiny: Any, tmp_path: Path
) -> None:
    config = {"screen": str(tmp_path / "absent"), "output": str(tmp_path / "out")}
    assert submit("analyze", config).returncode == 3
    second = submit("analyze", config)
    assert second.returncode == 3
    assert "-r2" in second.stderr
    found = submit("analyze", {**config, "screen": str(tiny.screen)}, "--no-wait")
    assert found.returncode == 0


def test_the_ray_command_line_submits_the_same_scripts(
    head: Any, tiny: Any, tmp_path: Path
) -> None:
    path = tmp_path / "analysis.yaml"
    path.write_text(yaml.safe_dump({"screen": str(tiny.screen), "output": str(tmp_path / "out")}))
    command = [str(Path(sys.executable).with_name("ray")), "job", "submit"]
    command += ["--address", head.address, "--working-dir", str(JOBS)]
    command += ["--runtime-env", str(JOBS / "runtime_env.yaml"), "--submission-id", "by-hand"]
    done = subprocess.run(
        [*command, "--", "python", "analyze.py", str(path)],
        env=head.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    written = {file.name for file in (tmp_path / "out").iterdir()}
    assert written == {"hits.csv", "hits.sdf", "hits.parquet", "report.html"}


def test_nobody_gets_in_without_the_token(submit: Submit, head: Any, tiny: Any) -> None:
    wrong = head.environment | {"RAY_AUTH_TOKEN": "0" * 32}
    config = {"screen": str(tiny.screen), "output": os.devnull}
    refused = submit("analyze", config, env=wrong)
    assert refused.returncode == 7, refused.stderr
    assert "token" in refused.stderr
