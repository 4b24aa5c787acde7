"""The pool's rules, over a simulated crew with a simulated clock."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.engine.executor import DEADLINE_EXCEEDED, WORKER_LOST, Limits, Outcome, Task
from hitsieve.engine.pool import CallFailedError, Pool, WorkerLostError
from hitsieve.engine.worker import Report
from hitsieve.errors import ClusterError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HANG = "hang"
Answer = Report | Exception | str | None


@dataclass
class FakeCrew:
    """Answers of pings and runs are scripted; a call takes a second, a hang for ever."""

    runs: dict[int, deque[Any]] = field(default_factory=dict)
    pings: deque[Any] = field(default_factory=deque)
    clock: float = 0.0
    opened: int = 0
    killed: list[tuple[int, bool]] = field(default_factory=list)
    started: list[int] = field(default_factory=list)
    calls: dict[int, tuple[float, Any]] = field(default_factory=dict)
    most: int = 0

    def now(self) -> float:
        return self.clock

    def open(self) -> int:
        self.opened += 1
        return self.opened

    def ping(self, worker: int) -> int:
        assert worker
        return self._call(self.pings.popleft() if self.pings else None)

    def run(self, worker: int, payload: Any) -> int:
        assert worker
        self.started.append(payload)
        script = self.runs.get(payload)
        return self._call(script.popleft() if script else Report(2 * payload))

    def wait(self, calls: Sequence[Any], seconds: float) -> list[Any]:
        self.most = max(self.most, len(calls))
        times = [self.calls[call][0] for call in calls]
        soonest = min(times, default=float("inf"))
        if soonest > self.clock + seconds:
            self.clock += max(seconds, 1e-3)
            return []
        self.clock = max(self.clock, soonest)
        return [call for call in calls if self.calls[call][0] == soonest][:1]

    def answer(self, call: Any) -> Any:
        found = self.calls.pop(call)[1]
        if isinstance(found, CallFailedError | WorkerLostError):
            raise found
        return found

    def kill(self, worker: int, *, restart: bool) -> None:
        self.killed.append((worker, restart))

    def _call(self, answer: Any) -> int:
        number = len(self.calls) + len(self.started) + int(self.clock * 1000) + 1
        while number in self.calls:
            number += 1
        self.calls[number] = (float("inf") if answer == HANG else self.clock + 1, answer)
        return number


def tasks(count: int) -> Iterator[Task[int]]:
    return iter([Task(f"t{i}", i) for i in range(count)])


def run(
    crew: FakeCrew, count: int, size: int = 2, limits: Limits | None = None
) -> dict[str, Outcome[int]]:
    pool: Pool[int, int] = Pool(crew, tasks(count), limits or Limits(), size)
    found = list(pool.outcomes())
    assert len({o.key for o in found}) == len(found)
    return {o.key: o for o in found}


def lost(*, for_good: bool = False) -> WorkerLostError:
    return WorkerLostError("the process died", for_good=for_good)


def test_all_tasks_end_and_all_workers_are_gone() -> None:
    crew = FakeCrew()
    found = run(crew, 7)
    assert {k: o.value for k, o in found.items()} == {f"t{i}": 2 * i for i in range(7)}
    assert crew.opened == 2
    assert sorted(crew.killed) == [(1, False), (2, False)]


def test_no_more_workers_than_tasks_are_opened() -> None:
    crew = FakeCrew()
    run(crew, 1, size=8)
    assert crew.opened == 1


def test_no_more_in_flight_than_allowed() -> None:
    crew = FakeCrew()
    run(crew, 9, size=8, limits=Limits(max_in_flight=3))
    assert crew.most == 3


def test_a_lost_worker_gets_work_only_after_a_ping() -> None:
    crew = FakeCrew(runs={0: deque([lost()])}, pings=deque([None, lost(), lost(), None]))
    found = run(crew, 2, size=1)
    assert [found[k].attempts for k in ("t0", "t1")] == [2, 1]
    assert found["t0"].ok
    assert crew.started.count(0) == 2, "pings that failed cost no attempt"


def test_a_worker_lost_for_good_is_replaced() -> None:
    crew = FakeCrew(runs={0: deque([lost(for_good=True)])})
    found = run(crew, 1, size=1)
    assert found["t0"].ok
    assert crew.opened == 2


def test_what_kills_every_worker_is_given_up() -> None:
    crew = FakeCrew(runs={1: deque([lost()] * 9)})
    found = run(crew, 5, limits=Limits(attempts=3))
    bad = found.pop("t1")
    assert (bad.error_type, bad.attempts, bad.error) == (WORKER_LOST, 3, "the process died")
    assert all(o.ok for o in found.values())


def test_a_hung_task_is_killed_at_its_deadline() -> None:
    crew = FakeCrew(runs={1: deque([HANG, HANG])})
    found = run(crew, 4, limits=Limits(attempts=2, deadline_s=5.0))
    bad = found.pop("t1")
    assert (bad.error_type, bad.attempts) == (DEADLINE_EXCEEDED, 2)
    assert bad.error == "no result within 5 s"
    assert [restart for _, restart in crew.killed].count(True) == 2
    assert all(o.ok for o in found.values())


def test_setting_up_does_not_count_against_the_deadline() -> None:
    crew = FakeCrew()
    assert run(crew, 2, limits=Limits(attempts=1, deadline_s=1.5))["t0"].ok


def test_final_errors_are_not_tried_again() -> None:
    crew = FakeCrew(runs={0: deque([Report(error="no", error_type="InputError", final=True)])})
    assert run(crew, 1)["t0"].attempts == 1


def test_a_broken_worker_is_killed() -> None:
    report = Report(error="CUDA error", error_type="RuntimeError", broken=True)
    crew = FakeCrew(runs={0: deque([report])})
    assert run(crew, 1, size=1)["t0"].attempts == 2
    assert (1, True) in crew.killed


def test_an_answer_that_cannot_travel_leaves_the_worker_alone() -> None:
    crew = FakeCrew(runs={0: deque([CallFailedError("TypeError", "cannot pickle")])})
    found = run(crew, 1, size=1, limits=Limits(attempts=1))
    assert (found["t0"].error_type, found["t0"].error) == ("TypeError", "cannot pickle")
    assert crew.killed == [(1, False)]


def test_a_refused_setup_is_raised_and_leaves_nobody_behind() -> None:
    crew = FakeCrew(pings=deque([InputError("no model")]))
    with pytest.raises(InputError, match="no model"):
        run(crew, 3)
    assert {worker for worker, _ in crew.killed} == {1, 2}


def test_workers_that_never_start_are_reported() -> None:
    crew = FakeCrew(pings=deque([lost()] * 99))
    with pytest.raises(ClusterError, match=r"no worker could be kept alive.*process died"):
        run(crew, 3)
    assert crew.started == []


def test_a_worker_that_does_not_come_back_loses_its_seat() -> None:
    pings = deque([None, None, *[lost()] * 500])
    crew = FakeCrew(runs={0: deque([lost()])}, pings=pings)
    found = run(crew, 400, size=2)
    assert len(found) == 400
    assert all(o.ok for o in found.values())


def test_an_abandoned_map_kills_its_workers() -> None:
    crew = FakeCrew()
    outcomes = Pool[int, int](crew, tasks(9), Limits(), 2).outcomes()
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert {worker for worker, _ in crew.killed} == {1, 2}


FAULTS = st.sampled_from(["lost", "gone", "hang", "error", "fine"])


@given(
    script=st.dictionaries(st.integers(0, 11), st.lists(FAULTS, max_size=4)),
    size=st.integers(1, 4),
    attempts=st.integers(1, 3),
)
def test_whatever_happens_each_task_ends_once(
    script: dict[int, list[str]], size: int, attempts: int
) -> None:
    made: dict[str, Any] = {
        "lost": lost(),
        "gone": lost(for_good=True),
        "hang": HANG,
        "error": Report(error="x", error_type="ValueError"),
    }
    runs = {
        payload: deque(made.get(fault, Report(2 * payload)) for fault in faults)
        for payload, faults in script.items()
    }
    crew = FakeCrew(runs=runs)
    found = run(crew, 12, size, Limits(attempts=attempts, deadline_s=3.0))
    assert set(found) == {f"t{i}" for i in range(12)}
    for index in range(12):
        faults = script.get(index, [])[:attempts]
        survives = len(faults) < attempts or "fine" in faults
        assert found[f"t{index}"].ok == survives
    assert max(Counter(crew.started).values()) <= attempts
