"""Running a screen: the plan minus the commits, until nothing is left.

A run may be killed at any moment and started again, by any executor, even twice at a time:
finished shards are never scored again and the folder ends up the same, byte for byte.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hitsieve.engine import Limits, Task, open_executor
from hitsieve.errors import HitsieveError, IncompleteError, StorageError, UsageError
from hitsieve.logs import log_context
from hitsieve.screen.cascade import CASCADE_FILE, settle_cuts
from hitsieve.screen.claim import claim_folder
from hitsieve.screen.journal import Journal
from hitsieve.screen.live import Live
from hitsieve.screen.manifest import MANIFEST_FILE, seal
from hitsieve.screen.plan import PLAN_FILE, ScreenPlan
from hitsieve.screen.planning import plan_screen, worker_gpus
from hitsieve.screen.reuse import adopt, find_donors
from hitsieve.screen.sources import LibraryAndBundles
from hitsieve.screen.summary import Progress, ScreenSummary
from hitsieve.screen.work import Prepared, ShardJob, ShardResult, finished, prepare
from hitsieve.store import Ledger
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hitsieve.engine import Executor, Outcome
    from hitsieve.screen.config import ScreenConfig
    from hitsieve.screen.plan import Unit
    from hitsieve.screen.sources import Sources

_LOG = logging.getLogger(__name__)
_LISTED: Final = 5
_FATAL: Final[dict[str, type[HitsieveError]]] = {
    "StorageError": StorageError,
    "UsageError": UsageError,
}
"""What would befall every other shard too, so the run stops at once."""


def run_screen(
    config: ScreenConfig,
    executor: Executor | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    sources: Sources | None = None,
) -> ScreenSummary:
    """Score a library with models; an interrupted screen in the folder is continued.

    Parameters
    ----------
    config
        What to screen, and where to.
    executor
        Where to run; opened from ``config`` if not given.
    progress
        Called after each shard, in this process.
    sources
        Where library and models come from.

    Returns
    -------
    ScreenSummary
        Counts and speed; the screen is complete.

    Raises
    ------
    UsageError
        If the folder belongs to another plan.
    IncompleteError
        If shards were given up, after all others were finished; names them.
    StorageError
        If the storage refuses; at once, because every shard would fail.
    HitsieveError
        Whatever library, models or cluster are refused for.
    """
    sources = sources or LibraryAndBundles()
    plan = plan_screen(config, sources)
    folder = place(config.output).resolve()
    fresh = claim_folder(plan, folder)
    ledger = Ledger(folder)
    sweep(ledger)
    run = _Run(plan, ledger, progress)
    # A second driver on one screen starts from the other end, so that the two meet once.
    units = plan.units if fresh else plan.units[::-1]
    if config.reuse:
        run.adopt(units)
    pending = [unit for unit in units if not run.skip(unit)]
    if executor is not None:
        run.work(config, sources, executor, pending)
    else:
        kind = config.executor if pending else "serial"
        workers = config.workers if pending else None
        with open_executor(kind, workers, tasks=len(pending)) as opened:
            run.work(config, sources, opened, pending)
    seal(plan, ledger)
    sweep(ledger)
    return run.conclude()


def sweep(ledger: Ledger) -> None:
    """Remove what killed writers left behind in a screen's folder."""
    once = (PLAN_FILE, MANIFEST_FILE, CASCADE_FILE)
    # A temporary of a file that is not there yet may have a living writer.
    ledger.sweep_temporaries(finished=[name for name in once if (ledger.root / name).exists()])


@dataclass(slots=True)
class _Run:
    """The counts of one run, and what adds to them."""

    plan: ScreenPlan
    ledger: Ledger
    progress: Callable[[Progress], None] | None
    scored: int = 0
    found: int = 0
    compounds: int = 0
    compounds_done: int = 0
    files: int = 0
    seconds: float = 0.0
    reused: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def adopt(self, units: Sequence[Unit]) -> None:
        """Take what neighboring screens have finished."""
        open_outputs = [o for unit in units for o in unit.outputs if not finished(self.ledger, o)]
        if not open_outputs:
            return
        root = self.ledger.root
        donors = find_donors(open_outputs, root, root.parent)
        taken = {
            output.key
            for output in open_outputs
            if output.fingerprint in donors
            and adopt(self.ledger, output, donors[output.fingerprint])
        }
        self.reused = sum(any(o.key in taken for o in unit.outputs) for unit in units)

    def skip(self, unit: Unit) -> bool:
        """Return whether a unit is finished, and count it then."""
        if not all([finished(self.ledger, output) for output in unit.outputs]):  # noqa: C419 - a foreign commit must raise, whatever stands before it
            return False
        self.found += 1
        self.compounds_done += unit.shard.rows
        return True

    def work(
        self,
        config: ScreenConfig,
        sources: Sources,
        executor: Executor,
        pending: Sequence[Unit],
    ) -> None:
        """Give the pending units to an executor and count what comes back."""
        journal = Journal(self.ledger.root, config, executor.name, executor.workers)
        state = "interrupted"
        setup = Prepared(partial(prepare, sources, self.plan, self.ledger.root))
        limits = Limits(
            config.attempts,
            config.deadline_s,
            gpus=worker_gpus(config, self.plan),
            resources=config.resources,
            labels=config.labels,
        )
        live = Live(self.plan, self.ledger.root, journal.folder.name, config.active_at)
        units = {unit.shard.name: unit for unit in self.plan.units}
        for name in units.keys() - {unit.shard.name for unit in pending}:
            live.finished(units[name])
        about = log_context(run=journal.folder.name, screen=self.plan.fingerprint)
        try:
            with about:
                live.write("running", self._counts())
                for stage in self._stages(pending):
                    for outcome in executor.map(setup, self._tasks(stage, live), limits):
                        journal.note(outcome)
                        self._count(outcome)
                        if outcome.ok:
                            live.finished(units[outcome.key], outcome.value)
                        live.write("running", self._counts())
                        self._report(journal.seconds)
            state = "incomplete" if self.failed else "complete"
        finally:
            self.seconds = journal.seconds
            journal.end(
                state,
                scored=self.scored,
                found=self.found,
                failed=self.failed,
                compounds=self.compounds,
                files=self.files,
                reused=self.reused,
            )
            live.write(state, self._counts(), always=True)

    def conclude(self) -> ScreenSummary:
        """Return the summary of a complete screen, or raise for what is missing."""
        summary = ScreenSummary(
            self.ledger.root,
            len(self.plan.units),
            self.scored,
            self.found,
            self.failed,
            self.compounds,
            self.files,
            self.seconds,
            self.reused,
        )
        if not self.failed:
            return summary
        listed = [f"{shard} ({error.splitlines()[0]})" for shard, error in self.failed.items()]
        more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
        raise IncompleteError(
            f"{len(listed)} of {summary.units} shards were given up: "
            f"{', '.join(listed[:_LISTED])}{more}; all others are finished",
            cure=f"correct the cause and run it again; {self.ledger.root}/runs tells more",
        )

    def _stages(self, pending: Sequence[Unit]) -> Iterator[Sequence[Unit]]:
        """Give the units of each stage once the stage before is finished.

        A sample that lacks shards settles nothing, so the run ends with it.
        """
        for number, stage in enumerate(self.plan.stages):
            if number and self.failed:
                return
            if number:
                settle_cuts(self.plan, self.ledger.root)
            names = {unit.shard.name for unit in stage}
            left = [unit for unit in pending if unit.shard.name in names]
            if left:
                yield left

    def _tasks(self, pending: Sequence[Unit], live: Live) -> Iterator[Task[ShardJob]]:
        folder, plan = str(self.ledger.root), self.plan
        for unit in pending:
            if self.skip(unit):  # another driver was faster
                live.finished(unit)
            else:
                job = ShardJob(folder, plan.library, plan.fingerprint, unit)
                yield Task(unit.shard.name, job)

    def _count(self, outcome: Outcome[ShardResult]) -> None:
        if outcome.error_type in _FATAL:
            raise _FATAL[outcome.error_type](outcome.error)
        result = outcome.value
        if result is None:
            self.failed[outcome.key] = f"{outcome.error_type}: {outcome.error}"
            _LOG.warning("%s was given up: %s", outcome.key, outcome.error)
            return
        self.compounds_done += result.rows
        if result.written:
            self.scored += 1
            self.compounds += result.rows
            self.files += result.written
        else:
            self.found += 1

    def _counts(self) -> dict[str, Any]:
        shards, compounds = len(self.plan.units), self.plan.compounds
        done = self.scored + self.found
        return {
            "shards": {"total": shards, "done": done, "left": shards - done - len(self.failed)},
            "compounds": {
                "total": compounds,
                "done": self.compounds_done,
                "left": compounds - self.compounds_done,
            },
            "failed": self.failed,
            "reused": self.reused,
        }

    def _report(self, seconds: float) -> None:
        if self.progress is None:
            return
        self.progress(
            Progress(
                self.scored + self.found,
                len(self.plan.units),
                self.compounds_done,
                self.plan.compounds,
                len(self.failed),
                seconds,
            )
        )
