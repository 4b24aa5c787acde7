"""How far a screen is, read from its folder alone: whoever runs it need not be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hitsieve.screen.journal import last_failures
from hitsieve.screen.live import read_live
from hitsieve.screen.plan import load_plan
from hitsieve.screen.top import merge_top
from hitsieve.store import Ledger
from hitsieve.store.place import place

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.screen.plan import ScreenPlan


@dataclass(frozen=True, slots=True)
class ScreenStatus:
    """The state of a screen.

    Parameters
    ----------
    folder, fingerprint
        Which screen.
    total, done
        Units (library shards) planned, and finished for every target and model.
    failed
        Shards the latest run gave up and nobody finished since, with their errors.
    compounds_total, compounds_done
        Compounds in all and in the finished shards.
    rows
        Rows committed, over all targets and models.
    live
        What the latest run tells about itself, as of :func:`~hitsieve.screen.live.read_live`;
        None if no run has told anything.
    top
        By target and model: the best rows so far, as of :func:`~hitsieve.screen.top.top_hits`.
    """

    folder: Path
    fingerprint: str
    total: int
    done: int
    failed: dict[str, str]
    compounds_total: int
    compounds_done: int
    rows: int
    live: dict[str, Any] | None = None
    top: dict[tuple[str, str], pa.Table] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every unit is finished."""
        return self.done == self.total

    @property
    def state(self) -> str:
        """``complete``, ``failed`` (the latest run gave shards up) or ``incomplete``."""
        if self.complete:
            return "complete"
        return "failed" if self.failed else "incomplete"


def screen_status(folder: Path | str, top: int = 0) -> ScreenStatus:
    """Read how far a screen is.

    Parameters
    ----------
    folder
        The screen.
    top
        How many of the best compounds so far to read for each target and model.

    Raises
    ------
    NotFoundError
        If the folder holds no screen.
    """
    folder = place(folder)
    plan = load_plan(folder)
    rows = _committed_rows(plan, folder)
    done = [u for u in plan.units if all(o.key in rows for o in u.outputs)]
    finished = {unit.shard.name for unit in done}
    failed = {s: e for s, e in last_failures(folder).items() if s not in finished}
    return ScreenStatus(
        folder,
        plan.fingerprint,
        len(plan.units),
        len(done),
        failed,
        plan.compounds,
        sum(unit.shard.rows for unit in done),
        sum(rows.values()),
        read_live(folder),
        _running_top(plan, folder, rows, top) if top else {},
    )


def _committed_rows(plan: ScreenPlan, folder: Path) -> dict[str, int]:
    commits = Ledger(folder).committed()
    return {
        output.key: commits[output.key].rows
        for unit in plan.units
        for output in unit.outputs
        if output.key in commits and commits[output.key].fingerprint == output.fingerprint
    }


def _running_top(
    plan: ScreenPlan, folder: Path, rows: dict[str, int], k: int
) -> dict[tuple[str, str], pa.Table]:
    paths: dict[tuple[str, str], list[Path]] = {}
    direction: dict[tuple[str, str], str] = {}
    for unit in plan.units:
        for output in unit.outputs:
            pair = (output.target, output.model)
            direction[pair] = output.direction
            found = paths.setdefault(pair, [])
            if output.key in rows:
                found.append(folder / output.path)
    return {pair: merge_top(found, direction[pair], k) for pair, found in paths.items()}
