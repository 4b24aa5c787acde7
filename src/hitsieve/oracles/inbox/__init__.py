"""A laboratory as an oracle: batches go out as files, results come back as files.

:func:`~hitsieve.oracles.inbox.batch.write_batch` asks,
:func:`~hitsieve.oracles.inbox.results.read_results` takes back;
:class:`~hitsieve.oracles.inbox.oracle.InboxOracle` is both behind the oracle protocol, and
:class:`~hitsieve.oracles.inbox.bench.Bench` of several targets at once.
"""

from hitsieve.oracles.inbox.batch import Batch, close_batch, read_batches, write_batch
from hitsieve.oracles.inbox.bench import Bench
from hitsieve.oracles.inbox.config import ControlConfig, InboxConfig
from hitsieve.oracles.inbox.controls import PlateQuality
from hitsieve.oracles.inbox.oracle import InboxOracle
from hitsieve.oracles.inbox.parse import RefusedRow, Result
from hitsieve.oracles.inbox.results import Told, read_results

__all__ = [
    "Batch",
    "Bench",
    "ControlConfig",
    "InboxConfig",
    "InboxOracle",
    "PlateQuality",
    "RefusedRow",
    "Result",
    "Told",
    "close_batch",
    "read_batches",
    "read_results",
    "write_batch",
]
