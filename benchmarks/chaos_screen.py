"""A screen whose workers are killed again and again, against one that nobody disturbs.

Both screen the same library with the same models, as commands on Ray. While the second runs, the
worker that lives longest gets SIGKILL every so many seconds; a run that ends incomplete is
started again. In the end every byte of both folders but their journals must be equal, and
`hitsieve screen verify` must find nothing.

    python benchmarks/chaos_screen.py --library libraries/vendor --every 30
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from _screens import add_options, below, missing, prepare, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

INCOMPLETE = 5
JOURNALS = "runs"


@dataclass
class Killer:
    """Kills the oldest worker below this process every so many seconds, while it is entered."""

    every: float
    kills: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        due = time.monotonic() + self.every
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += self.every
            workers = sorted(below(os.getpid(), b"ray::Worker"))
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(workers[0][1], signal.SIGKILL)
                    self.kills += 1


def main() -> int:
    """Print the table; without the data, say so and do nothing. Returns 1 if anything differs."""
    arguments = _arguments()
    reason = missing(arguments)
    if reason:
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory(prefix="hitsieve-chaos-") as scratch:
        work = arguments.work or Path(scratch)
        materials = prepare(arguments, work, shard_rows=1_000)
        options = ("--no-reuse", "--executor", "ray", "--workers", str(arguments.workers))
        clean, chaos = Path(scratch) / "clean", Path(scratch) / "chaos"
        undisturbed, told = timed(materials.command("run", clean, *options))
        began = time.perf_counter()
        with Killer(arguments.every) as killer:
            runs = _insist(materials.command("run", chaos, *options))
        disturbed = time.perf_counter() - began
        print(
            f"{told['compounds']:,} compounds x {arguments.targets} targets in {told['shards']} "
            f"shards, {arguments.workers} workers\n"
            f"undisturbed: {undisturbed:.1f} s\n"
            f"disturbed:   {disturbed:.1f} s, {killer.kills} workers killed, one every "
            f"{arguments.every:g} s; runs until complete: {runs}"
        )
        return _judge(clean, chaos)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", type=float, default=8.0, help="seconds between two kills")
    return parser.parse_args()


def _insist(command: list[str]) -> int:
    """Run a command until it ends well; return how often it was started."""
    runs = 0
    while True:
        runs += 1
        code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
        if code == 0:
            return runs
        if code != INCOMPLETE:
            raise SystemExit(f"the disturbed screen ended with exit code {code}")


def _judge(clean: Path, chaos: Path) -> int:
    """Print what the folders have in common, and whether that is everything."""
    first, second = digest(clean), digest(chaos)
    tasks = [json.loads(line) for path in _task_files(chaos) for line in path.open()]
    again = sum(task["attempts"] - 1 for task in tasks)
    print(f"shards begun again: {again}; given up for a later run: {_given_up(tasks)}")
    verify = [sys.executable, "-m", "hitsieve", "screen", "verify", str(chaos), "--json"]
    sound = subprocess.run(verify, stdout=subprocess.DEVNULL, check=False).returncode == 0
    print(f"verified: {'nothing wrong' if sound else 'DAMAGED'}")
    print(f"undisturbed {first[1]} in {first[0]} files\ndisturbed   {second[1]} in {second[0]}")
    print("identical" if first == second else "DIFFERENT")
    return int(not sound or first != second)


def digest(folder: Path) -> tuple[int, str]:
    """Return how many files a screen has without its journals, and a SHA-256 over all."""
    whole, count = hashlib.sha256(), 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] != JOURNALS:
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            whole.update(f"{name.as_posix()} {found}\n".encode())
            count += 1
    return count, whole.hexdigest()


def _task_files(folder: Path) -> Iterator[Path]:
    yield from sorted((folder / JOURNALS).glob("*/tasks.jsonl"))


def _given_up(tasks: list[dict[str, object]]) -> int:
    return sum(bool(task["error_type"]) for task in tasks)


if __name__ == "__main__":
    sys.exit(main())
