"""What a student learns from, and what it is judged on: a teacher's predictions of a library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.engine.executor import Limits, Task
from hitsieve.errors import ChecksumError, DatasetError, IncompleteError
from hitsieve.library.library import Library
from hitsieve.provenance import child_seed, sha256_file
from hitsieve.schema.teaching import TEACHING_SHARE, may_teach
from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch, join_batches
from hitsieve.scoring.load import load_scorer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.engine.executor import Executor, Outcome
    from hitsieve.library.library import Shard
    from hitsieve.scoring.load import BundleScorer

FEWEST: Final = 100
"""Compounds a student must at least have to learn from, and to be judged on."""
_SPARE: Final = 1.15


@dataclass(frozen=True, slots=True)
class Lesson:
    """Compounds with what the teacher says of them.

    Parameters
    ----------
    batch
        n compounds.
    teacher
        float32 (n, T): the teacher's predictions, all finite; probabilities before the steps of
        its calibration, which a student brings its own to.
    """

    batch: CompoundBatch
    teacher: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.batch)

    def take(self, rows: NDArray[np.int64]) -> Lesson:
        """Return some of the compounds."""
        return Lesson(self.batch.take(rows), self.teacher[rows])


@dataclass(frozen=True, slots=True)
class _Ask:
    """How many compounds of a shard the teacher is asked about."""

    shard: Shard
    teaching: int
    judging: int
    seed: int


def ask_teacher(
    teacher: Path,
    library: Library,
    executor: Executor,
    *,
    sample: int,
    held_out: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> tuple[Lesson, Lesson]:
    """Let a teacher predict a random sample of a library.

    Shards are uniform samples of a library, so as many as are needed are taken, in the order of
    their checksums, and compounds are drawn from each at random.

    Parameters
    ----------
    teacher
        Folder of the teacher's bundle.
    library
        Where compounds come from.
    executor
        Runs one task a shard; the result does not depend on it.
    sample, held_out
        How many compounds may teach (:func:`~hitsieve.schema.teaching.may_teach`), and how many
        others judge; fewer if the library has no more.
    seed
        Of the draws.
    progress
        Called with the shards that are done, and those in all.

    Returns
    -------
    lesson, judges
        In an order that depends on library and seed alone.

    Raises
    ------
    DatasetError
        If the library is too small.
    IncompleteError
        If a shard could not be predicted.
    """
    asks = _plan(library, sample, held_out, seed)
    setup = partial(_setup, teacher, str(library.root))
    found: dict[str, tuple[CompoundBatch, NDArray[np.float32]]] = {}
    tasks = [Task(ask.shard.name, ask) for ask in asks]
    for outcome in executor.map(setup, tasks, Limits(attempts=2)):
        found[outcome.key] = _answered(outcome)
        progress(len(found), len(asks))
    batch = join_batches([found[ask.shard.name][0] for ask in asks])
    said = np.concatenate([found[ask.shard.name][1] for ask in asks])
    sound = np.isfinite(said).all(axis=1)
    teaches = may_teach(batch.compound_ids).to_numpy(zero_copy_only=False)
    whole = Lesson(batch, said)
    lesson = whole.take(np.flatnonzero(sound & teaches)[:sample])
    judges = whole.take(np.flatnonzero(sound & ~teaches)[:held_out])
    if min(len(lesson), len(judges)) < FEWEST:
        raise DatasetError(
            f"library {library.root} gives {len(lesson)} compounds to learn from and "
            f"{len(judges)} to be judged on; {FEWEST} of each are needed",
            cure="distill on a larger library; a small one needs no student",
        )
    return lesson, judges


def _plan(library: Library, sample: int, held_out: int, seed: int) -> list[_Ask]:
    """Divide the sample over as few shards as hold it, with some to spare: shards differ."""
    shards = sorted((s for s in library.shards if s.rows), key=lambda shard: shard.sha256)
    if not shards:
        raise DatasetError(f"library {library.root} is empty", cure="distill on another one")
    chosen: list[Shard] = []
    teach, judge = TEACHING_SHARE, 1 - TEACHING_SHARE
    wanted = _SPARE**2 * max(sample / teach, held_out / judge)
    for shard in shards:
        if sum(s.rows for s in chosen) >= wanted:
            break
        chosen.append(shard)
    teaching, judging = (math.ceil(_SPARE * n / len(chosen)) for n in (sample, held_out))
    return [
        _Ask(shard, teaching, judging, child_seed(seed, "lesson", shard.sha256)) for shard in chosen
    ]


def _setup(
    teacher: Path, library: str
) -> Callable[[_Ask], tuple[CompoundBatch, NDArray[np.float32]]]:
    return partial(_predict, load_scorer(teacher), Library.open(library))


def _predict(
    scorer: BundleScorer, library: Library, ask: _Ask
) -> tuple[CompoundBatch, NDArray[np.float32]]:
    path = library.path_of(ask.shard.name)
    if sha256_file(path) != ask.shard.sha256:
        raise ChecksumError(
            f"{path} is not the file the library's manifest lists",
            cure="build the library again, or restore the file",
        )
    table = library.read_shard(ask.shard.name, columns=list(BATCH_COLUMNS))
    batch = CompoundBatch.from_library(table, where=str(path))
    teaches = may_teach(batch.compound_ids).to_numpy(zero_copy_only=False)
    order = np.random.default_rng(ask.seed).permutation(len(batch))
    chosen = np.concatenate([
        order[teaches[order]][: ask.teaching],
        order[~teaches[order]][: ask.judging],
    ])  # fmt: skip
    part = batch.take(np.sort(chosen))
    return part, scorer.judgment.warmed(scorer.model.score(part).mean)


def _answered(outcome: Outcome[Any]) -> tuple[CompoundBatch, NDArray[np.float32]]:
    if not outcome.ok or outcome.value is None:
        raise IncompleteError(
            f"the teacher could not predict {outcome.key} after {outcome.attempts} attempts: "
            f"{outcome.error}",
            cure="nothing was registered; correct the cause and distill again",
        )
    answer: tuple[CompoundBatch, NDArray[np.float32]] = outcome.value
    return answer
