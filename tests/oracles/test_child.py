from __future__ import annotations

import signal
import subprocess
import sys
from multiprocessing import Pipe
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from hitsieve.oracles.child import serve
from hitsieve.oracles.trouble import Trouble
from hitsieve.schema import Code
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

    import pyarrow as pa

    from hitsieve.oracles.protocol import Compound


class Prepared(FakeOracle):
    """Measures only after it was prepared."""

    def __init__(self) -> None:
        super().__init__({"BAD": "raise"})
        self.ready = False

    def prepare(self) -> None:
        self.ready = True

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        assert self.ready
        return super().measure(compounds)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """The other end of a connection that a thread serves, with its timer noted, not set."""
    timers: list[float] = []
    monkeypatch.setattr(signal, "setitimer", lambda _which, seconds: timers.append(seconds))
    ours, theirs = Pipe()
    thread = Thread(target=serve, args=(theirs,))
    thread.start()
    ours.send((Prepared(), 5.0))
    assert ours.poll(30)
    assert ours.recv() == ("ready",)
    yield ours
    ours.close()
    thread.join(30)
    assert not thread.is_alive(), "it ends when the other side closes"
    # Each compound has its limit and two seconds of grace; then the timer is off.
    assert timers == [7.0, 0] * (len(timers) // 2)
    assert timers


def test_rows_come_back(served: Connection) -> None:
    served.send(("GOOD", "CCC"))
    kind, rows = served.recv()
    assert kind == "rows"
    assert [(row["compound_id"], row["value"]) for row in rows] == [("GOOD", 3.0)]


def test_an_error_comes_back_and_it_goes_on(served: Connection) -> None:
    served.send(("BAD", "CCC"))
    kind, trouble = served.recv()
    assert kind == "trouble"
    assert isinstance(trouble, Trouble)
    assert trouble.code == Code.INTERNAL
    served.send(("GOOD", "C"))
    assert served.recv()[0] == "rows"


def test_a_measurement_outlives_neither_its_limit_nor_its_parent() -> None:
    ours, theirs = Pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "hitsieve.oracles.child", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    ours.send((FakeOracle({"BAD": "hang"}), 0.2))
    assert ours.poll(60)
    assert ours.recv() == ("ready",)
    ours.send(("BAD", "C"))  # and nobody kills it: the kernel's timer does
    assert process.wait(timeout=60) == -signal.SIGALRM
    ours.close()
