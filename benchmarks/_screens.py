"""Libraries and models that benchmarks of screens share, and the commands they run."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _bundles import write_random_bundle
from _chemprop import MCULE, mirror_file

from hitsieve.engine import open_executor
from hitsieve.library import LibraryConfig, build_library
from hitsieve.networks.config import NetworkConfig

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Materials:
    """What a benchmark screens: a library, and the bundle of a model."""

    library: Path
    bundle: Path

    def command(self, verb: str, output: Path, *options: str) -> list[str]:
        """Return a ``hitsieve screen`` command that answers in JSON."""
        start = [sys.executable, "-m", "hitsieve", "screen", verb, str(self.library)]
        return [*start, "--model", str(self.bundle), "--out", str(output), "--json", *options]


def missing(asked: argparse.Namespace) -> str:
    """Return which data set is not there; empty if none is needed that is not."""
    if asked.library is None and mirror_file(MCULE) is None:
        return f"{MCULE} is not in the folder named by HITSIEVE_DATA_MIRROR"
    return ""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what :func:`prepare` needs to know."""
    parser.add_argument("--compounds", type=int, default=20_000, help="without --library")
    parser.add_argument("--library", type=Path, help="a library that is there already")
    parser.add_argument("--targets", type=int, default=4)
    parser.add_argument("--members", type=int, default=1, help="networks of the model")
    parser.add_argument("--hidden", type=int, default=300, help="width of the networks")
    parser.add_argument("--work", type=Path, help="a folder that keeps library and model")


def prepare(asked: argparse.Namespace, work: Path, shard_rows: int = 5_000) -> Materials:
    """Build the library, and write a model with random weights, unless they are there.

    Parameters
    ----------
    asked
        The options of :func:`add_options`.
    work
        Folder that keeps both.
    shard_rows
        Compounds in a shard of a library built here.
    """
    library = asked.library
    if library is None:
        library = work / f"library-{asked.compounds}-{shard_rows}"
        config = LibraryConfig(
            inputs=[str(mirror_file(MCULE))],
            output=library,
            limit=asked.compounds,
            shard_rows=shard_rows,
        )
        with open_executor("auto") as executor:
            build_library(config, executor)
    name = f"random-{asked.targets}-{asked.members}x{asked.hidden}"
    bundle = work / "models" / name / "1"
    if not bundle.is_dir():
        network = NetworkConfig(hidden=asked.hidden, head_hidden=asked.hidden)
        write_random_bundle(
            bundle, library, targets=asked.targets, members=asked.members, network=network
        )
    return Materials(library.resolve(), bundle.resolve())


def timed(command: Sequence[str], env: dict[str, str] | None = None) -> tuple[float, Any]:
    """Run a command; return its seconds from start to end, and the JSON it answered with."""
    began = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, check=True
    )
    return time.perf_counter() - began, json.loads(done.stdout)


def below(pid: int, name: bytes) -> list[tuple[int, int]]:
    """Return (start time in clock ticks, process id) of a process's descendants of a name."""
    parents: dict[int, int] = {}
    starts: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            parents[int(folder.name)], starts[int(folder.name)] = int(fields[1]), int(fields[19])
    found = {pid}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    named = []
    for one in found - {pid}:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{one}/cmdline").read_bytes().startswith(name):
                named.append((starts[one], one))
    return named
