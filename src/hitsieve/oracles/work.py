"""What a worker does: measure a compound, and commit its label before anything else happens."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hitsieve.errors import HitsieveError
from hitsieve.oracles.bench import Bench
from hitsieve.oracles.protocol import SelfLimiting
from hitsieve.oracles.trouble import Trouble, trouble_of

if TYPE_CHECKING:
    from hitsieve.oracles.protocol import Compound, Oracle
    from hitsieve.oracles.store import LabelStore, Row


@dataclass(frozen=True, slots=True)
class Labeled:
    """A label that stands, and how long it took to measure it.

    Parameters
    ----------
    row
        The label.
    seconds
        On this worker; None where the label stood before, or the measurement has no time limit
        because it takes no time to speak of.
    """

    row: Row
    seconds: float | None = None


@dataclass(slots=True)
class Measuring:
    """Measures the compounds a worker is given.

    Parameters
    ----------
    bench
        What measures.
    store
        Where labels are kept; None for a control, whose result is thrown away.
    limit_s
        The limit labels are kept under.
    """

    bench: Bench
    store: LabelStore | None
    limit_s: float | None

    def __call__(self, compound: Compound) -> Labeled | Trouble:
        """Return the label that stands for a compound, or why there is none.

        Raises
        ------
        HitsieveError
            If the oracle cannot be started, or a label cannot be read or written.
        """
        try:
            return self._measured(compound)
        except HitsieveError:
            raise
        except Exception as error:  # noqa: BLE001 - outside of the oracle, so not the compound's fault
            return replace(trouble_of(error), machine=True)

    def _measured(self, compound: Compound) -> Labeled | Trouble:
        # A worker that was given up may have committed it all the same.
        store = self.store
        standing = None if store is None else store.get(compound[0], time_limit_s=self.limit_s)
        if standing is not None:
            return Labeled(standing)
        began = time.monotonic()
        found = self.bench.measure(compound)
        if isinstance(found, Trouble):
            return found
        seconds = None if self.limit_s is None else time.monotonic() - began
        if store is not None:
            found = store.put(found, time_limit_s=self.limit_s)
        return Labeled(found, seconds)


def measuring(oracle: Oracle, store: LabelStore | None, limit_s: float | None) -> Measuring:
    """Set a worker up; see :class:`Measuring`.

    Raises
    ------
    HitsieveError
        If the oracle cannot measure on this machine.
    """
    if isinstance(oracle, SelfLimiting):
        return Measuring(Bench(oracle.limited(limit_s), None), store, limit_s)
    return Measuring(Bench(oracle, limit_s), store, limit_s)
