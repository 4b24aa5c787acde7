"""What more targets cost: one bundle of many targets, and several bundles in one pass.

Commands run as users run them, one worker, from start to finished files; runs alternate, medians
count. First `hitsieve screen run` with a bundle of one target and with one of a hundred; then
four bundles in four screens and in one, which reads each shard and finds its equal atom
environments once. Weights are random: speed does not depend on them.

    python benchmarks/targets.py --library libraries/mcule-100k
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _bundles import write_random_bundle
from _chemprop import MCULE, mirror_file, run_measured
from _libraries import library_at

from hitsieve.library import Library
from hitsieve.provenance import versions

if TYPE_CHECKING:
    from _chemprop import Run

MODELS = 4


def main() -> int:
    """Print the table; without the data or a library, say so and do nothing."""
    arguments = _arguments()
    if arguments.library is None and mirror_file(MCULE) is None:
        print(f"skipped: {MCULE} is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(arguments.work or scratch).resolve()
        work.mkdir(parents=True, exist_ok=True)
        library = library_at(arguments.library, work, arguments.compounds)
        n = len(Library.open(library))
        print(
            f"torch {versions()['torch']}, {n} compounds, {arguments.precision}, one worker, "
            f"medians of {arguments.repeats}"
        )
        models = _models(work, library, arguments.targets)
        one, many = models["one"], models["many"]
        screens = {
            "1 target": [[one]],
            f"{arguments.targets} targets in one bundle": [[many]],
            f"{MODELS} bundles, {MODELS} screens": [[model] for model in models["four"]],
            f"{MODELS} bundles in one pass": [models["four"]],
        }
        _compare(screens, library, work, arguments, n)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, default=10_000)
    parser.add_argument("--targets", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--library", type=Path, help="a library that is there already")
    parser.add_argument("--work", help="folder that keeps models and library")
    parser.add_argument("--only", choices=("targets", "bundles"), help="half of the table")
    return parser.parse_args()


def _models(work: Path, library: Path, targets: int) -> dict[str, Any]:
    made = {}
    for name, count, seed in [
        ("one", 1, 0),
        (f"targets{targets}", targets, 0),
        *((f"more{number}", 1, number) for number in range(1, MODELS)),
    ]:
        folder = work / "models" / name / "1"
        if not folder.is_dir():
            write_random_bundle(folder, library, targets=count, seed=seed)
        made[name] = folder
    four = [made["one"], *(made[f"more{number}"] for number in range(1, MODELS))]
    return {"one": made["one"], "many": made[f"targets{targets}"], "four": four}


def _compare(
    screens: dict[str, list[list[Path]]],
    library: Path,
    work: Path,
    arguments: argparse.Namespace,
    n: int,
) -> None:
    pairs = {"targets": slice(0, 2), "bundles": slice(2, 4)}
    chosen = list(screens)[pairs[arguments.only]] if arguments.only else list(screens)
    runs: dict[str, list[Run]] = {name: [] for name in chosen}
    for _ in range(arguments.repeats):
        for name in chosen:
            runs[name].append(_screen(screens[name], library, work, arguments.precision))
    print(f"{'':<32}{'us each':>10}{'CPU us each':>13}{'peak MiB':>10}{'ratio':>8}{'of CPU':>8}")
    before = None
    for name, found in runs.items():
        wall = statistics.median(run.wall for run in found) / n * 1e6
        cpu = statistics.median(run.cpu for run in found) / n * 1e6
        ratio = ""
        if before is not None:
            ratio = f"{wall / before[0]:>8.2f}{cpu / before[1]:>8.2f}"
        peak = max(run.peak for run in found) / 2**20
        print(f"{name:<32}{wall:>10.1f}{cpu:>13.1f}{peak:>10.0f}{ratio}", flush=True)
        before = (wall, cpu) if before is None else None


def _screen(passes: list[list[Path]], library: Path, work: Path, precision: str) -> Run:
    """Run screens one after the other; return their sum, and the highest peak."""
    found = []
    for models in passes:
        shutil.rmtree(work / "screen", ignore_errors=True)
        named = [part for model in models for part in ("--model", model)]
        command = [
            sys.executable, "-m", "hitsieve", "screen", "run", library, *named,
            "--out", work / "screen", "--executor", "serial", "--precision", precision,
        ]  # fmt: skip
        found.append(run_measured(command, 1))
    shutil.rmtree(work / "screen", ignore_errors=True)
    first = found[0]
    return type(first)(
        sum(run.wall for run in found), sum(run.cpu for run in found), max(r.peak for r in found)
    )


if __name__ == "__main__":
    sys.exit(main())
