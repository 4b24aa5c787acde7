"""The running picture of a screen: one small file that its driver keeps up to date.

``runs/status.json`` tells whoever looks, a terminal, a page or a notebook, how fast the screen
is, what is left, and what the best compounds are so far. It is replaced as a whole and at most
every two seconds, less often where that takes long, as with hundreds of targets; nothing is read
back from it that decides anything.
"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hitsieve.schema import SCORES
from hitsieve.screen.controls import enrichment
from hitsieve.screen.forecast import SAMPLE, Sample, plain, threshold
from hitsieve.screen.journal import RUNS_FOLDER
from hitsieve.screen.top import best_of, merge_top
from hitsieve.screen.work import SHOWN
from hitsieve.store import Ledger, open_parquet, write_json_atomic
from hitsieve.store.place import place

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.screen.plan import Output, ScreenPlan, Unit
    from hitsieve.screen.work import ShardResult
    from hitsieve.store import Commit

STATUS_FILE: Final = f"{RUNS_FOLDER}/status.json"
TOP: Final = SHOWN
"""Compounds listed for each target and model."""
PICKED: Final = 100
"""Compounds whose enrichment is estimated."""
_PAUSE_S: Final = 2.0
_MODEST: Final = 10.0
"""Pauses for each second that one writing takes: at most a twentieth of the driver's time."""


@dataclass(slots=True)
class _Node:
    """What one machine has done."""

    shards: int = 0
    compounds: int = 0


@dataclass(slots=True)
class Live:
    """Keeps the status file of one run.

    Parameters
    ----------
    plan, folder
        The screen.
    run
        Name of this run's folder under ``runs``.
    active_at
        As of :class:`~hitsieve.screen.config.ScreenConfig`.
    """

    plan: ScreenPlan
    folder: Path
    run: str
    active_at: dict[str, float]
    _started: float = field(default_factory=time.monotonic)
    _begun: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    _due: float = 0.0
    _nodes: dict[str, _Node] = field(default_factory=dict)
    _fresh: list[tuple[Output, pa.Table | None]] = field(default_factory=list)
    _tops: dict[tuple[str, str], pa.Table] = field(default_factory=dict)
    _samples: dict[tuple[str, str], Sample | None] = field(default_factory=dict)
    _commits: dict[tuple[str, str], list[Commit]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for model in self.plan.models:
            for target in model.targets:
                pair = (target.name, model.reference)
                known, cut = threshold(target, self.active_at)
                # What was chosen to be rescored is no sample of the library.
                whole = self.plan.cascade is None or model not in self.plan.answering
                self._tops[pair] = SCORES.empty()
                self._samples[pair] = Sample(target, cut) if known and whole else None

    def finished(self, unit: Unit, result: ShardResult | None = None) -> None:
        """Take in a finished unit; with the result of who scored it, if that was in this run."""
        best = {} if result is None else result.best
        self._fresh += [(output, best.get(output.key)) for output in unit.outputs]
        if result is not None and result.written:
            node = self._nodes.setdefault(result.node, _Node())
            node.shards += 1
            node.compounds += result.rows

    def write(self, state: str, counts: dict[str, Any], *, always: bool = False) -> None:
        """Replace the status file, unless it is young.

        Parameters
        ----------
        state
            ``running``, ``complete``, ``incomplete`` or ``interrupted``.
        counts
            ``shards``, ``compounds`` and ``failed``, as the run counts them.
        always
            Whether to write however young it is.

        Raises
        ------
        StorageError
            If the storage refuses.
        """
        begun = time.monotonic()
        if not always and begun < self._due:
            return
        self._take_in()
        seconds = time.monotonic() - self._started
        scored = sum(node.compounds for node in self._nodes.values())
        rate = scored / seconds if seconds > 0 else 0.0
        left = counts["compounds"]["left"]
        write_json_atomic(
            self.folder / STATUS_FILE,
            {
                "format": 1,
                "screen": self.folder.name,
                "fingerprint": self.plan.fingerprint,
                "state": state,
                "run": self.run,
                "host": platform.node(),
                "pid": os.getpid(),
                "started": self._begun,
                "updated": datetime.now(UTC).isoformat(),
                "seconds": round(seconds, 1),
                **counts,
                "compounds_per_second": round(rate, 1),
                "seconds_left": round(left / rate, 1) if rate and left else None,
                "nodes": [
                    {
                        "node": name,
                        "shards": node.shards,
                        "compounds": node.compounds,
                        "compounds_per_second": round(node.compounds / seconds, 1),
                    }
                    for name, node in sorted(self._nodes.items())
                ],
                "targets": [self._target(*pair) for pair in self._tops],
            },
        )
        now = time.monotonic()
        self._due = now + _PAUSE_S * max(1.0, _MODEST * (now - begun))

    def _take_in(self) -> None:
        shown: dict[tuple[tuple[str, str], str], list[pa.Table]] = {}
        for output, given in self._fresh:
            pair = (output.target, output.model)
            path = self.folder / output.path
            if self.plan.controls and (commit := Ledger(self.folder).get(output.key)):
                self._commits.setdefault(pair, []).append(commit)
            best = merge_top([path], output.direction, TOP) if given is None else given
            shown.setdefault((pair, output.direction), [self._tops[pair]]).append(best)
            sample = self._samples[pair]
            if sample is not None and sample.size < SAMPLE // len(self._tops):
                with open_parquet(path, SCORES) as opened:
                    sample.add(opened.read(columns=["score", "std", "lower", "upper"]))
        for (pair, direction), tables in shown.items():
            self._tops[pair] = best_of(tables, direction, TOP)
        self._fresh.clear()

    def _target(self, target: str, model: str) -> dict[str, Any]:
        pair = (target, model)
        described = next(
            t
            for m in self.plan.models
            if m.reference == model
            for t in m.targets
            if t.name == target
        )
        sample = self._samples[pair]
        return {
            "target": target,
            "model": model,
            "endpoint": described.endpoint,
            "unit": described.unit,
            "direction": described.direction,
            "enrichment": plain(sample.enrichment(PICKED, self.plan.compounds)) if sample else None,
            "controls": enrichment(self._commits.get(pair, [])),
            "hits": self._tops[pair].drop_columns(["status"]).to_pylist(),
        }


def read_live(folder: Path) -> dict[str, Any] | None:
    """Return what the status file says, or None if there is none that can be read.

    A run that is said to go on though its process on this very machine is gone is given the
    state ``stopped``.
    """
    try:
        found = json.loads((place(folder) / STATUS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no part of the results; it may be absent or damaged
        return None
    if not isinstance(found, dict):
        return None
    if found.get("state") == "running" and _is_gone(found):
        found["state"] = "stopped"
    return found


def _is_gone(found: dict[str, Any]) -> bool:
    if found.get("host") != platform.node():
        return False
    try:
        os.kill(int(found["pid"]), 0)
    except (ProcessLookupError, KeyError, TypeError, ValueError):
        return True
    except PermissionError:  # somebody else's process is alive
        return False
    return False
