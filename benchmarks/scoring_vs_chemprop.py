"""Score compounds with hitsieve, and the same compounds with `chemprop predict`.

Chemprop trains its default network on one small set; the checkpoint is imported, so both sides
use the same weights. All run as their users run them, as commands, from start to finished files:
`hitsieve screen run` from a prepared library, parse, featurize and score here from a table of the
same SMILES, and `chemprop predict` from that table, with its C++ featurizer and the batch size
that is fastest here. Runs alternate; medians count. Everything gets one thread, and on request as
many as asked (hitsieve as workers of one thread each, from the library only).

With `--work` and `--record` a long comparison can be made in pieces: a later call adds its runs to
those on record, and medians are of all.

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
    chemprop_python,
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
    from numpy.typing import NDArray

    from hitsieve.scoring.precision import Precision

BATCH_SIZES = (64, 256, 1024)
TRIAL = 5000
PART = 20_000


CHEMPROP = "chemprop predict"


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
    record: Path | None


@dataclass(frozen=True, slots=True)
class Way:
    """One way to score all compounds: its command, and the folder or file it leaves."""

    name: str
    command: list[object]
    output: Path
    threads: int = 1
    """Of products in one process."""


def main() -> int:
    """Print the tables; without Chemprop or the data, say so and do nothing."""
    arguments = _arguments()
    if arguments.child:
        data, model, output = map(Path, arguments.child)
        _score_text(data, model, output, settle_precision(model, arguments.precisions[0]))
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
            f"{case.batch_size}, {arguments.repeats} runs each"
        )
        for threads in arguments.cores:
            ways = _ways(case, threads, arguments)
            _compare(case, ways, threads, arguments.repeats)
            _agree(case, ways)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--chemprop-python", default=chemprop_python())
    parser.add_argument("--work", help="folder that keeps models and library")
    parser.add_argument("--precisions", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--cores", type=int, nargs="+", default=[1])
    parser.add_argument("--without-text", action="store_true", help="from the library only")
    parser.add_argument("--library", help="a library that is there already")
    parser.add_argument("--batch-size", type=int, help="of Chemprop; by default the fastest")
    parser.add_argument("--record", type=Path, help="JSON file that keeps the runs")
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


def _ways(case: Case, threads: int, arguments: argparse.Namespace) -> list[Way]:
    output = case.work / "chemprop.csv"
    command = predict_command(case.python, case.data, [case.checkpoint], output, case.batch_size)
    ways = [Way(CHEMPROP, command, output, threads)]
    executor = ("ray", "--workers", threads) if threads > 1 else ("serial",)
    for precision in arguments.precisions:
        output = case.work / f"screen-{precision}"
        command = [
            sys.executable, "-m", "hitsieve", "screen", "run", case.library, "--model", "lipo",
            "--models", case.work / "models", "--out", output, "--no-reuse",
            "--executor", *executor, "--precision", precision,
        ]  # fmt: skip
        ways.append(Way(f"from the library, {precision}", command, output))
    if threads > 1 or arguments.without_text:
        return ways
    for precision in arguments.precisions:
        output = case.work / f"text-{precision}.csv"
        model = case.work / "models" / "lipo" / "1"
        command = [
            sys.executable, __file__, "--precisions", precision, "--child", case.data, model, output
        ]  # fmt: skip
        ways.append(Way(f"from SMILES, {precision}", command, output))
    return ways


def _compare(case: Case, ways: list[Way], threads: int, repeats: int) -> None:
    """Run all ways in turn, and print medians and their ratios to the first."""
    runs: dict[str, list[Run]] = {way.name: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            shutil.rmtree(way.output, ignore_errors=True)
            runs[way.name].append(run_measured(way.command, way.threads))
    runs = _recorded(case.record, f"{threads} threads, {case.compounds} compounds", runs)
    print(f"{f'{threads} core(s)':<30}{'compounds/s':>12}{'times':>8}", end="")
    print(f"{'CPU us each':>13}{'times':>8}{'peak MiB':>10}")
    first: tuple[float, float] | None = None
    for name, found in runs.items():
        wall = statistics.median(run.wall for run in found)
        cpu = statistics.median(run.cpu for run in found)
        first = first or (wall, cpu)
        line = f"{name:<30}{case.compounds / wall:>12,.0f}{first[0] / wall:>8.1f}"
        # what workers of a cluster used is not told to the process that started it
        if threads == 1 or name == CHEMPROP:
            peak = max(run.peak for run in found) / 2**20
            line += f"{cpu / case.compounds * 1e6:>13.1f}{first[1] / cpu:>8.1f}{peak:>10.0f}"
        print(line)


def _recorded(record: Path | None, key: str, runs: dict[str, list[Run]]) -> dict[str, list[Run]]:
    """Add runs to those on record and return all."""
    if record is None:
        return runs
    kept = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    found = kept.setdefault(key, {})
    for name, more in runs.items():
        found.setdefault(name, []).extend(map(asdict, more))
    record.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    print(f"{min(map(len, found.values()))} runs of each on record")
    return {name: [Run(**run) for run in found[name]] for name in runs}


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


def _agree(case: Case, ways: list[Way]) -> None:
    """Compare all results with Chemprop's: the fastest answer must be the same answer."""
    theirs = read_predictions(ways[0].output, ["lipo"])[:, 0]
    for way in ways[1:]:
        if way.output.is_dir():
            ours = _screened(case.library, way.output)
        else:
            ours = read_predictions(way.output, ["lipo"])[:, 0]
        largest = float(np.max(np.abs(ours - theirs) / (np.abs(theirs) + theirs.std())))
        print(f"{way.name}: largest difference of {len(ours)} scores, relative: {largest:.1e}")


def _screened(library: Path, screen: Path) -> NDArray[np.float64]:
    """Return a screen's scores in the library's order."""
    table = dataset(screen).to_table(columns=["compound_id", "score"])
    opened, order = Library.open(library), []
    for shard in opened.manifest.shards:
        order += opened.read_shard(shard.name, columns=["compound_id"])[0].to_pylist()
    score = dict(zip(table["compound_id"].to_pylist(), table["score"].to_pylist(), strict=True))
    return np.array([score[key] for key in order], np.float64)


if __name__ == "__main__":
    sys.exit(main())
