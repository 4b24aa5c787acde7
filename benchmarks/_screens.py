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

from hitsieve.engine import SerialExecutor, open_executor
from hitsieve.library import LibraryConfig, build_library
from hitsieve.modeling.config import CardData, SplitConfig, TrainConfig
from hitsieve.modeling.train import train_model

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

MCULE = "mcule_wong/mcule_1M_dev.parquet"
KINASES = "moleculeace"
TARGETS = ("CHEMBL1862_Ki", "CHEMBL262_Ki", "CHEMBL4203_Ki", "CHEMBL2147_Ki")
"""ABL1, GSK-3 beta, CLK4 and PIM1: four kinases, a model each."""


@dataclass(frozen=True, slots=True)
class Materials:
    """What a benchmark screens: a library, and models of a registry."""

    library: Path
    registry: Path
    models: tuple[str, ...]

    def command(self, verb: str, output: Path, *options: str) -> list[str]:
        """Return a ``hitsieve screen`` command that answers in JSON."""
        named = [part for name in self.models for part in ("--model", name)]
        fixed = ["--models", str(self.registry), "--out", str(output), "--json"]
        start = [sys.executable, "-m", "hitsieve", "screen", verb, str(self.library)]
        return [*start, *named, *fixed, *options]


def missing() -> str:
    """Return which data set is not there; empty if all are."""
    mirror = os.environ.get("HITSIEVE_DATA_MIRROR", "")
    absent = [name for name in (MCULE, KINASES) if not (Path(mirror) / name).exists()]
    if not mirror or absent:
        return f"{', '.join(absent)}: not in the folder named by HITSIEVE_DATA_MIRROR"
    return ""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what :func:`prepare` needs to know."""
    parser.add_argument("--compounds", type=int, default=20_000, help="without --library")
    parser.add_argument("--library", type=Path, help="a library that is there already")
    parser.add_argument("--targets", type=int, default=2, help="one to four, a model each")
    parser.add_argument("--members", type=int, default=3, help="networks of each model")
    parser.add_argument("--hidden", type=int, default=96, help="width of the networks")
    parser.add_argument("--work", type=Path, help="a folder that keeps library and models")


def prepare(asked: argparse.Namespace, work: Path, shard_rows: int = 5_000) -> Materials:
    """Build the library and train the models that are not there yet.

    Parameters
    ----------
    asked
        The options of :func:`add_options`.
    work
        Folder that keeps library and models.
    shard_rows
        Compounds in a shard of a library built here.
    """
    mirror = Path(os.environ["HITSIEVE_DATA_MIRROR"])
    library = asked.library
    if library is None:
        library = work / f"library-{asked.compounds}-{shard_rows}"
        config = LibraryConfig(
            inputs=[str(mirror / MCULE)],
            output=library,
            limit=asked.compounds,
            shard_rows=shard_rows,
        )
        with open_executor("auto") as executor:
            build_library(config, executor)
    registry = work / "models"
    names = []
    for target in TARGETS[: asked.targets]:
        names.append(f"{target.split('_')[0].lower()}-{asked.members}x{asked.hidden}")
        if not (registry / names[-1]).is_dir():
            _train(work, registry, names[-1], target, asked)
    return Materials(library.resolve(), registry.resolve(), tuple(names))


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


def _train(work: Path, registry: Path, name: str, target: str, asked: argparse.Namespace) -> None:
    mirror = Path(os.environ["HITSIEVE_DATA_MIRROR"])
    width = {"hidden": asked.hidden, "head_hidden": asked.hidden}
    config = TrainConfig(
        name=name,
        data=(CardData(card=f"{KINASES}/{target}", path=mirror),),
        split=SplitConfig(kind="column"),
        recipe="fast",
        # How well they predict does not matter here.
        overrides={"network": width, "training": {"members": asked.members, "epochs": 5}},
        registry=registry,
        runs=work / "runs",
    )
    with SerialExecutor() as executor:
        train_model(config, executor)
