"""Measuring compounds on an executor: each label a committed file, none measured twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from hitsieve.config import StrictConfig
from hitsieve.oracles.protocol import AskTell
from hitsieve.oracles.store import LabelStore, Row, rows_to_table
from hitsieve.oracles.tries import Tries
from hitsieve.schema import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.engine.executor import Executor
    from hitsieve.oracles.protocol import Compound, Oracle


class MeasureConfig(StrictConfig):
    """How measurements are run.

    Parameters
    ----------
    time_limit_s
        Seconds one compound may take; None for the oracle's own limit.
    attempts
        How often a compound is tried in a run that an error, a dead process or a lost worker
        kept from being measured; each further time after all others.
    pause_s
        Seconds before such compounds are tried again, doubled each time.
    """

    time_limit_s: float | None = Field(default=None, gt=0)
    attempts: int = Field(default=3, ge=1)
    pause_s: float = Field(default=5.0, ge=0)


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a measurement is.

    Parameters
    ----------
    done, total, failed
        Compounds done of all asked for, and failures among them.
    seconds
        That the last label took on its worker; None where it stood before, where the oracle
        measures without a time limit, and for what is no single label.
    """

    done: int
    total: int
    failed: int
    seconds: float | None = None


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
    killed at any moment, a second call measures only what is missing. What befalls a measurement
    without telling anything of the compound is no label; see :mod:`hitsieve.oracles.tries`.

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
        If a label could not be written, or the oracle could not be started; if it met trouble
        that no compound is to blame for; or if people answer it, and answers are missing.
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

    def labeled(row: Row, seconds: float | None) -> None:
        rows[row["compound_id"]] = row
        count.add(row, seconds)

    Tries(
        oracle,
        store,
        executor,
        limit_s=limit_s,
        attempts=config.attempts,
        pause_s=config.pause_s,
        labeled=labeled,
    ).run((name, smiles) for name, smiles in wanted.items() if name not in rows)
    return rows_to_table([rows[name] for name in wanted])


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

    def add(self, row: Row, seconds: float | None) -> None:
        self._take(row)
        self._tell(seconds)

    def _take(self, row: Row) -> None:
        self._done += 1
        self._failed += row["status"] == Status.FAILED

    def _tell(self, seconds: float | None = None) -> None:
        if self._progress is not None:
            self._progress(Progressed(self._done, self._total, self._failed, seconds))
