"""The process a measurement runs in, so that it can be killed: ``python -m`` this module.

Its one argument is the number of an inherited socket. Over it come the oracle, then one
compound at a time; back go ``("rows", rows)`` or ``("trouble", trouble)``. It ends when the
other side closes, and a timer of the kernel ends it if a measurement outlives its limit although
the parent is gone.
"""

from __future__ import annotations

import signal
import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Final

from hitsieve.oracles.trouble import trouble_of

if TYPE_CHECKING:
    from hitsieve.oracles.protocol import Oracle

_GRACE_S: Final = 2.0  # the parent kills first, and knows why


def serve(connection: Connection) -> None:
    """Measure what comes over a connection until the other side closes it."""
    oracle, limit_s = connection.recv()
    prepare = getattr(oracle, "prepare", None)
    if prepare is not None:
        prepare()  # outside the time limit of a compound
    connection.send(("ready",))
    while True:
        try:
            compound = connection.recv()
        except EOFError:
            return
        # SIGALRM keeps its default action: it ends the process even inside C++ code.
        signal.setitimer(signal.ITIMER_REAL, limit_s + _GRACE_S)
        reply = _measured(oracle, compound)
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(reply)


def _measured(oracle: Oracle, compound: tuple[str, str]) -> tuple[Any, ...]:
    try:
        table = oracle.measure([compound])
        return ("rows", table.to_pylist())
    except Exception as error:  # noqa: BLE001 - whatever an oracle raises
        return ("trouble", trouble_of(error))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
