"""Find an ensemble's best compounds with a distilled student first, beside `chemprop predict`.

The teacher is an ensemble of five default networks that Chemprop trains on one small set, and that
is imported with its weights. A student is distilled from it; then `hitsieve screen run` lets the
student score the whole library, and the ensemble what can still be among its best 0.1 %. Measured
are the screen, from start to finished files, and `chemprop predict` with the same five files, whose
cost for a further compound comes from two runs of different size, so its start-up does not count.
The ensemble also scores everything once: what share of its best did the screen find, and what had
it foretold?

    python benchmarks/cascade.py --chemprop-python ../chemprop/bin/python --work casc \
        --compounds 1000000 --chemprop-compounds 20000 --epochs 50
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from _chemprop import (
    LIPO,
    MCULE,
    Run,
    chemprop_python,
    chemprop_version,
    mirror_file,
    missing,
    predict_command,
    run_measured,
    train_chemprop,
    write_csv,
)

from hitsieve.engine import open_executor
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.modeling.distill import DistillConfig, distill
from hitsieve.modeling.import_chemprop import ImportConfig, import_chemprop
from hitsieve.provenance import versions
from hitsieve.screen import load_plan, top_hits
from hitsieve.screen.cascade import read_cuts
from hitsieve.screen.scores import Scores

MEMBERS = 5
FEW = 4  # a further compound is measured between so many times fewer, and all
TARGET = "lipo"


@dataclass(frozen=True, slots=True)
class Case:
    """What all runs share."""

    python: str
    work: Path
    library: Path
    checkpoints: list[Path]
    precision: str
    top: float


def main() -> int:
    """Print the tables; without Chemprop or the data, say so and do nothing."""
    arguments = _arguments()
    reason = missing(arguments.chemprop_python, MCULE, LIPO)
    if reason:
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(arguments.work or scratch).resolve()
        work.mkdir(parents=True, exist_ok=True)
        case = _prepare(arguments, work)
        compounds = len(Library.open(case.library))
        print(
            f"chemprop {chemprop_version(case.python)}, torch {versions()['torch']}, one thread, "
            f"{compounds:,} compounds, {MEMBERS} members, hitsieve in {case.precision}"
        )
        _tell_rates(case, compounds, arguments.chemprop_compounds, arguments.repeats)
        if not arguments.without_truth:
            _tell_recall(case, compounds)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, default=20_000)
    parser.add_argument("--chemprop-compounds", type=int, default=1_000)
    parser.add_argument("--epochs", type=int, default=3, help="of the ensemble, more than 2")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--chemprop-python", default=chemprop_python())
    parser.add_argument("--work", help="folder that keeps models, library and screens")
    parser.add_argument("--precision", default="auto", choices=("fp32", "bf16", "auto"))
    parser.add_argument("--library", help="a library that is there already")
    parser.add_argument("--sample", type=int, help="compounds that the student learns from")
    parser.add_argument("--top", type=float, default=0.001, help="share of the library to find")
    parser.add_argument("--without-truth", action="store_true", help="time only")
    return parser.parse_args()


def _prepare(arguments: argparse.Namespace, work: Path) -> Case:
    lipo = mirror_file(LIPO)
    assert lipo is not None  # noqa: S101 - asked for by missing() before
    python = arguments.chemprop_python
    kind = ("-s", "smiles", "--target-columns", TARGET, "-t", "regression")
    size = ("--epochs", arguments.epochs, "--ensemble-size", MEMBERS)
    checkpoints = train_chemprop(python, work / "teacher", lipo, *kind, *size)
    library = Path(arguments.library or work / "library")
    if not (library / "manifest.json").is_file():
        config = LibraryConfig(
            inputs=[str(mirror_file(MCULE))],
            output=library,
            limit=arguments.compounds,
            shard_rows=min(20_000, -(-arguments.compounds // 16)),
        )
        with open_executor("auto") as executor:
            build_library(config, executor)
    _models(arguments, work, library, checkpoints)
    return Case(python, work, library, checkpoints, arguments.precision, arguments.top)


def _models(
    arguments: argparse.Namespace, work: Path, library: Path, checkpoints: list[Path]
) -> None:
    """Import the ensemble and distill its student, unless that was done before.

    Without its data set, so that neither side looks for similar measured compounds.
    """
    models = work / "models"
    if not (models / "teacher").is_dir():
        import_chemprop(
            ImportConfig(
                name="teacher",
                files=tuple(checkpoints),
                trust=True,
                registry=models,
            )
        )
    if (models / "teacher-student").is_dir():
        return
    sample = arguments.sample or min(100_000, len(Library.open(library)) // 6)
    config = DistillConfig(
        teacher="teacher",
        library=library,
        registry=models,
        sample=sample,
        held_out=min(20_000, sample),
    )
    started, used = time.perf_counter(), time.process_time()
    with open_executor("serial", None) as executor:
        made = distill(config, executor)
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    print(f"distilled on {sample:,} compounds in {wall:.0f} s ({cpu:.0f} s of processor time)")
    for found in made.card.fidelity:
        print(f"  {found.measure:<40}{found.student}")


def _screen(case: Case, name: str, precision: str, *more: object) -> Run:
    shutil.rmtree(case.work / name, ignore_errors=True)
    command = [
        sys.executable, "-m", "hitsieve", "screen", "run", case.library, "--model", "teacher",
        "--student", "teacher-student", "--top", case.top, "--models", case.work / "models",
        "--out", case.work / name, "--executor", "serial", "--precision", precision,
        "--no-reuse", *more,
    ]  # fmt: skip
    return run_measured(command, 1)


def _tell_rates(case: Case, compounds: int, chemprop_compounds: int, repeats: int) -> None:
    opened = Library.open(case.library)
    smiles: list[str] = []
    for shard in opened.shards:
        if len(smiles) >= chemprop_compounds:
            break
        smiles += opened.read_shard(shard.name, ["parent_smiles"])["parent_smiles"].to_pylist()
    many, few = smiles[:chemprop_compounds], smiles[: chemprop_compounds // FEW]
    data = {n: write_csv(case.work / f"{n}.csv", texts) for n, texts in ((0, few), (1, many))}
    ours: list[Run] = []
    each: list[tuple[float, float]] = []
    for _ in range(repeats):  # in turn, so that a busy minute befalls both
        ours.append(_screen(case, "cascade", case.precision))
        runs = [
            run_measured(
                predict_command(
                    case.python, data[n], case.checkpoints, case.work / "chemprop.csv", 64
                ),
                1,
            )
            for n in (0, 1)
        ]
        further = len(many) - len(few)
        each.append(
            ((runs[1].wall - runs[0].wall) / further, (runs[1].cpu - runs[0].cpu) / further)
        )
    wall = statistics.median(run.wall for run in ours) / compounds
    cpu = statistics.median(run.cpu for run in ours) / compounds
    peak = max(run.peak for run in ours) / 2**20
    theirs = [statistics.median(pair[place] for pair in each) for place in (0, 1)]
    print(f"{'':<48}{'us each':>10}{'CPU us':>10}")
    print(f"{f'chemprop predict, of {len(many):,} compounds':<48}", end="")
    print(f"{theirs[0] * 1e6:>10.0f}{theirs[1] * 1e6:>10.0f}")
    print(f"{f'hitsieve screen run, start-up included, {peak:.0f} MiB':<48}", end="")
    print(f"{wall * 1e6:>10.1f}{cpu * 1e6:>10.1f}")
    print(f"{'ratio':<48}{theirs[0] / wall:>10.0f}{theirs[1] / cpu:>10.0f}")


def _tell_recall(case: Case, compounds: int) -> None:
    cascade, full = case.work / "cascade", case.work / "full"
    run = _screen(case, "full", "fp32", "--full-rescore")
    plan = load_plan(cascade)
    student, teacher = (model.reference for model in plan.models)
    best = round(case.top * compounds)
    wanted = set(top_hits(full, TARGET, teacher, best).column("compound_id").to_pylist())
    found: set[str] = set()
    rescored = 0
    for table in Scores.open(cascade, TARGET, teacher).tables(["compound_id"]):
        ids = table.column("compound_id").to_pylist()
        rescored += len(ids)
        found |= wanted.intersection(ids)
    listed = set(top_hits(cascade, TARGET, teacher, best).column("compound_id").to_pylist())
    alone = set(top_hits(full, TARGET, student, best).column("compound_id").to_pylist())
    cut = read_cuts(cascade)[TARGET]
    pilot = plan.cascade.pilot if plan.cascade else ()
    sampled = sum(shard.rows for shard in plan.shards if shard.name in pilot)
    print(
        f"all by both models, fp32: {run.wall / compounds * 1e6:.1f} us each, CPU {run.cpu:.0f} s"
    )
    print(f"foretold from {cut.sample:,} compounds: recall {cut.recall:.3f}", end=" ")
    print(f"({cut.low:.3f} to {cut.high:.3f}), {cut.share:.2%} to be rescored")
    print(f"rescored: {rescored - sampled:,} of {compounds - sampled:,} outside of the sample")
    print(f"rescored of the ensemble's best {best:,}: {len(found) / best:.4f}", end="; ")
    print(f"in the cascade's own best {best:,}: {len(listed & wanted) / best:.4f}", end="; ")
    print(f"in the student's: {len(alone & wanted) / best:.3f}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
