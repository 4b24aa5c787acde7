"""Measure the parts of a screen on this machine, and say what a billion compounds would cost.

One shard after the other is read, batched, scored, laid out, written and committed in this
process, and each part is timed alone; medians count. Processor time is taken, which does not depend
on what else the machine does; of commits, which wait for the disk, the time on the wall. A worker's
start is that of a process which loads the model; the driver's share is what its process needs to
give a task to a worker of Ray and to take the answer. `docs/scale.md` explains the formula.

    python benchmarks/scale.py --library libraries/mcule-100k --precision bf16
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from _bundles import write_random_bundle
from _chemprop import MCULE, mirror_file, run_measured
from _cost import Parts, table
from _libraries import library_at

from hitsieve.engine import Task, open_executor
from hitsieve.library import Library
from hitsieve.provenance import sha256_file, versions
from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch
from hitsieve.scoring.load import BundleScorer, load_scorer
from hitsieve.scoring.table import score_table
from hitsieve.screen.contract import checked
from hitsieve.screen.plan import Output
from hitsieve.screen.work import SCORES_ENCODING
from hitsieve.store import Commit, Ledger, write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from hitsieve.scoring.precision import Precision
    from hitsieve.scoring.protocol import Prediction

COMPOUNDS = 1_000_000_000
WORKERS = (16, 128, 1024)
TARGETS = (1, 100)
TASKS = 200


def main() -> int:
    """Print parts and table; without the data or a library, say so and do nothing."""
    arguments = _arguments()
    if arguments.load:
        load_scorer(arguments.load, arguments.precision)
        return 0
    if arguments.library is None and mirror_file(MCULE) is None:
        print(f"skipped: {MCULE} is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(arguments.work or scratch).resolve()
        work.mkdir(parents=True, exist_ok=True)
        library = library_at(arguments.library, work, arguments.compounds)
        bundle = arguments.model or work / "models" / "scale" / "1"
        if not bundle.is_dir():
            write_random_bundle(bundle, library, targets=arguments.targets)
        parts = _parts(library, bundle, work, arguments)
    print(f"torch {versions()['torch']}, {arguments.precision}, {parts.shard_rows} rows a shard")
    for name in ("read", "batch", "compute", "table", "write"):
        print(f"{name:<12}{getattr(parts, name):10.3f} us a compound")
    print(f"{'commit':<12}{parts.commit_ms:10.3f} ms, driver {parts.driver_ms:.2f} ms a shard")
    print(f"{'start':<12}{parts.start_s:10.3f} s\n\n{COMPOUNDS:,} compounds:")
    print(table(parts, COMPOUNDS, WORKERS, TARGETS))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, default=10_000)
    parser.add_argument("--targets", type=int, default=8, help="targets the files are timed with")
    parser.add_argument("--shards", type=int, default=4, help="at most so many are scored")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--model", type=Path, help="a bundle; random weights are refused in bf16")
    parser.add_argument("--library", type=Path, help="a library that is there already")
    parser.add_argument("--work", help="folder that keeps model and library")
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


class _Clock:
    """Seconds of each part, once a shard."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def part(self, name: str, clock: Callable[[], float] = time.process_time) -> Iterator[None]:
        """Time a block."""
        started = clock()
        yield
        self.seconds[name].append(clock() - started)

    def median(self, name: str) -> float:
        """Return the median of a part."""
        return statistics.median(self.seconds[name])


def _parts(library: Path, bundle: Path, work: Path, arguments: argparse.Namespace) -> Parts:
    scorer = load_scorer(bundle, arguments.precision)
    opened, clock = Library.open(library), _Clock()
    rows = []
    for shard in opened.shards[: arguments.shards]:
        _score(scorer, opened, shard.name, work / "scale", clock)
        rows.append(shard.rows)
    mean, targets = statistics.mean(rows), len(scorer.targets)
    each = {name: clock.median(name) / mean * 1e6 for name in ("read", "batch", "compute")}
    per_target = {name: clock.median(name) / mean / targets * 1e6 for name in ("table", "write")}
    start_s, driver_ms = _overheads(bundle, arguments.precision)
    commit_ms = clock.median("commit") / targets * 1e3
    return Parts(
        **each,
        **per_target,
        commit_ms=commit_ms,
        driver_ms=driver_ms,
        start_s=start_s,
        shard_rows=round(mean),
    )


class _Known:
    """A model that has predicted already: what is left is the layout."""

    def __init__(self, scorer: BundleScorer, prediction: Prediction, batch: CompoundBatch) -> None:
        self.config, self.bounds = scorer.config, scorer.bounds
        self._prediction, self._inside = prediction, scorer.in_domain(batch)

    def score(self, _: CompoundBatch) -> Prediction:
        """Return the prediction."""
        return self._prediction

    def in_domain(self, _: CompoundBatch) -> NDArray[np.bool_]:
        """Return the domain's answer."""
        return self._inside


def _score(scorer: BundleScorer, library: Library, shard: str, folder: Path, clock: _Clock) -> None:
    with clock.part("read"):
        sha256_file(library.path_of(shard))
        read = library.read_shard(shard, columns=list(BATCH_COLUMNS))
    with clock.part("batch"):
        batch = CompoundBatch.from_library(read)
    with clock.part("compute"):
        known = _Known(scorer, scorer.score(batch), batch)
    outputs = [_output(target.name, target.direction, shard) for target in scorer.config.targets]
    with clock.part("table"):
        found = score_table(known, batch)
        tables = [checked(found[o.target], o, batch.compound_ids) for o in outputs]
    ledger, written = Ledger(folder), []
    with clock.part("write"):
        for output, one in zip(outputs, tables, strict=True):
            path = folder / output.path
            written.append(write_parquet_atomic(path, one, {}, SCORES_ENCODING))
    with clock.part("commit", time.perf_counter):
        for output, done in zip(outputs, written, strict=True):
            ledger.commit(Commit(output.key, {output.path: done.sha256}, done.rows, "0"))


def _output(target: str, direction: str, shard: str) -> Output:
    key = f"{target}/{shard}"
    return Output(target, "scale@1", direction, key, f"scores/{key}.parquet", "0")


def _answering() -> Callable[[int], int]:
    return int


def _overheads(bundle: Path, precision: Precision) -> tuple[float, float]:
    """Return the seconds of a worker's start, and the driver's milliseconds for a task."""
    start = run_measured([sys.executable, __file__, "--load", bundle, "--precision", precision], 1)
    with open_executor("ray", 1) as executor:
        tasks = (Task(str(number), number) for number in range(TASKS))
        answers = executor.map(_answering, tasks)
        next(answers)
        begun = time.process_time()
        left = sum(1 for _ in answers)
        return start.cpu, (time.process_time() - begun) / left * 1e3


if __name__ == "__main__":
    sys.exit(main())
