from __future__ import annotations

import signal
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine.driver import keep_sigterm, notices_to_stderr

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
