"""Measuring on one worker what a shard costs: the screen's own work on parts of one.

A part is scored, written and committed by the very function that screens, into a scratch folder
beside the output. A part of one row and a large one tell what a shard costs whatever its size,
and what each of its compounds adds.
"""

from __future__ import annotations

import resource
import secrets
import shutil
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from hitsieve.schema import SCORES
from hitsieve.screen.cascade import choose_cuts, reaches
from hitsieve.screen.claim import claim_folder
from hitsieve.screen.controls import golden_scores
from hitsieve.screen.work import ShardJob, score_shard
from hitsieve.store import open_parquet
from hitsieve.store.files import make_folder
from hitsieve.store.place import is_remote, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.screen.plan import ScreenPlan, Unit
    from hitsieve.screen.sources import Loaded, Score, Shard, Sources

_FEW_ROWS: Final = 256


@dataclass(frozen=True, slots=True)
class Probe:
    """What one worker measured.

    Parameters
    ----------
    setup_s, read_s
        Seconds to load the models, and to read a whole shard.
    rows
        Compounds of the larger part.
    fixed_s, row_s
        Seconds a shard takes beside reading, and those each of its compounds adds.
    model_s
        By model, the seconds of ``row_s`` that it scores for.
    fixed_bytes, row_bytes
        By model, the size of a shard's files without rows, and what each compound adds.
    memory
        Largest resident memory of the worker in bytes.
    rescored
        Share of compounds that the costly model of a cascade will be given.
    outside
        Compounds of the part outside of each (target, model)'s domain.
    """

    setup_s: float
    read_s: float
    rows: int
    fixed_s: float
    row_s: float
    model_s: dict[str, float]
    fixed_bytes: dict[str, float]
    row_bytes: dict[str, float]
    memory: int
    rescored: float
    outside: dict[tuple[str, str], int]

    def shard_s(self, rows: float, given: Mapping[str, float]) -> float:
        """Return the seconds of a shard whose models are given only a share of its compounds."""
        spared = sum((1 - given.get(name, 1)) * each for name, each in self.model_s.items())
        return self.read_s + self.fixed_s + rows * (self.row_s - spared)

    def shard_bytes(self, rows: float, given: Mapping[str, float]) -> float:
        """Return the size of such a shard's files."""
        full = sum(self.row_bytes[name] * given.get(name, 1) for name in self.row_bytes)
        return sum(self.fixed_bytes.values()) + rows * full


@dataclass(slots=True)
class _Measured:
    """What scoring and writing a part took, and what it left."""

    rows: int
    seconds: float
    model_s: dict[str, float]
    bytes: dict[str, float]
    rescored: float
    outside: dict[tuple[str, str], int]


@dataclass(slots=True)
class _Prober:
    """A worker that measures; holds the loaded models, each timed."""

    sources: Sources
    plan: ScreenPlan
    output: str
    sample_s: float
    setup_s: float = 0.0
    scorers: dict[str, Score] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def set_up(self) -> None:
        began = time.perf_counter()
        for model in self.plan.models:
            self.scorers[model.reference] = partial(
                self._timed, model.reference, self.sources.load(model)
            )
        self.setup_s = time.perf_counter() - began

    def __call__(self, unit: Unit) -> Probe:
        began = time.perf_counter()
        loaded = self.sources.read(place(self.plan.library), unit.shard)
        read_s = time.perf_counter() - began
        few = min(_FEW_ROWS, unit.shard.rows)
        self._measure(unit, loaded, few)  # the first call warms caches
        small = self._measure(unit, loaded, min(1, few))
        large = self._measure(unit, loaded, few)
        while large.rows < unit.shard.rows and large.seconds < self.sample_s / 2:
            growth = max(2.0, min(8.0, self.sample_s / max(large.seconds, 1e-3)))
            rows = min(unit.shard.rows, round(large.rows * growth))
            large = self._measure(unit, loaded, rows)
        return self._conclude(read_s, small, large)

    def _conclude(self, read_s: float, small: _Measured, large: _Measured) -> Probe:
        fixed_s, row_s = _line(small.rows, small.seconds, large.rows, large.seconds)
        sizes = {
            name: _line(small.rows, small.bytes[name], large.rows, size)
            for name, size in large.bytes.items()
        }
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return Probe(
            self.setup_s,
            read_s,
            large.rows,
            fixed_s,
            row_s,
            {name: seconds / max(1, large.rows) for name, seconds in large.model_s.items()},
            {name: fixed for name, (fixed, _) in sizes.items()},
            {name: each for name, (_, each) in sizes.items()},
            used if sys.platform == "darwin" else used * 1024,  # elsewhere it counts KiB
            large.rescored,
            large.outside,
        )

    def _measure(self, unit: Unit, loaded: Loaded, rows: int) -> _Measured:
        """Score, write and commit the first rows of a shard into a scratch folder."""
        part = _OnePart(self.sources, self.sources.part(loaded, rows))
        unit = replace(unit, shard=replace(unit.shard, rows=rows))
        with _scratch(place(self.output)) as folder:
            claim_folder(self.plan, folder)
            plan = self.plan
            spikes = golden_scores(plan, part, self.scorers, folder) if plan.controls else None
            job = ShardJob(str(folder), plan.library, plan.fingerprint, unit)
            self.spent.clear()
            began = time.perf_counter()
            score_shard(cast("Sources", part), self.scorers, job, spikes=spikes)
            seconds = time.perf_counter() - began
            return self._look(unit, folder, rows, seconds)

    def _look(self, unit: Unit, folder: Path, rows: int, seconds: float) -> _Measured:
        sizes: dict[str, float] = defaultdict(float)
        outside = {}
        for output in unit.outputs:
            path = folder / output.path
            sizes[output.model] += path.stat().st_size
            domain = _column(path, "in_domain")
            outside[output.target, output.model] = rows - int(domain.sum())
        share = self._rescored(unit, folder)
        return _Measured(rows, seconds, dict(self.spent), dict(sizes), share, outside)

    def _rescored(self, unit: Unit, folder: Path) -> float:
        """Return the share of the part that a cascade's costly model would be given."""
        cascade = self.plan.cascade
        if cascade is None or not unit.shard.rows:
            return 1.0
        alone = replace(self.plan, cascade=replace(cascade, pilot=(unit.shard.name,)))
        cuts = choose_cuts(alone, folder)
        wanted = np.zeros(unit.shard.rows, dtype=bool)
        for output in unit.outputs:
            if output.model == cascade.student:
                score = _by_id(folder / output.path)
                wanted |= reaches(score, cuts[output.target], output.direction)
        return float(wanted.mean())

    def _timed(self, name: str, score: Score, batch: Any) -> Mapping[str, pa.Table]:  # noqa: ANN401 - what models score
        began = time.perf_counter()
        found = score(batch)
        self.spent[name] += time.perf_counter() - began
        return found


class _OnePart:
    """Sources whose only shard is a part in memory; all else as in those it stands for."""

    def __init__(self, sources: Sources, loaded: Loaded) -> None:
        self._sources = sources
        self._loaded = loaded

    def read(self, library: Path, shard: Shard) -> Loaded:
        del library, shard
        return self._loaded

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - methods of the sources
        return getattr(self._sources, name)


def prober(
    sources: Sources, plan: ScreenPlan, output: str, sample_s: float
) -> Callable[[Unit], Probe]:
    """Set up a worker that measures: load every model, and note how long that took."""
    made = _Prober(sources, plan, output, sample_s)
    made.set_up()
    return made


def _line(few: int, low: float, many: int, high: float) -> tuple[float, float]:
    """Return what does not depend on rows, and what each row adds; neither is negative."""
    if many <= few:
        return 0.0, high / max(1, many)
    each = max(0.0, (high - low) / (many - few))
    return max(0.0, high - each * many), each


def _column(path: Path, name: str) -> np.ndarray:
    with open_parquet(path, SCORES) as opened:
        found: np.ndarray = opened.read(columns=[name]).column(name).to_numpy()
    return found


def _by_id(path: Path) -> np.ndarray:
    """Return the scores of a file in the order of its ids, so that files can be joined."""
    return _column(path, "score")[np.argsort(_column(path, "compound_id").astype(str))]


@contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    """Yield a new folder in the storage the screen will be written to; it goes afterwards."""
    name = f".hitsieve-plan-{secrets.token_hex(6)}"
    if is_remote(output):
        folder = output.parent / name
    else:
        near = next(parent for parent in output.resolve().parents if parent.is_dir())
        folder = make_folder(near / name)
    try:
        yield folder
    finally:
        if is_remote(output):
            for path in list(folder.rglob("*")):
                path.unlink()
        else:
            shutil.rmtree(folder)
