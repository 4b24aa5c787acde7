"""From files to a hit list through the real command line, in processes of its own."""

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

DATA = Path(__file__).resolve().parents[1] / "data"
SERIAL = ("--executor", "serial")


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

    def run(self, *arguments: Any, code: int = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=240)
        assert process.returncode == code, f"{arguments}: {process.returncode}\n{err}"
        assert "Traceback" not in err
        return out if code == 0 else err


def _bytes(screen: Path) -> dict[str, bytes]:
    files = [screen / "screen.json"]
    files += [p for part in ("scores", "_commits") for p in sorted((screen / part).rglob("*"))]
    return {str(p.relative_to(screen)): p.read_bytes() for p in files if p.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Build, train and screen once."""
    shell = Shell(tmp_path_factory.mktemp("e2e"))
    (shell.folder / "many.yaml").write_text("shard_rows: 4\n")
    built = shell.run(
        "library", "build", DATA / "drugs.csv", "--out", "shards", "--config", "many.yaml",
        *SERIAL, "--json",
    )  # fmt: skip
    counts = json.loads(built)
    assert counts["records"] == counts["compounds"] == 127
    trained = shell.run(
        "train", DATA / "drugs.yaml", "--name", "clogp", "--recipe", "fast", "--split", "random",
        "--set", "training.members=2", "--set", "training.epochs=3", *SERIAL, "--json",
    )  # fmt: skip
    assert json.loads(trained)["model"] == "clogp@1"
    shell.run("screen", "run", "shards", "--model", "clogp", "--out", "whole", *SERIAL)
    return shell


def test_hits_are_the_best_scores(made: Shell) -> None:
    hits = json.loads(made.run("hits", "whole", "--top", "9", "--json"))
    status = json.loads(made.run("screen", "status", "whole", "--top", "9", "--json"))
    best = [row["compound_id"] for row in status["top"][0]["hits"]]
    assert [hit["compound_id"] for hit in hits] == best
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.slow
def test_sharding_does_not_change_a_score(made: Shell) -> None:
    made.run("library", "build", DATA / "drugs.csv", "--out", "library", *SERIAL)
    made.run("screen", "run", "library", "--model", "clogp", "--out", "few", *SERIAL)
    few = json.loads(made.run("hits", "few", "--top", "127", "--json"))
    many = json.loads(made.run("hits", "whole", "--top", "127", "--json"))
    assert [hit["compound_id"] for hit in few] == [hit["compound_id"] for hit in many]
    assert [hit["score"] for hit in few] == pytest.approx([hit["score"] for hit in many], abs=1e-5)


@pytest.mark.parametrize(
    "how",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
    ],
)
def test_a_screen_that_was_stopped_ends_with_the_same_bytes(
    made: Shell, how: signal.Signals
) -> None:
    name = f"stopped-{how.name}"
    command = ("screen", "run", "shards", "--model", "clogp", "--out", name, *SERIAL)
    process = made.start(*command)
    commits = made.folder / name / "_commits"
    limit = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < limit:
        # A record under its final name is a commit; a temporary one is none yet.
        if any(path.suffix == ".json" for path in commits.glob("[!.]*")):
            process.send_signal(how)
            break
        time.sleep(0.002)
    _, err = process.communicate(timeout=60)
    if process.returncode not in {0, -signal.SIGKILL}:
        assert process.returncode == 5
        assert f"go on with: hitsieve screen run shards --model clogp --out {name}" in err
    again = json.loads(made.run(*command, "--json"))
    assert again["state"] == "complete"
    assert again["found"] >= (1 if process.returncode else 0)
    assert _bytes(made.folder / name) == _bytes(made.folder / "whole")


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.timeout(900)
def test_a_stop_signal_ends_a_screen_on_ray_resumable(made: Shell) -> None:
    process = made.start(
        "screen", "run", "shards", "--model", "clogp", "--out", "evicted",
        "--executor", "ray", "--workers", "1", "--no-reuse",
    )  # fmt: skip
    commits = made.folder / "evicted" / "_commits"
    while process.poll() is None and not list(commits.rglob("[!.]*.json")):
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 5, err
    assert "go on with: hitsieve screen run" in err
    again = made.run("screen", "run", "shards", "--model", "clogp", "--out", "evicted", *SERIAL)
    assert again
    assert _bytes(made.folder / "evicted") == _bytes(made.folder / "whole")


@pytest.mark.slow
@pytest.mark.ray
def test_ray_and_serial_give_the_same_bytes(made: Shell) -> None:
    made.run(
        "screen", "run", "shards", "--model", "clogp", "--out", "on-ray",
        "--executor", "ray", "--workers", "2",
    )  # fmt: skip
    assert _bytes(made.folder / "on-ray") == _bytes(made.folder / "whole")


def test_a_changed_model_is_refused_with_6(made: Shell) -> None:
    copy = made.folder / "tampered" / "clogp" / "1"
    copy.mkdir(parents=True)
    for path in (made.folder / "models" / "clogp" / "1").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    data = bytearray((copy / "weights.safetensors").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "weights.safetensors").write_bytes(bytes(data))
    told = made.run(
        "screen", "run", "shards", "--model", "clogp", "--models", "tampered", "--out", "no",
        *SERIAL, code=6,
    )  # fmt: skip
    assert "weights.safetensors was changed" in told
    assert not (made.folder / "no").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("screen", "run", "--nonsense"), 2),
        (("screen", "run", "absent", "--model", "clogp", "--out", "x", *SERIAL), 3),
        (("hits", "absent"), 3),
        (("library", "build", DATA / "drugs.csv", "--smiles-column", "name", "--out", "bad",
          "--max-reject", "5%", *SERIAL), 4),
    ],
)  # fmt: skip
def test_exit_codes_tell_what_went_wrong(
    made: Shell, arguments: tuple[Any, ...], code: int
) -> None:
    assert made.run(*arguments, code=code)


def test_a_cluster_that_cannot_be_reached_ends_with_7(made: Shell) -> None:
    made.environment["RAY_ADDRESS"] = "192.0.2.1:6379"  # reserved for documentation
    try:
        made.run(
            # in a folder of its own: beside other screens it would take their answers
            "screen", "run", "shards", "--model", "clogp", "--out", "far/x7", "--executor", "ray",
            code=7,
        )  # fmt: skip
    finally:
        del made.environment["RAY_ADDRESS"]


def test_a_reader_that_leaves_early_is_no_error(made: Shell) -> None:
    process = made.start("hits", "whole", "--top", "127", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.wait(timeout=120)
    err = process.stderr.read()
    process.stderr.close()
    assert process.returncode == 0
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
