"""A vendor's catalog over two releases, through the real command line in its own processes."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SERIAL = ("--executor", "serial")
MAY = ["CCO A1", "c1ccccc1O A2", "c1ccccc1N A3", "c1ccccc1N(=O)O A4", "CCN A5", "CC(C)(C)C A6"]
JUNE = ["CCO A1", "c1ccccc1N A3", "CCN A5", "CC(C)(C)C A6", "c1ccncc1C A7"]


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
            "COLUMNS": "160",
            "TERM": "xterm",
        }

    def write(self, name: str, lines: list[str]) -> None:
        data = "".join(f"{line}\n" for line in lines).encode()
        (self.folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)

    def start(self, *arguments: Any, **pipes: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "hitsieve", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes},
        )

    def run(self, *arguments: Any, code: int = 0, given: str | None = None) -> str:
        pipe = subprocess.PIPE if given is not None else subprocess.DEVNULL
        process = self.start(*arguments, stdin=pipe)
        out, err = process.communicate(given, timeout=240)
        assert process.returncode == code, f"{arguments}: {process.returncode}\n{err}"
        assert "Traceback" not in err
        return out if code == 0 else err

    def json(self, *arguments: Any, **settings: Any) -> Any:
        return json.loads(self.run(*arguments, "--json", **settings))


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Build the library of the first release."""
    made = Shell(tmp_path_factory.mktemp("library"))
    made.write("may.smi.gz", MAY)
    built = made.json(
        "library", "build", "may.smi.gz", "--supplier", "acme", "--out", "may", *SERIAL
    )
    assert (built["records"], built["compounds"], built["rejected"]) == (6, 5, 1)
    return made


def test_a_release_comes_in_and_everything_is_told(shell: Shell) -> None:
    shell.write("june.smi", JUNE)
    grown = shell.json(
        "library", "add", "may", "june.smi", "--supplier", "acme", "--out", "june", *SERIAL
    )
    # A4 was refused in May, and A2 is no longer listed.
    assert grown["changes"]["new"] == 1
    assert grown["changes"]["relisted"] == 4
    assert grown["changes"]["withdrawn"] == 1
    assert grown["compounds"] == 6
    shell.run("library", "verify", "june")
    found = shell.json("library", "diff", "may", "june")
    assert (found["added"], found["removed"], found["withdrawn"]) == (1, 0, 1)
    rows = shell.run("library", "diff", "may", "june", "--compounds").splitlines()
    assert {(row.split("\t")[0], row.split("\t")[3]) for row in rows[1:]} == {
        ("added", "A7"),
        ("withdrawn", "A2"),
    }
    shown = shell.run("library", "show", "june")
    assert "withdrawn\t1 compounds, 1 identifiers" in shown
    assert "outside chemprop_v2\t0" in shown
    cut = shell.json("library", "subset", "june", "--available", "--out", "listed", *SERIAL)
    assert (cut["chosen"], cut["left_out"]) == (5, 1)


def test_rejects_are_repaired_and_fed_back(shell: Shell) -> None:
    told = shell.json("library", "rejects", "may", "--out", "rejects.csv")
    assert told["refused"] == 1
    with (shell.folder / "rejects.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(r["id"], r["rejected_record"], r["code"]) for r in rows] == [
        ("A4", "may.smi.gz#4", next(iter(told["by_code"])))
    ]
    assert rows[0]["message"]
    rows[0]["smiles"] = "c1ccccc1[N+](=O)[O-]"
    with (shell.folder / "repaired.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    added = shell.json("library", "add", "may", "repaired.csv", "--out", "mended", *SERIAL)
    assert added["changes"]["repaired"] == added["changes"]["new"] == 1
    assert (added["records"], added["compounds"], added["rejected"]) == (6, 6, 0)
    assert shell.json("library", "rejects", "mended")["refused"] == 0


def test_standard_input_and_the_reject_limit(shell: Shell) -> None:
    good = "".join(f"{line}\n" for line in MAY)
    built = shell.json("library", "build", "-", "--out", "piped", *SERIAL, given=good)
    assert (built["records"], built["compounds"]) == (6, 5)
    bad = "".join(f"nonsense{i} B{i}\n" for i in range(30)) + good
    error = shell.run(
        "library", "build", "-", "--out", "refused", "--max-reject", "5%", *SERIAL,
        given=bad, code=4,
    )  # fmt: skip
    assert "allowed are 5.0%" in error
    assert "rejected" in error
    assert not (shell.folder / "refused" / "manifest.json").exists()
    shell.write("bad.smi", bad.splitlines())
    shell.run(
        "library", "add", "may", "bad.smi", "--max-reject", "5%", "--out", "no", *SERIAL, code=4
    )


def test_a_terminal_sees_rate_refusals_and_time_left(shell: Shell) -> None:
    shell.write("many.smi", [f"{'C' * (i % 40 + 2)}O m{i}" for i in range(300)] + ["bad"] * 9)
    (shell.folder / "small.yaml").write_text("chunk_records: 20\n")
    ours, theirs = pty.openpty()
    process = shell.start(
        "library", "build", "many.smi", "--out", "watched", "--config", "small.yaml", *SERIAL,
        stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen = _drain(ours)
    table, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    assert "records/s" in seen
    assert "9 refused" in seen
    assert "left" in seen
    # The closing table goes to stdout, one line an outcome.
    assert "309  records" in table
    assert "9  rejected" in table


def _drain(descriptor: int) -> str:
    pieces = []
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # Linux says so when the last writer has gone
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(descriptor)
    return b"".join(pieces).decode(errors="replace")


def test_killed_additions_and_cuts_end_with_the_same_bytes(shell: Shell) -> None:
    (shell.folder / "pieces.yaml").write_text("chunk_records: 10\n")
    lines = [f"{'C' * (i % 30 + 2)}N{'C' * (i // 30)} k{i}" for i in range(240)]
    shell.write("many-may.smi", lines[:160])
    shell.write("many-june.smi", lines[80:])
    (shell.folder / "shards.yaml").write_text("shard_rows: 8\n")
    shell.run(
        "library", "build", "many-may.smi", "--supplier", "acme", "--out", "many-may",
        "--config", "shards.yaml", *SERIAL,
    )  # fmt: skip
    add = ("library", "add", "many-may", "many-june.smi", "--supplier", "acme", *SERIAL)
    shell.run(*add, "--config", "pieces.yaml", "--out", "whole")
    for commits in (2, 9, 15):
        _kill_after(shell, commits, *add, "--config", "pieces.yaml", "--out", "killed")
    shell.run(*add, "--config", "pieces.yaml", "--out", "killed")
    assert _bytes(shell.folder / "killed") == _bytes(shell.folder / "whole")


def _kill_after(shell: Shell, commits: int, *command: Any) -> None:
    process = shell.start(*command)
    folder = shell.folder / "killed" / "_commits"
    while process.poll() is None and len(list(folder.rglob("*.json"))) < commits:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)


def _bytes(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "runs" not in path.relative_to(root).parts
    }
