"""A cascade through the real command line, killed while it rescores, and resumed."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[1] / "data"
SERIAL = ("--executor", "serial")
PIECES = (
    ("F", "Cl", "CC", "N#C", "O=C", "COC"),
    ("C", "CC", "C(=O)N", "OC", "CN"),
    ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1"),
    ("C", "CC", "CCC", "CO", "CN", "CCO"),
)


class Shell:
    """Runs ``hitsieve`` in a folder, with a clean environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: v for name, v in os.environ.items() if not name.startswith("HITSIEVE_")}
        self.environment = {
            **kept,
            "XDG_CONFIG_HOME": str(folder / "home"),
            "HITSIEVE_LOG_DIR": str(folder / "logs"),
            "OMP_NUM_THREADS": "1",
        }

    def start(self, *arguments: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "hitsieve", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: Any) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, f"{arguments}: {process.returncode}\n{err}"
        return out


def _bytes(screen: Path) -> dict[str, bytes]:
    files = (path for path in sorted(screen.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(screen)): path.read_bytes()
        for path in files
        if path.relative_to(screen).parts[0] != "runs"
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("cascade"))
    texts = ["".join(parts) for parts in itertools.product(*PIECES)]
    (shell.folder / "all.smi").write_text("".join(f"{t} m{n}\n" for n, t in enumerate(texts)))
    (shell.folder / "many.yaml").write_text("shard_rows: 20\n")
    shell.run("library", "build", "all.smi", "--out", "library", "--config", "many.yaml", *SERIAL)
    shell.run(
        "train", DATA / "drugs.yaml", "--name", "clogp", "--recipe", "fast", "--split", "random",
        "--set", "training.members=2", "--set", "training.epochs=3", *SERIAL,
    )  # fmt: skip
    shell.run(
        "distill", "clogp", "--library", "library", "--sample", "120", "--set", "held_out=120",
        "--set", "training.epochs=4", *SERIAL,
    )  # fmt: skip
    return shell


def _command(out: str) -> tuple[Any, ...]:
    return (
        "screen", "run", "library", "--model", "clogp", "--student", "clogp-student", "--top",
        "0.1", "--recall", "0.6", "--no-reuse", "--out", out, *SERIAL,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(1800)  # with what it is made from: a dozen commands
@pytest.mark.parametrize("behind", ["screen.json", "cascade.json"])
def test_killed_in_either_stage_it_ends_the_same(made: Shell, behind: str) -> None:
    whole = made.folder / "whole"
    if not whole.exists():
        made.run(*_command("whole"))
    killed = f"killed-behind-{behind}"
    process = made.start(*_command(killed))
    commits = made.folder / killed / "_commits"
    while process.poll() is None:
        if (made.folder / killed / behind).exists():
            there = len(list(commits.rglob("*.json"))) if commits.exists() else 0
            if there >= (1 if behind == "screen.json" else 16):
                process.send_signal(signal.SIGKILL)
                break
        time.sleep(0.002)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"
    left = json.loads(made.run("screen", "status", killed, "--json"))
    assert left["state"] == "incomplete"
    made.run(*_command(killed))
    assert _bytes(made.folder / killed) == _bytes(whole)
    made.run("screen", "verify", killed)
