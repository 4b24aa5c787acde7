"""Campaigns that crash and are run again, and what must hold in the end."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from hitsieve.campaign import run_campaign
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.engine import SerialExecutor
from hitsieve.store.files import temporary_of
from hitsieve.testing.crash import Crash, Point, install
from hitsieve.testing.crash_process import end_as_command, hold, run_process, wait_for_orphans
from hitsieve.testing.executor_kit import expect
from hitsieve.testing.oracle_kit import FakeOracle
from hitsieve.testing.process_executor import ProcessExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hitsieve.campaign import CampaignConfig
    from hitsieve.campaign.quick.config import QuickConfig
    from hitsieve.campaign.reagents import ReagentCampaignConfig
    from hitsieve.engine import Executor

_NOT_COMPARED: Final = {"runs", "cache"}
_FILES: Final = "hitsieve.store.files"
_FOLDER: Final = "hitsieve.campaign.state:CampaignFolder"
_MADE_BY_ONE: Final = 8

POINTS: Final = {
    "not begun": Point(_FOLDER, "__init__", "after", in_worker=False),
    "held": Point("hitsieve.store.lease:Lease", "__enter__", "after", in_worker=False),
    "mid-picks": Point("pathlib:Path", "write_bytes", "middle", "picks.json", 2, in_worker=False),
    "picks not linked": Point(_FILES, "_link", "before", "picks.json", 2, in_worker=False),
    "picks": Point(_FOLDER, "choose", "after", passages=2, in_worker=False),
    "measuring": Point("hitsieve.testing.oracle_kit:FakeOracle", "measure", "before", passages=9),
    "measured": Point("hitsieve.testing.oracle_kit:FakeOracle", "measure", "after", passages=9),
    "mid-label": Point("pathlib:Path", "write_bytes", "middle", "labels", 9),
    "label not linked": Point(_FILES, "_link", "before", "labels", 9),
    "labeled": Point("hitsieve.oracles.store:LabelStore", "put", "after", passages=9),
    "mid-round": Point("pyarrow.parquet", "write_table", "middle", "rounds", 2, in_worker=False),
    "round not renamed": Point("pathlib:Path", "replace", "before", "rounds", 2, in_worker=False),
    "round not committed": Point(
        "hitsieve.campaign.state", "write_parquet_atomic", "after", "rounds", 2, in_worker=False
    ),
    "mid-commit": Point(
        "pathlib:Path", "write_bytes", "middle", "_commits/.round", 2, in_worker=False
    ),
    "round committed": Point(_FOLDER, "finish", "after", passages=2, in_worker=False),
    "mid-training table": Point(
        "pyarrow.parquet", "write_table", "middle", "training", in_worker=False
    ),
    "mid-surrogate": Point("pathlib:Path", "write_bytes", "middle", ".npz"),
    "surrogate": Point("hitsieve.campaign.quick.surrogate", "save", "after"),
    "mid-choice of surrogate": Point(
        "pathlib:Path", "write_bytes", "middle", "surrogate.json", in_worker=False
    ),
    "scored": Point("hitsieve.campaign.quick.pool", "write_parquet_atomic", "before"),
    "mid-scores": Point("pyarrow.parquet", "write_table", "middle", "scores"),
    "scores not committed": Point("hitsieve.campaign.quick.pool", "write_parquet_atomic", "after"),
    "mid-pruning": Point("pathlib:Path", "write_bytes", "middle", "pruned.json", in_worker=False),
    "mid-estimate": Point(
        "pathlib:Path", "write_bytes", "middle", "estimate.json", 2, in_worker=False
    ),
    "swept": Point(_FOLDER, "sweep", "after", in_worker=False),
}
"""Points of a campaign with a quick surrogate."""

NEVER: Final = Crash("picks", 99, "kill", "driver")
"""A crash at a passage that no campaign comes to."""


class Runnable(Protocol):
    """A campaign to be crashed."""

    @property
    def config(self) -> CampaignConfig | ReagentCampaignConfig:
        """Its configuration."""

    @property
    def log(self) -> Path:
        """Where its oracle notes each compound it measures."""

    def run(self, executor: Executor) -> None:
        """Run it to its end."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A campaign over a library: its configuration, surrogate, and the log of measurements."""

    config: CampaignConfig
    quick: QuickConfig
    log: Path

    def run(self, executor: Executor) -> None:
        """Run it to its end; the oracle notes each compound it measures."""
        oracle = FakeOracle(log=self.log)
        surrogate = QuickSurrogate(oracle.target, config=self.quick)
        run_campaign(self.config, oracle, surrogate, executor)


@dataclass(slots=True)
class Story:
    """What happened to a campaign that crashed and was run until it was complete.

    Parameters
    ----------
    crash
        What was asked for.
    happened
        Whether the point was reached.
    codes
        How each run ended: exit codes, negative for signals.
    measured_again
        Compounds measured though their label stood.
    contents
        The folder in the end, by relative path; what may differ between runs left out.
    """

    crash: Crash
    happened: bool = False
    codes: list[int] = field(default_factory=list)
    measured_again: list[str] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)

    def expect_unharmed(self, whole: Mapping[str, bytes]) -> None:
        """Fail if the crash did not happen, or left anything other than an uncrashed campaign has.

        Parameters
        ----------
        whole
            What :func:`uncrashed` returned.
        """
        expect(self.happened, f"{self.crash} did not happen: {self.codes}")
        expect(self.codes[-1] == 0, f"{self.crash}: never ended well: {self.codes}")
        expect(not self.measured_again, f"{self.crash}: measured again: {self.measured_again}")
        differing = [
            name
            for name in sorted({*self.contents, *whole})
            if self.contents.get(name) != whole.get(name)
        ]
        expect(not differing, f"{self.crash}: files differ: {differing}")


def uncrashed(setting: Runnable, scratch: Path) -> dict[str, bytes]:
    """Run a campaign that nothing happens to, and return its contents."""
    story = survive(setting, NEVER, scratch, pooled=False)
    expect(story.codes[0] == 0 and not story.happened, f"not left alone: {story.codes}")
    return story.contents


def survive(
    setting: Runnable,
    crash: Crash,
    scratch: Path,
    *,
    pooled: bool,
    known: Mapping[str, Point] = POINTS,
) -> Story:
    """Run a campaign that crashes, then run it again until it ends well; at most four times."""
    story = Story(crash)
    scratch.mkdir(parents=True, exist_ok=True)
    fired = scratch / "fired"
    for attempt in range(4):
        labeled, before = _labeled(setting), _measured(setting)
        armed = None if attempt else crash
        work = partial(_drive, setting, armed, scratch, dict(known), pooled=pooled)
        code = run_process(work, ["hitsieve.testing.crash_campaigns", "sklearn.ensemble"])
        wait_for_orphans(scratch)
        story.codes.append(code)
        story.measured_again += sorted(labeled & set(_measured(setting) - before))
        if code == 0 and attempt:
            break
    story.happened = fired.exists()
    story.contents = contents(setting.config.folder)
    return story


def seeded(seed: int, *, pooled: bool, known: Mapping[str, Point] = POINTS) -> Crash:
    """Draw a crash at one of the known points; in a pool even seeds strike a worker."""
    in_worker = seed % 2 == 0
    if not pooled:
        return Crash.seeded(seed, "driver", list(known), known)
    points = [name for name, point in known.items() if point.in_worker == in_worker]
    drawn = Crash.seeded(seed // 2, "worker" if in_worker else "driver", points, known)
    # Two share sixteen measurements: one of them makes eight, neither need make nine.
    return replace(drawn, passage=min(drawn.passage, _MADE_BY_ONE))


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a campaign that are equal in every run, by relative path."""
    names = {path: path.relative_to(folder) for path in sorted(folder.rglob("*"))}
    return {
        str(name): path.read_bytes()
        for path, name in names.items()
        if path.is_file() and name.parts[0] not in _NOT_COMPARED
    }


def _drive(
    setting: Runnable,
    crash: Crash | None,
    scratch: Path,
    known: Mapping[str, Point],
    *,
    pooled: bool,
) -> None:
    if crash is not None:
        install(crash, scratch / "fired", known, driver=os.getpid())
    executor = ProcessExecutor(2) if pooled else SerialExecutor()
    with hold(scratch):
        end_as_command(partial(setting.run, executor))


def _labeled(setting: Runnable) -> set[str]:
    """Return the compounds whose labels stand, as the oracles of settings note them."""
    found = set()
    for path in (setting.config.folder / "labels").glob("*/*/*.json"):
        if temporary_of(path.name) is None:
            name = str(json.loads(path.read_bytes())["compound_id"])
            found.add(f"short:{name}" if path.parts[-3].startswith("short-") else name)
    return found


def _measured(setting: Runnable) -> Counter[str]:
    return Counter(setting.log.read_text().split()) if setting.log.exists() else Counter()
