"""Screens that crash and are run again, watched by a reader, and what must hold in the end."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow.parquet as pq

from hitsieve.engine import SerialExecutor
from hitsieve.errors import HitsieveError, NotFoundError
from hitsieve.screen import load_plan, run_screen, screen_status
from hitsieve.screen.journal import RUNS_FOLDER
from hitsieve.screen.plan import PLAN_FILE
from hitsieve.store import Ledger
from hitsieve.store.files import temporary_of
from hitsieve.testing.crash import POINTS, Crash, Role, install
from hitsieve.testing.process_executor import ProcessExecutor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

    from hitsieve.screen import ScreenConfig
    from hitsieve.screen.controls import Control
    from hitsieve.screen.sources import Loaded, Model, Score, Shard
    from hitsieve.testing.fakes import FakeSources

_INTERRUPTED: Final = 130
_UNEXPECTED: Final = 1
_LOOK_S: Final = 0.002


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


_armed: dict[int, Any] = {}


def _arm_worker(armed: ArmedSources) -> None:
    if os.getpid() in _armed:
        return
    # Held until the process is gone, however it goes.
    lock = (armed.scratch / "alive").open("a")
    fcntl.flock(lock, fcntl.LOCK_SH)
    _armed[os.getpid()] = lock
    if armed.crash is not None and armed.crash.role == "worker":
        install(armed.crash, armed.fired)


def drive(config: ScreenConfig, sources: ArmedSources, *, pooled: bool) -> None:
    """Run a screen in this process and leave it with the exit code the command would have."""
    if sources.crash is not None and sources.crash.role == "driver":
        install(sources.crash, sources.fired)
    executor = ProcessExecutor(2) if pooled else SerialExecutor()
    code = 0
    try:
        run_screen(config, executor, sources=sources)
    except HitsieveError as error:
        code = error.exit_code
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - what was raised on purpose ends here
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = _UNEXPECTED
    sys.exit(code)


def start(config: ScreenConfig, sources: ArmedSources, *, pooled: bool) -> Any:  # noqa: ANN401 - a process of some context
    """Start a driver in a fresh process, quickly: forked from a server that has the imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["hitsieve.testing.crash_runs", "hitsieve.testing.fakes"])
    process = context.Process(
        target=drive, args=(config, sources), kwargs={"pooled": pooled}, daemon=False
    )
    process.start()
    return process


class Reader:
    """A thread that reads a screen again and again while others write it.

    Attributes
    ----------
    looks
        How often it has read.
    torn
        What it saw that nobody may see.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.looks = 0
        self.torn: list[str] = []
        self._seen: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            self._look()
            self.looks += 1
            time.sleep(_LOOK_S)

    def _look(self) -> None:
        begun = (self.folder / PLAN_FILE).exists()
        try:
            status = screen_status(self.folder, top=5)
            before, self._seen = self._seen, set(Ledger(self.folder).committed())
            if before - self._seen:
                self.torn.append(f"commits went away: {sorted(before - self._seen)}")
            if any(not table.num_rows for table in status.top.values()) and status.compounds_done:
                self.torn.append(f"no top after {status.compounds_done} compounds")
            for path in list(self.folder.rglob("*")):
                if path.is_file() and temporary_of(path.name) is None:
                    _read_whole(path)
        except NotFoundError as error:
            if begun or "no screen in" not in error.message:
                self.torn.append(repr(error))
        except Exception as error:  # noqa: BLE001 - whatever a reader meets is the finding
            self.torn.append(f"{type(error).__name__}: {error}")


def _read_whole(path: Path) -> None:
    if path.suffix == ".json":
        json.loads(path.read_bytes())
    elif path.suffix == ".parquet":
        pq.ParquetFile(path).read()


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
            process = start(config, armed, pooled=pooled)
            process.join()
            _wait_for_orphans(scratch)
            story.codes.append(process.exitcode)
            story.scored_again += sorted(finished & set(_calls(sources) - before))
            if process.exitcode == 0 and attempt:
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


def _wait_for_orphans(scratch: Path) -> None:
    with (scratch / "alive").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
