from __future__ import annotations

import signal
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine.driver import end_helpers, join, keep_sigterm, notices_to_stderr
from hitsieve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def own(number: int, frame: object) -> None:
    del number, frame


def foreign(number: int, frame: object) -> None:
    del number, frame


def test_the_programs_handler_is_put_back() -> None:
    signal.signal(signal.SIGTERM, own)
    with keep_sigterm():
        signal.signal(signal.SIGTERM, foreign)
    assert signal.getsignal(signal.SIGTERM) is own


def refused() -> None:
    with keep_sigterm():
        signal.signal(signal.SIGTERM, foreign)
        raise OSError("refused")


def test_it_is_put_back_after_an_error_too() -> None:
    signal.signal(signal.SIGTERM, own)
    with pytest.raises(OSError, match="refused"):
        refused()
    assert signal.getsignal(signal.SIGTERM) is own


def test_where_there_was_none_the_new_one_stays() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with keep_sigterm():
        signal.signal(signal.SIGTERM, foreign)
    assert signal.getsignal(signal.SIGTERM) is foreign


def test_other_threads_leave_handlers_alone() -> None:
    signal.signal(signal.SIGTERM, own)
    ended: list[bool] = []

    def join() -> None:
        with keep_sigterm():
            pass
        ended.append(True)

    thread = threading.Thread(target=join)
    thread.start()
    thread.join()
    assert ended


def test_notices_are_sent_to_stderr_once() -> None:
    printed: list[Any] = []

    def original(data: dict[str, Any], *, ignore_prefix: bool) -> None:
        printed.append((data, ignore_prefix))

    module = SimpleNamespace(print_to_stdstream=original)
    notices_to_stderr(module)
    first = module.print_to_stdstream
    notices_to_stderr(module)
    assert module.print_to_stdstream is first
    module.print_to_stdstream({"lines": ["x"], "is_err": False}, ignore_prefix=False)
    assert printed == [({"lines": ["x"], "is_err": True}, False)]


def test_a_ray_that_prints_otherwise_is_left_alone() -> None:
    module = SimpleNamespace()
    notices_to_stderr(module)
    assert vars(module) == {}


def starts(monkeypatch: pytest.MonkeyPatch, *errors: Exception | None) -> list[dict[str, Any]]:
    """Let Ray's start end so, one outcome after the other."""
    import ray

    calls: list[dict[str, Any]] = []

    def init(**options: Any) -> None:
        calls.append(options)
        error = errors[len(calls) - 1]
        if error is not None:
            raise error

    monkeypatch.setattr(ray, "init", init)
    return calls


SLOW = Exception("The current node timed out during startup. This could happen because …")


def test_a_slow_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = starts(monkeypatch, SLOW, None)
    join("local", num_cpus=1)
    assert [call["address"] for call in calls] == ["local", "local"]
    assert calls[1]["num_cpus"] == 1


def test_a_machine_too_busy_for_three_starts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = starts(monkeypatch, SLOW, SLOW, SLOW)
    with pytest.raises(ClusterError, match="did not start on this machine in 3 attempts") as caught:
        join("local")
    assert "--executor serial" in caught.value.cure
    assert len(calls) == 3


def test_a_cluster_that_is_not_there_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = starts(monkeypatch, ConnectionError("refused"))
    with pytest.raises(ClusterError, match=r"no Ray cluster at 10\.0\.0\.1:6379: refused"):
        join("10.0.0.1:6379")
    assert len(calls) == 1


def test_what_nobody_foresaw_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    starts(monkeypatch, Exception("something else"))
    with pytest.raises(Exception, match="something else"):
        join("local")


class Helper:
    def __init__(self, name: str, ended: list[str]) -> None:
        self.name, self.ended = name, ended

    def kill(self) -> None:
        self.ended.append(self.name)

    def wait(self) -> None:
        assert self.name in self.ended


@pytest.mark.parametrize(
    ("dashboard", "expected"),
    [(False, ["monitor", "log_monitor", "dashboard"]), (True, ["monitor"])],
)
def test_only_what_a_private_cluster_needs_goes_on(
    monkeypatch: pytest.MonkeyPatch,
    dashboard: bool,  # noqa: FBT001 - a case of the table above
    expected: list[str],
) -> None:
    from ray._private import worker

    ended: list[str] = []
    names = ("gcs_server", "dashboard", "log_monitor", "monitor", "raylet")
    processes = {name: [SimpleNamespace(process=Helper(name, ended))] for name in names}
    monkeypatch.setattr(worker, "_global_node", SimpleNamespace(all_processes=processes))
    end_helpers(dashboard=dashboard)
    assert ended == expected


def test_where_no_cluster_was_started_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    from ray._private import worker

    monkeypatch.setattr(worker, "_global_node", None)
    end_helpers(dashboard=False)
