"""Measuring compounds on an executor: each label a committed file, none measured twice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from pydantic import Field

from hitsieve.config import StrictConfig
from hitsieve.engine.executor import DEADLINE_EXCEEDED, WORKER_LOST, Limits, Task
from hitsieve.errors import IncompleteError
from hitsieve.oracles.bench import Bench, failed_row
from hitsieve.oracles.protocol import AskTell, SelfLimiting
from hitsieve.oracles.store import LabelStore, Row, rows_to_table
from hitsieve.schema import Code, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.protocol import Compound, Oracle

_MARGIN_S: Final = 180.0  # starting a child and writing the label, beyond the limit itself
_LOST: Final = {WORKER_LOST: Code.CRASHED, DEADLINE_EXCEEDED: Code.TIMEOUT}


class MeasureConfig(StrictConfig):
    """How measurements are run.

    Parameters
    ----------
    time_limit_s
        Seconds one compound may take; None for the oracle's own limit.
    attempts
        How often a compound is started whose worker was lost.
    """

    time_limit_s: float | None = Field(default=None, gt=0)
    attempts: int = Field(default=2, ge=1)


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a measurement is: compounds done of all asked for, and failures among them."""

    done: int
    total: int
    failed: int


def measure(
    oracle: Oracle,
    compounds: Sequence[Compound],
    executor: Executor,
    folder: Path,
    config: MeasureConfig | None = None,
    *,
    progress: Callable[[Progressed], None] | None = None,
) -> pa.Table:
    """Measure compounds that have no label yet, and return the labels of all.

    A label is written by the worker that measured it, before anything else happens with it:
    killed at any moment, a second call measures only what is missing.

    Parameters
    ----------
    oracle
        What measures.
    compounds
        Structure keys and SMILES; one that stands twice is measured once.
    executor
        Where the measurements run, one task a compound.
    folder
        Root of the :class:`LabelStore`; workers must see it under the same path.
    config
        Time limit and attempts.
    progress
        Called at the start and after each compound.

    Returns
    -------
    pyarrow.Table
        LABELS, one row a distinct compound in the order given; failures are rows too.

    Raises
    ------
    IncompleteError
        If a label could not be written, or the oracle could not be started; or if the oracle
        is one that people answer, and answers are missing.
    """
    if isinstance(oracle, AskTell):
        return oracle.collect(compounds)
    config = config or MeasureConfig()
    limit_s = config.time_limit_s if config.time_limit_s is not None else oracle.time_limit_s
    store = LabelStore.of(folder, oracle)
    wanted = dict(compounds)
    rows = {
        name: row for name in wanted if (row := store.get(name, time_limit_s=limit_s)) is not None
    }
    count = _Count(len(wanted), progress, list(rows.values()))
    tasks = [Task(name, (name, wanted[name])) for name in wanted if name not in rows]
    limits = Limits(
        attempts=config.attempts, deadline_s=None if limit_s is None else limit_s + _MARGIN_S
    )
    for outcome in executor.map(partial(_bench, oracle, store, limit_s), tasks, limits):
        if outcome.value is None:
            compound = (outcome.key, wanted[outcome.key])
            row = _lost(oracle, compound, outcome.error_type, outcome.error)
            rows[outcome.key] = store.put(row, time_limit_s=limit_s)
        else:
            rows[outcome.key] = outcome.value
        count.add(rows[outcome.key])
    return rows_to_table([rows[name] for name in wanted])


def _bench(oracle: Oracle, store: LabelStore, limit_s: float | None) -> Callable[[Compound], Row]:
    if isinstance(oracle, SelfLimiting):
        return _Measuring(Bench(oracle.limited(limit_s), None), store, limit_s)
    return _Measuring(Bench(oracle, limit_s), store, limit_s)


@dataclass(slots=True)
class _Measuring:
    """The work of one worker: measure a compound and commit its label."""

    bench: Bench
    store: LabelStore
    limit_s: float | None

    def __call__(self, compound: Compound) -> Row:
        # An attempt before this one may have committed and then lost its worker.
        standing = self.store.get(compound[0], time_limit_s=self.limit_s)
        if standing is not None:
            return standing
        return self.store.put(self.bench.measure(compound), time_limit_s=self.limit_s)


def _lost(oracle: Oracle, compound: Compound, error_type: str, error: str) -> Row:
    if error_type not in _LOST:
        raise IncompleteError(
            f"oracle {oracle.name!r}, compound {compound[0]}: {error_type}: {error}",
            cure="remove the cause and run the same command again; finished labels are kept",
        )
    return failed_row(oracle, compound, _LOST[error_type], error)


class _Count:
    """Tells a caller how far it is."""

    def __init__(
        self, total: int, progress: Callable[[Progressed], None] | None, known: list[Row]
    ) -> None:
        self._total = total
        self._progress = progress
        self._done = self._failed = 0
        for row in known:
            self._take(row)
        self._tell()

    def add(self, row: Row) -> None:
        self._take(row)
        self._tell()

    def _take(self, row: Row) -> None:
        self._done += 1
        self._failed += row["status"] == Status.FAILED

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(Progressed(self._done, self._total, self._failed))
