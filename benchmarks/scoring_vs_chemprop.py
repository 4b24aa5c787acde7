"""Score a prepared library with hitsieve, and the same compounds with `chemprop predict`.

Chemprop trains its default network on one small set; the checkpoint is imported, so both sides
use the same weights. Both run as their users run them, as commands, from start to finished files:
`hitsieve screen run` from a library, `chemprop predict` with its C++ featurizer and the batch
size that is fastest here from a table of the library's own SMILES. Runs alternate; medians count.
Both get one thread, then as many as there are cores (hitsieve as workers of one thread each).

With `--work` and `--record` a long comparison can be made in pieces: a later call adds its runs to
those on record, and medians are of all.

With `--from-text` both sides start from the same table of SMILES and end with a table of
predictions, on one thread: parse, featurize, score.

    python benchmarks/scoring_vs_chemprop.py --chemprop-python ../chemprop/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from _chemprop import (
    LIPO,
    MCULE,
    Run,
    chemprop_version,
    mirror_file,
    missing,
    predict_command,
    read_predictions,
    run_measured,
    train_chemprop,
    write_csv,
)

from hitsieve.chem.fingerprints import MORGAN_BYTES
from hitsieve.engine import open_executor
from hitsieve.graphs.bulk import graphs_from_smiles
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.modeling.import_chemprop import ImportConfig, import_chemprop
from hitsieve.provenance import versions
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer, settle_precision
from hitsieve.store.reader import dataset

if TYPE_CHECKING:
    from hitsieve.scoring.precision import Precision

BATCH_SIZES = (64, 256, 1024)
TRIAL = 5000
PART = 20_000


@dataclass(frozen=True, slots=True)
class Case:
    """What all runs share."""

    python: str
    work: Path
    library: Path
    checkpoint: Path
    data: Path
    compounds: int
    batch_size: int
    precision: str
    record: Path | None


def main() -> int:
    """Print the tables; without Chemprop or the data, say so and do nothing."""
    arguments = _arguments()
    if arguments.child:
        data, model, output = map(Path, arguments.child)
        _score_text(data, model, output, settle_precision(model, arguments.precision))
        return 0
    reason = missing(arguments.chemprop_python, MCULE, LIPO)
    if reason:
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(arguments.work or scratch).resolve()
        work.mkdir(parents=True, exist_ok=True)
        case = _prepare(arguments, work)
        print(
            f"chemprop {chemprop_version(case.python)}, torch {versions()['torch']}, "
            f"{os.cpu_count()} cores, {case.compounds} compounds, chemprop's batch size "
            f"{case.batch_size}, hitsieve in {case.precision}, {arguments.repeats} runs each"
        )
        print(f"{'':<32}{'compounds/s':>12}{'CPU us each':>12}{'peak MiB':>10}")
        if arguments.from_text:
            _compare_text(case, arguments.repeats)
            return 0
        for threads in arguments.cores or (1, os.cpu_count() or 1):
            name = f"{threads} core{'s' * (threads > 1)}"
            _compare(case, name, threads, arguments.repeats)
        _agree(case)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--chemprop-python", default=sys.executable)
    parser.add_argument("--work", help="folder that keeps models and library")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16", "auto"))
    parser.add_argument("--cores", type=int, nargs="+", help="default: one, then all")
    parser.add_argument("--library", help="a library that is there already")
    parser.add_argument("--batch-size", type=int, help="of Chemprop; by default the fastest")
    parser.add_argument("--record", type=Path, help="JSON file that keeps the runs")
    parser.add_argument("--from-text", action="store_true", help="both start from SMILES")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def _prepare(arguments: argparse.Namespace, work: Path) -> Case:
    lipo = mirror_file(LIPO)
    assert lipo is not None  # noqa: S101 - asked for by missing() before
    python = arguments.chemprop_python
    kind = ("-s", "smiles", "--target-columns", "lipo", "-t", "regression", "--epochs", "4")
    checkpoint = train_chemprop(python, work / "reg", lipo, *kind, "--ensemble-size", 2)[0]
    if not (work / "models").is_dir():
        import_chemprop(
            ImportConfig(name="lipo", files=(checkpoint,), trust=True, registry=work / "models")
        )
    library = Path(arguments.library or work / "library")
    if not (library / "manifest.json").is_file():
        config = LibraryConfig(
            inputs=[str(mirror_file(MCULE))], output=library, limit=arguments.compounds
        )
        with open_executor("auto") as executor:
            build_library(config, executor)
    smiles = _parents(library)
    if arguments.from_text:  # a library must be screened whole, a table need not be
        smiles = smiles[: arguments.compounds]
    data = write_csv(work / "compounds.csv", smiles)
    trial = write_csv(work / "trial.csv", smiles[:TRIAL])
    return Case(
        python,
        work,
        library,
        checkpoint,
        data,
        len(smiles),
        arguments.batch_size or _fastest(python, trial, checkpoint, work),
        arguments.precision,
        arguments.record,
    )


def _fastest(python: str, trial: Path, checkpoint: Path, work: Path) -> int:
    """Return the batch size with which Chemprop is fastest here."""
    seconds = {}
    for size in BATCH_SIZES:
        command = predict_command(python, trial, [checkpoint], work / "trial_out.csv", size)
        seconds[size] = run_measured(command, os.cpu_count() or 1).wall
    return min(seconds, key=lambda size: seconds[size])


def _parents(library: Path) -> list[str]:
    opened = Library.open(library)
    texts: list[str] = []
    for shard in opened.manifest.shards:
        table = opened.read_shard(shard.name, columns=["parent_smiles"])
        texts += table.column("parent_smiles").to_pylist()
    return texts


def _compare(case: Case, name: str, threads: int, repeats: int) -> None:
    theirs, ours = [], []
    chemprop = predict_command(
        case.python, case.data, [case.checkpoint], case.work / "chemprop.csv", case.batch_size
    )
    executor = ("ray", "--workers", threads) if threads > 1 else ("serial",)
    for _ in range(repeats):
        theirs.append(run_measured(chemprop, threads))
        shutil.rmtree(case.work / "screen", ignore_errors=True)
        screen = [
            sys.executable, "-m", "hitsieve", "screen", "run", case.library, "--model", "lipo",
            "--models", case.work / "models", "--out", case.work / "screen",
            "--executor", *executor, "--precision", case.precision,
        ]  # fmt: skip
        ours.append(run_measured(screen, 1))
    key = f"{name}, {case.compounds} compounds, {case.precision}"
    theirs, ours = _recorded(case.record, key, theirs, ours)
    medians = {}
    for who, runs in (("chemprop predict", theirs), ("hitsieve screen run", ours)):
        wall = statistics.median(run.wall for run in runs)
        cpu = statistics.median(run.cpu for run in runs)
        peak = max(run.peak for run in runs)
        medians[who] = (wall, cpu)
        # what workers of a cluster used is not told to the process that started it
        known = threads == 1 or "chemprop" in who
        used = f"{cpu / case.compounds * 1e6:>12.1f}{peak / 2**20:>10.0f}" if known else ""
        print(f"{who + ', ' + name:<32}{case.compounds / wall:>12,.0f}{used}")
    (a, b), (c, d) = medians.values()
    print(f"{'ratio, ' + name:<32}{a / c:>12.1f}" + (f"{b / d:>12.1f}" if threads == 1 else ""))


def _recorded(
    record: Path | None, key: str, theirs: list[Run], ours: list[Run]
) -> tuple[list[Run], list[Run]]:
    """Add runs to those on record and return all."""
    if record is None:
        return theirs, ours
    kept = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    found = kept.setdefault(key, {"chemprop": [], "hitsieve": []})
    found["chemprop"] += map(asdict, theirs)
    found["hitsieve"] += map(asdict, ours)
    record.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    print(f"{len(found['chemprop'])} runs of each on record")
    return [Run(**run) for run in found["chemprop"]], [Run(**run) for run in found["hitsieve"]]


def _compare_text(case: Case, repeats: int) -> None:
    """Time both sides from a table of SMILES to a table of predictions, in turn."""
    out = {name: case.work / f"{name}.csv" for name in ("chemprop", "hitsieve")}
    commands: dict[str, list[object]] = {
        "chemprop predict": predict_command(
            case.python, case.data, [case.checkpoint], out["chemprop"], case.batch_size
        ),
        "hitsieve, from SMILES": [
            sys.executable, __file__, "--precision", case.precision, "--child", case.data,
            case.work / "models" / "lipo" / "1", out["hitsieve"],
        ],
    }  # fmt: skip
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            runs[name].append(run_measured(command, 1))
    medians = []
    for name, found in runs.items():
        wall = statistics.median(run.wall for run in found)
        cpu = statistics.median(run.cpu for run in found)
        peak = max(run.peak for run in found) / 2**20
        medians.append((wall, cpu))
        print(
            f"{name:<32}{case.compounds / wall:>12,.0f}{cpu / case.compounds * 1e6:>12.1f}"
            f"{peak:>10.0f}"
        )
    (a, b), (c, d) = medians
    print(f"{'ratio':<32}{a / c:>12.1f}{b / d:>12.1f}")
    theirs, ours = (read_predictions(path, ["lipo"])[:, 0] for path in out.values())
    largest = float(np.max(np.abs(ours - theirs) / (np.abs(theirs) + theirs.std())))
    print(f"largest difference of {len(ours)} predictions, relative: {largest:.1e}")


def _score_text(data: Path, model: Path, output: Path, precision: Precision) -> None:
    """Predict a table of SMILES, a part at a time; the network reads graphs alone."""
    smiles = data.read_text(encoding="utf-8").splitlines()[1:]
    scorer = load_scorer(model, precision)
    with output.open("w", encoding="utf-8") as stream:
        stream.write("smiles,lipo\n")
        for start in range(0, len(smiles), PART):
            texts = smiles[start : start + PART]
            column = pa.array(texts, pa.string())
            morgan = np.zeros((len(texts), MORGAN_BYTES), np.uint8)
            batch = CompoundBatch(column, column, graphs_from_smiles(texts), morgan)
            values = scorer.model.score(batch).mean[:, 0].tolist()
            stream.writelines(f"{t},{v!r}\n" for t, v in zip(texts, values, strict=True))


def _agree(case: Case) -> None:
    """Compare the two results: the fastest answer must be the same answer."""
    table = dataset(case.work / "screen").to_table(columns=["compound_id", "score"])
    opened, order = Library.open(case.library), []
    for shard in opened.manifest.shards:
        order += opened.read_shard(shard.name, columns=["compound_id"])[0].to_pylist()
    score = dict(zip(table["compound_id"].to_pylist(), table["score"].to_pylist(), strict=True))
    ours = np.array([score[key] for key in order], np.float64)
    theirs = read_predictions(case.work / "chemprop.csv", ["lipo"])[:, 0]
    largest = float(np.max(np.abs(ours - theirs) / (np.abs(theirs) + theirs.std())))
    print(f"largest difference of {len(ours)} scores, relative: {largest:.1e}")


if __name__ == "__main__":
    sys.exit(main())
