"""Screens that crash and are run again, watched by a reader, and what must hold in the end."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hitsieve.engine import SerialExecutor
from hitsieve.errors import NotFoundError
from hitsieve.screen import load_plan, run_screen
from hitsieve.screen.journal import RUNS_FOLDER
from hitsieve.store import Ledger
from hitsieve.testing.crash import POINTS, Crash, Role, install
from hitsieve.testing.crash_process import end_as_command, hold, run_process, wait_for_orphans
from hitsieve.testing.process_executor import ProcessExecutor
from hitsieve.testing.screen_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import TextIOWrapper

    import numpy as np
    from numpy.typing import NDArray

    from hitsieve.screen import ScreenConfig
    from hitsieve.screen.controls import Control
    from hitsieve.screen.sources import Loaded, Model, Score, Shard
    from hitsieve.testing.fakes import FakeSources


@dataclass(frozen=True, slots=True)
class ArmedSources:
    """Sources that arm a crash in each worker that loads a model from them.

    Parameters
    ----------
    sources
        What they stand in for.
    crash
        The crash, or None.
    scratch
        Folder for the mark of the crash and the lock that living workers hold.
    """

    sources: FakeSources
    crash: Crash | None
    scratch: Path

    @property
    def fired(self) -> Path:
        """File that is there once the crash has happened."""
        return self.scratch / "fired"

    def shards(self, library: Path) -> Sequence[Shard]:
        """Return the shards of the library."""
        return self.sources.shards(library)

    def read(self, library: Path, shard: Shard) -> Loaded:
        """Read a shard."""
        return self.sources.read(library, shard)

    def part(self, loaded: Loaded, rows: int) -> Loaded:
        """Return a part of a shard."""
        return self.sources.part(loaded, rows)

    def taken(self, loaded: Loaded, places: NDArray[np.int64]) -> Loaded:
        """Return the ids at some places."""
        return self.sources.taken(loaded, places)

    def controls_batch(self, controls: Sequence[Control]) -> Loaded:
        """Return controls in memory."""
        return self.sources.controls_batch(controls)

    def joined(self, first: Loaded, second: Loaded) -> Loaded:
        """Return two shards as one."""
        return self.sources.joined(first, second)

    def held_out(self, model: Model) -> Sequence[tuple[str, str, bool]]:
        """Return what a model was tested on."""
        return self.sources.held_out(model)

    def reject_share(self, library: Path) -> float | None:
        """Return the share of refused records."""
        return self.sources.reject_share(library)

    def refuse_mismatch(self, library: Path, model: Model) -> None:
        """Compare library and model."""
        self.sources.refuse_mismatch(library, model)

    def describe(self, reference: str, registry: Path) -> Model:
        """Describe a model."""
        return self.sources.describe(reference, registry)

    def settled(self, model: Model, wanted: Literal["fp32", "bf16", "auto"]) -> Model:
        """Settle the precision of a model."""
        return self.sources.settled(model, wanted)

    def load(self, model: Model) -> Score:
        """Load a model, and arm the process if it is a worker that is to crash."""
        _arm_worker(self)
        return self.sources.load(model)


_armed: dict[int, TextIOWrapper] = {}


def _arm_worker(armed: ArmedSources) -> None:
    if os.getpid() in _armed:
        return
    _armed[os.getpid()] = hold(armed.scratch)
    if armed.crash is not None and armed.crash.role == "worker":
        install(armed.crash, armed.fired)


def drive(config: ScreenConfig, sources: ArmedSources, *, pooled: bool) -> None:
    """Run a screen in this process and leave it with the exit code the command would have."""
    if sources.crash is not None and sources.crash.role == "driver":
        install(sources.crash, sources.fired)
    executor = ProcessExecutor(2) if pooled else SerialExecutor()
    end_as_command(partial(run_screen, config, executor, sources=sources))


@dataclass(slots=True)
class Story:
    """What happened to a screen that crashed and was run until it was complete.

    Parameters
    ----------
    crash
        What was asked for.
    happened
        Whether the point was reached.
    codes
        How each run ended: exit codes, negative for signals.
    torn
        What readers saw that nobody may see.
    scored_again
        Model and shard of what was scored though committed.
    contents
        The folder in the end, by relative path; journals left out.
    """

    crash: Crash
    happened: bool = False
    codes: list[int] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    scored_again: list[str] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)


def survive(
    config: ScreenConfig, sources: FakeSources, crash: Crash, scratch: Path, *, pooled: bool
) -> Story:
    """Run a screen that crashes, then run it again until it ends well; at most four times."""
    story = Story(crash)
    scratch.mkdir(parents=True, exist_ok=True)
    folder = Path(config.output)
    with Reader(folder) as reader:
        for attempt in range(4):
            armed = ArmedSources(sources, None if attempt else crash, scratch)
            finished, before = _finished(folder), _calls(sources)
            work = partial(drive, config, armed, pooled=pooled)
            code = run_process(work, ["hitsieve.testing.crash_runs", "hitsieve.testing.fakes"])
            wait_for_orphans(scratch)
            story.codes.append(code)
            story.scored_again += sorted(finished & set(_calls(sources) - before))
            if code == 0 and attempt:
                break
    story.happened = armed.fired.exists()
    story.torn = reader.torn
    story.contents = contents(folder)
    return story


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a screen but its journals, by relative path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    names = {path: path.relative_to(folder) for path in files}
    return {str(n): p.read_bytes() for p, n in names.items() if n.parts[0] != RUNS_FOLDER}


def seeded(seed: int, *, pooled: bool) -> Crash:
    """Draw a crash that can happen in a serial or a pooled run.

    In a pool even seeds strike a worker, odd ones the driver.
    """
    if not pooled:
        return Crash.seeded(seed, "driver", list(POINTS))
    role: Role = "driver" if seed % 2 else "worker"
    points = [name for name, point in POINTS.items() if point.in_worker == (role == "worker")]
    return Crash.seeded(seed // 2, role, points)


def _finished(folder: Path) -> set[str]:
    """Return model and shard of all that is committed for every target."""
    try:
        plan = load_plan(folder)
    except NotFoundError:
        return set()
    commits = Ledger(folder).committed()
    done = [output for unit in plan.units for output in unit.outputs if output.key in commits]
    counts = Counter(f"{output.model}-{output.key.rsplit('/', 1)[1]}" for output in done)
    targets = {model.reference: len(model.targets) for model in plan.models}
    return {name for name, n in counts.items() if n == targets[name.rsplit("-shard", 1)[0]]}


def _calls(sources: FakeSources) -> Counter[str]:
    """Count scoring calls by model and shard."""
    if sources.calls is None:
        return Counter()
    return Counter(path.name.rsplit("-", 1)[0] for path in sources.calls.iterdir())
