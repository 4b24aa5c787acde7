from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.engine.executor import DEADLINE_EXCEEDED, WORKER_LOST
from hitsieve.errors import IncompleteError, StorageError
from hitsieve.oracles import LabelStore, MeasureConfig, measure
from hitsieve.oracles import tries as module
from hitsieve.testing.oracle_kit import FakeOracle
from hitsieve.testing.process_executor import ProcessExecutor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.engine import Task
    from hitsieve.oracles import Compound
    from hitsieve.testing.oracle_kit import Behavior

COMPOUNDS = [(f"KEY-{i}", "C" * (i + 1)) for i in range(6)]
FAST = MeasureConfig(pause_s=0)
GUARDED = MeasureConfig(pause_s=0, time_limit_s=20)
RAISED: tuple[Behavior, ...] = ("raise", "no memory", "full disk")
DIED: tuple[Behavior, ...] = ("crash", "kill")


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def serially(
    oracle: FakeOracle, folder: Path, asked: list[Compound], config: MeasureConfig = FAST
) -> pa.Table:
    return measure(oracle, asked, SerialExecutor(), folder, config)


def whole(tmp_path: Path, config: MeasureConfig = FAST) -> dict[str, bytes]:
    serially(FakeOracle(), tmp_path / "whole", COMPOUNDS, config)
    return files(tmp_path / "whole")


@pytest.mark.parametrize("trouble", RAISED)
@pytest.mark.parametrize("where", [0, 5])
def test_trouble_met_once_leaves_no_trace(tmp_path: Path, trouble: Behavior, where: int) -> None:
    once = FakeOracle({f"KEY-{where}": trouble}, once=tmp_path / "once", log=tmp_path / "log")
    serially(once, tmp_path / "labels", COMPOUNDS)
    assert files(tmp_path / "labels") == whole(tmp_path)
    expected = {name: 1 + (name == f"KEY-{where}") for name, _ in COMPOUNDS}
    assert Counter((tmp_path / "log").read_text().split()) == expected


@pytest.mark.parametrize("trouble", [*RAISED, *DIED])
def test_nor_does_it_in_a_process_of_its_own(tmp_path: Path, trouble: Behavior) -> None:
    once = FakeOracle({"KEY-1": trouble}, once=tmp_path / "once")
    serially(once, tmp_path / "labels", COMPOUNDS[:3], GUARDED)
    serially(FakeOracle(), tmp_path / "whole", COMPOUNDS[:3], GUARDED)
    assert files(tmp_path / "labels") == files(tmp_path / "whole")


@pytest.mark.parametrize("trouble", [*RAISED, *DIED])
def test_nor_does_it_in_a_pool_whose_workers_may_be_lost(tmp_path: Path, trouble: Behavior) -> None:
    once = FakeOracle({"KEY-1": trouble, "KEY-4": trouble}, once=tmp_path / "once")
    with ProcessExecutor(2) as executor:
        measure(once, COMPOUNDS, executor, tmp_path / "labels", FAST)
    assert files(tmp_path / "labels") == whole(tmp_path)


@pytest.mark.parametrize(
    ("trouble", "code"), [("raise", "internal"), ("no memory", "out_of_memory")]
)
def test_a_compound_that_always_fails_is_blamed_where_others_are_measured(
    tmp_path: Path, trouble: Behavior, code: str
) -> None:
    log = tmp_path / "log"
    rows = serially(FakeOracle({"KEY-2": trouble}, log=log), tmp_path / "labels", COMPOUNDS)
    assert rows["code"].to_pylist() == ["none", "none", code, "none", "none", "none"]
    counted = Counter(log.read_text().split())
    assert counted == {name: 3 if name == "KEY-2" else 1 for name, _ in COMPOUNDS}
    again = serially(FakeOracle(log=log), tmp_path / "labels", COMPOUNDS)
    assert again.equals(rows)
    assert Counter(log.read_text().split()) == counted


def test_each_further_try_is_in_another_process(tmp_path: Path) -> None:
    rows = serially(FakeOracle({"KEY-0": "kill"}), tmp_path, COMPOUNDS[:2], GUARDED)
    assert rows["code"].to_pylist() == ["crashed", "none"]
    assert "code -9" in rows["message"][0].as_py()


def test_how_often_is_a_setting(tmp_path: Path) -> None:
    log = tmp_path / "log"
    config = MeasureConfig(pause_s=0, attempts=1)
    serially(FakeOracle({"KEY-0": "raise"}, log=log), tmp_path / "l", COMPOUNDS, config)
    assert Counter(log.read_text().split())["KEY-0"] == 1


def test_pauses_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    oracle = FakeOracle({"KEY-0": "raise"})
    monkeypatch.setattr("hitsieve.testing.oracle_kit.time.sleep", slept.append)
    serially(oracle, tmp_path, COMPOUNDS, MeasureConfig(pause_s=2))
    assert [one for one in slept if one] == [2, 4]


@pytest.mark.parametrize("where", [2, 5])
def test_what_is_surely_the_machines_takes_a_control_to_be_blamed(
    tmp_path: Path, where: int
) -> None:
    log = tmp_path / "log"
    bad = f"KEY-{where}"
    rows = serially(FakeOracle({bad: "full disk"}, log=log), tmp_path / "labels", COMPOUNDS)
    assert [row["compound_id"] for row in rows.to_pylist() if row["code"] == "internal"] == [bad]
    counted = Counter(log.read_text().split())
    assert counted.pop(bad) == 3
    assert sorted(counted.values()) == [1, 1, 1, 1, 2], "one was measured again, as a control"


def test_the_last_one_is_blamed_only_after_a_control_of_another_batch(tmp_path: Path) -> None:
    """Its neighbors were measured before it failed: nothing shows that the oracle still works."""
    log = tmp_path / "log"
    serially(FakeOracle(), tmp_path / "labels", COMPOUNDS[:5])
    before = files(tmp_path / "labels")
    rows = serially(FakeOracle({"KEY-5": "raise"}, log=log), tmp_path / "labels", COMPOUNDS[5:])
    assert rows["code"].to_pylist() == ["internal"]
    assert Counter(log.read_text().split()) == {"KEY-5": 3, "KEY-0": 1}
    assert before.items() < files(tmp_path / "labels").items(), "a control changes no label"


def test_with_trouble_that_ends_before_the_control_a_try_is_left(tmp_path: Path) -> None:
    """Two tries fail while memory is short; the third one comes after the control."""

    class ShortFor(FakeOracle):
        def __init__(self, failures: int) -> None:
            super().__init__(log=tmp_path / "log")
            self.left = failures

        def measure(self, compounds: Sequence[Compound]) -> pa.Table:
            self.left -= 1
            if self.left >= 0:
                raise MemoryError
            return super().measure(compounds)

    serially(FakeOracle(), tmp_path / "labels", COMPOUNDS[:3])
    serially(ShortFor(3 + 3), tmp_path / "labels", COMPOUNDS)
    assert files(tmp_path / "labels") == whole(tmp_path)


@pytest.mark.parametrize("trouble", ["raise", "full disk"])
def test_a_control_that_fails_stops_the_run(tmp_path: Path, trouble: Behavior) -> None:
    serially(FakeOracle(), tmp_path / "labels", COMPOUNDS[:5])
    before = files(tmp_path / "labels")
    broken = FakeOracle({"KEY-0": trouble, "KEY-5": "raise"})
    for _ in range(3):
        with pytest.raises(IncompleteError) as caught:
            serially(broken, tmp_path / "labels", COMPOUNDS[5:])
        assert "nor could KEY-0 again" in caught.value.message
        assert "KEY-5: RuntimeError: the instrument is on fire" in caught.value.message
        assert "run the same command again" in caught.value.cure
    assert files(tmp_path / "labels") == before
    serially(FakeOracle(), tmp_path / "labels", COMPOUNDS)
    assert files(tmp_path / "labels") == whole(tmp_path)


def test_so_does_one_without_a_value(tmp_path: Path) -> None:
    serially(FakeOracle(), tmp_path, COMPOUNDS[:5])
    broken = FakeOracle({"KEY-0": "fail", "KEY-5": "raise"})
    with pytest.raises(IncompleteError, match="nor could KEY-0 again: no sound value"):
        serially(broken, tmp_path, COMPOUNDS[5:])


def test_without_any_value_nobody_is_blamed(tmp_path: Path) -> None:
    oracle = FakeOracle({"KEY-0": "fail", "KEY-1": "raise", "KEY-2": "no memory"})
    with pytest.raises(IncompleteError, match="2 compounds could not be measured, and none has"):
        serially(oracle, tmp_path, COMPOUNDS[:3])
    (label,) = LabelStore.of(tmp_path, oracle).rows()
    assert label["compound_id"] == "KEY-0"


@pytest.mark.parametrize(("trouble", "measured"), [("raise", 18), ("full disk", 6)])
def test_one_trouble_after_the_other_ends_the_run_soon(
    tmp_path: Path, trouble: Behavior, measured: int
) -> None:
    log = tmp_path / "log"
    many = [(f"KEY-{i}", "C" * (i + 1)) for i in range(40)]
    oracle = FakeOracle(dict.fromkeys([name for name, _ in many[2:]], trouble), log=log)
    with pytest.raises(IncompleteError, match="one after the other"):
        serially(oracle, tmp_path / "labels", many)
    assert len(log.read_text().split()) == measured
    assert len(files(tmp_path / "labels")) == 2


def test_many_compounds_may_be_to_blame(tmp_path: Path) -> None:
    many = [(f"KEY-{i}", "C" * (i + 1)) for i in range(60)]
    bad = [name for name, _ in many[::3]]
    rows = serially(FakeOracle(dict.fromkeys(bad, "raise")), tmp_path, many)
    assert [row["compound_id"] for row in rows.to_pylist() if row["code"] == "internal"] == bad


def test_a_label_that_cannot_be_written_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise StorageError("cannot write it: disk full", cure="free some space")

    monkeypatch.setattr(LabelStore, "put", full)
    log = tmp_path / "log"
    with pytest.raises(IncompleteError, match="disk full"):
        serially(FakeOracle(log=log), tmp_path / "labels", COMPOUNDS)
    assert len(log.read_text().split()) == 1


def test_an_error_around_the_oracle_is_never_the_compounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, fails = LabelStore.put, iter([OSError(errno.EIO, "worn out"), MemoryError()])

    def failing(self: LabelStore, row: dict[str, object], **options: float | None) -> object:
        error = next(fails, None) if row["compound_id"] == "KEY-3" else None
        if error is not None:
            raise error
        return put(self, row, **options)

    monkeypatch.setattr(LabelStore, "put", failing)
    serially(FakeOracle(), tmp_path / "labels", COMPOUNDS)
    monkeypatch.undo()
    assert files(tmp_path / "labels") == whole(tmp_path)


def test_a_worker_that_is_always_lost_is_blamed_on_its_compound(tmp_path: Path) -> None:
    with ProcessExecutor(2) as executor:
        rows = measure(FakeOracle({"KEY-0": "kill"}), COMPOUNDS, executor, tmp_path, FAST)
    assert rows["code"].to_pylist() == ["crashed", *["none"] * 5]
    assert "process died" in rows["message"][0].as_py()


@pytest.mark.parametrize(
    ("lost", "code"), [(DEADLINE_EXCEEDED, "timeout"), (WORKER_LOST, "crashed")]
)
@pytest.mark.parametrize("times", [2, 9])
def test_what_becomes_of_a_worker_says_nothing_at_first(
    tmp_path: Path, lost: str, code: str, times: int
) -> None:
    class Losing(SerialExecutor):
        left = times

        def map(self, setup: Any, tasks: Iterable[Task[Any]], limits: Any = None) -> Iterator[Any]:
            assert limits.attempts == 1, "who is tried again is not the executor's to decide"
            for outcome in super().map(setup, tasks, limits):
                if outcome.key == "KEY-0" and self.left:
                    self.left -= 1
                    LabelStore.of(tmp_path, FakeOracle())._path("KEY-0").unlink()
                    yield replace(outcome, value=None, error_type=lost, error="gone")
                else:
                    yield outcome

    rows = measure(FakeOracle(), COMPOUNDS, Losing(), tmp_path, FAST)
    assert rows["code"].to_pylist() == ["none" if times == 2 else code, *["none"] * 5]


def test_an_oracle_that_exits_ends_no_campaign(tmp_path: Path) -> None:
    class Exiting(FakeOracle):
        def measure(self, compounds: Sequence[Compound]) -> pa.Table:
            if compounds[0] == COMPOUNDS[1]:
                raise SystemExit(0)
            return super().measure(compounds)

    rows = serially(Exiting(), tmp_path, COMPOUNDS[:3])
    assert rows["code"].to_pylist() == ["none", "internal", "none"]
    assert rows["message"][1].as_py() == "SystemExit: 0"


MEASURING = """
import sys
from pathlib import Path
from hitsieve.engine import SerialExecutor
from hitsieve.oracles import MeasureConfig, measure
from hitsieve.testing.oracle_kit import FakeOracle

config = MeasureConfig(pause_s=0, time_limit_s=6)
oracle = FakeOracle(log=Path(sys.argv[2]), seconds=0.7)
measure(oracle, [("KEY-0", "C"), ("KEY-1", "CC")], SerialExecutor(), Path(sys.argv[1]), config)
"""


@pytest.mark.parametrize("stopped_s", [7.0, 9.0])
def test_a_machine_that_sleeps_is_no_timeout(tmp_path: Path, stopped_s: float) -> None:
    """Beyond eight seconds the child's own timer has ended it: the compound is tried again."""
    log, labels = tmp_path / "log", tmp_path / "labels"
    process = subprocess.Popen(
        [sys.executable, "-c", MEASURING, str(labels), str(log)], start_new_session=True
    )
    while not log.exists():
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(stopped_s)
    os.killpg(process.pid, signal.SIGCONT)
    assert process.wait() == 0
    rows = LabelStore.of(labels, FakeOracle()).table(["KEY-0", "KEY-1"])
    assert rows["value"].to_pylist() == [1.0, 2.0]
