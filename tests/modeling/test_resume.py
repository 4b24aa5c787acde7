"""A training that is killed and asked for again ends with the bundle of an undisturbed one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from hitsieve.config import parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.modeling.config import TrainConfig
from hitsieve.modeling.train import train_model
from hitsieve.training.trail import Trail, read_curve

_RUN = """
import sys
from pathlib import Path
from hitsieve.config import load_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.modeling.config import TrainConfig
from hitsieve.modeling.run_folder import RunFolder
from hitsieve.modeling.train import train_model
from hitsieve.training.trail import Trail

# A state an epoch instead of one in ten seconds.
RunFolder.trail = lambda self: Trail(self.path / "curves", self.states, seconds=0)
train_model(load_config(TrainConfig, Path(sys.argv[1])), SerialExecutor())
"""


@pytest.mark.slow
def test_killed_and_asked_for_again(settings: dict[str, Any], tmp_path: Path) -> None:
    members = 2
    settings["overrides"] = {
        "network": {"hidden": 12, "head_hidden": 12, "dropout": 0.1},
        "training": {"members": members, "epochs": 30, "patience": 30, "warmup": 1},
        "baseline": {"trees": 5},
    }
    path = tmp_path / "train.yaml"
    path.write_text(yaml.safe_dump(settings))
    child = subprocess.Popen([sys.executable, "-c", _RUN, str(path)])
    runs = Path(settings["runs"])
    _wait_for_epochs(runs, f"member-{members - 1}", 3, child)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert len(list(runs.glob("unfinished/*/*.safetensors"))) == members

    again = train_model(parse_config(TrainConfig, settings), SerialExecutor())
    first, second = sorted(runs.glob("train-*"), key=lambda run: run.stat().st_mtime)
    assert second == again.run
    name = f"curves/member-{members - 1}.jsonl"
    before = read_curve(first / name)
    assert read_curve(second / name)[: len(before) - 1] == before[:-1]
    assert not (runs / "unfinished").exists()

    whole = parse_config(TrainConfig, settings | {"registry": str(tmp_path / "other")})
    assert train_model(whole, SerialExecutor()).digest == again.digest


def _wait_for_epochs(runs: Path, name: str, epochs: int, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        assert child.poll() is None, "the training ended before it could be killed"
        curves = list(runs.glob(f"train-*/curves/{name}.jsonl"))
        if curves and len(read_curve(curves[0])) >= epochs:
            return
        time.sleep(0.01)
    raise AssertionError("the training wrote no epochs")


def test_another_question_takes_nothing_from_the_first(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    start = Trail.start

    def told(self: Trail, digest: str) -> Any:
        read.append(f"{self.checkpoints}/{self.name}-{digest[:16]}")
        return start(self, digest)

    monkeypatch.setattr(Trail, "start", told)
    for seed in (3, 4):
        train_model(parse_config(TrainConfig, settings | {"seed": seed}), SerialExecutor())
    assert len(set(read)) == 4
    assert len({Path(place).parent for place in read}) == 2


def test_a_finished_run_keeps_its_curves(config: TrainConfig) -> None:
    made = train_model(config, SerialExecutor())
    lines = (made.run / "history.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    for member in (0, 1):
        epochs = read_curve(made.run / "curves" / f"member-{member}.jsonl")
        assert [e.stopping_loss for e in epochs] == [
            line["stopping_loss"] for line in told if line["member"] == member
        ]
