"""The journal of one run of a screen: all that may differ between two runs of one plan.

Each run has a folder of its own, ``runs/<UTC time>-<process id>/``, with the effective
configuration, one line for each finished task, and how the run ended. It lies beside the
screen's results, which hold none of this.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hitsieve.config import dump_config
from hitsieve.provenance import versions
from hitsieve.store import Ledger
from hitsieve.store.files import make_folder, storage_errors, write_atomic, write_json_atomic
from hitsieve.store.place import place

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.engine import Outcome
    from hitsieve.screen.config import ScreenConfig
    from hitsieve.screen.work import ShardResult

_LOG = logging.getLogger(__name__)
RUNS_FOLDER: Final = "runs"
_RUN_FILE: Final = "run.json"
_TASKS_FILE: Final = "tasks.jsonl"


class Journal:
    """Writes one run's folder.

    Parameters
    ----------
    folder
        The screen's folder.
    config
        The effective configuration.
    executor
        Name of the executor that runs it.
    workers
        Its number of workers.
    """

    def __init__(self, folder: Path, config: ScreenConfig, executor: str, workers: int) -> None:
        moment = datetime.now(UTC)
        name = f"{moment:%Y%m%dT%H%M%S.%fZ}-{os.getpid()}"
        self.folder = make_folder(folder / RUNS_FOLDER / name)
        self._started = time.monotonic()
        self._facts: dict[str, Any] = {
            "started": moment.isoformat(),
            "host": platform.node(),
            "pid": os.getpid(),
            "executor": executor,
            "workers": workers,
            "versions": versions(),
            "state": "running",
        }
        write_atomic(self.folder / "config.yaml", dump_config(config).encode())
        self._write()

    @property
    def seconds(self) -> float:
        """Seconds since the run started."""
        return time.monotonic() - self._started

    def note(self, outcome: Outcome[ShardResult]) -> None:
        """Append how a task ended."""
        line = {
            "shard": outcome.key,
            "at_s": round(self.seconds, 3),
            "seconds": round(outcome.seconds, 3),
            "attempts": outcome.attempts,
            "error": outcome.error,
            "error_type": outcome.error_type,
            "node": outcome.node,
            "gpu_busy": outcome.gpu_busy,
        }
        _LOG.log(
            logging.INFO if outcome.ok else logging.WARNING,
            "%s %s",
            outcome.key,
            "finished" if outcome.ok else "was given up",
            extra=line,
        )
        path = self.folder / _TASKS_FILE
        with storage_errors(path), path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")

    def end(self, state: str, **facts: Any) -> None:  # noqa: ANN401 - any JSON values
        """Record how the run ended: ``complete``, ``incomplete`` or ``interrupted``."""
        self._facts |= {"state": state, "seconds": round(self.seconds, 3), **facts}
        self._write()

    def _write(self) -> None:
        write_json_atomic(self.folder / _RUN_FILE, self._facts)


def last_failures(folder: Path) -> dict[str, str]:
    """Return the shards the latest finished run gave up, with their errors; empty if none."""
    for facts in reversed(past_runs(folder)):
        found = facts.get("failed")
        if isinstance(found, dict):
            return {str(shard): str(error) for shard, error in found.items()}
    return {}


def past_runs(folder: Path) -> list[dict[str, Any]]:
    """Return what each run of a screen recorded about itself, oldest first."""
    found = []
    for path in _runs(folder):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # a journal is no part of the results; one may be damaged
            continue
        if isinstance(facts, dict):
            found.append(facts)
    return found


def scored_at(folder: Path) -> datetime | None:
    """Return when the last scores of a screen were made (UTC); None while there are none.

    The end of the last task that succeeded, over all runs. Where no task tells, because a
    neighboring screen had the scores already or the journal is gone, it is the time of the
    newest commit record: a copy may be younger than the scores, but not older.
    """
    ends = [end for path in _runs(folder) if (end := _last_success(path)) is not None]
    if ends:
        return max(ends)
    records = Ledger(folder).folder.rglob("*.json")
    times = [path.stat().st_mtime for path in records]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _runs(folder: Path) -> list[Path]:
    return sorted((place(folder) / RUNS_FOLDER).glob(f"*/{_RUN_FILE}"))


def _last_success(run: Path) -> datetime | None:
    try:
        started = datetime.fromisoformat(json.loads(run.read_text(encoding="utf-8"))["started"])
        lines = (run.parent / _TASKS_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError, KeyError, TypeError):  # damaged, or nothing was finished
        return None
    ends = [end for line in lines if (end := _success(line)) is not None]
    return started + timedelta(seconds=max(ends)) if ends else None


def _success(line: str) -> float | None:
    try:
        task = json.loads(line)
        return None if task["error_type"] else float(task["at_s"])
    except (ValueError, KeyError, TypeError):  # the last line of a run that was killed
        return None
