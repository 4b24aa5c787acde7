"""Measuring until each compound has its label: who is tried again, and who is to blame.

A compound whose tries all met trouble (:mod:`hitsieve.oracles.trouble`) becomes a failed label
only where the oracle is seen to work: it measured another compound after the first of those
tries. Where it did not, or where the trouble is surely the machine's, a compound that has a value
is measured once more before the last try, as a control: it must have a value again, which is
thrown away.
"""

from __future__ import annotations

import logging
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from hitsieve.engine.executor import DEADLINE_EXCEEDED, WORKER_LOST, Limits, Task
from hitsieve.errors import IncompleteError
from hitsieve.oracles.bench import failed_row
from hitsieve.oracles.trouble import Trouble
from hitsieve.oracles.work import Labeled, measuring
from hitsieve.schema import Code, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from hitsieve.engine.executor import Executor, Outcome
    from hitsieve.oracles.protocol import Compound, Oracle
    from hitsieve.oracles.store import LabelStore, Row

_LOG = logging.getLogger(__name__)
_MARGIN_S: Final = 180.0  # starting a child and writing the label, beyond the limit itself
_LOST: Final = {WORKER_LOST: Code.CRASHED, DEADLINE_EXCEEDED: Code.TIMEOUT}
_IN_A_ROW: Final = 16
"""Troubles without a label between them that end a run: nothing seems to work."""
_OF_THE_MACHINE: Final = 4  # one that is surely the machine's counts as so many
_NAMED: Final = 3


@dataclass(slots=True)
class _Case:
    """A compound that met trouble: the last one, and whether others had a value since the first."""

    trouble: Trouble
    fair: bool = False


class Tries:
    """Measures compounds with one oracle until each has a label.

    Parameters
    ----------
    oracle, store, executor
        What measures, where labels are kept, and where it runs.
    limit_s
        Seconds a compound may take.
    attempts, pause_s
        How often a compound is tried, and seconds before the second time.
    labeled
        Called with each new label, and the seconds it took; None where nobody knows.
    """

    def __init__(
        self,
        oracle: Oracle,
        store: LabelStore,
        executor: Executor,
        *,
        limit_s: float | None,
        attempts: int,
        pause_s: float,
        labeled: Callable[[Row, float | None], None],
    ) -> None:
        self._oracle = oracle
        self._store = store
        self._executor = executor
        self._limit_s = limit_s
        self._attempts = attempts
        self._pause_s = pause_s
        self._labeled = labeled
        self._cases: dict[str, _Case] = {}
        self._control: Compound | None = None

    def run(self, compounds: Iterable[Compound]) -> None:
        """Give each compound its label.

        Raises
        ------
        IncompleteError
            If compounds are left that are not to blame.
        """
        left = dict(compounds)
        checked = False
        for turn in range(self._attempts):
            if not left:
                return
            if turn:
                time.sleep(self._pause_s * 2 ** (turn - 1))
            if turn and turn == self._attempts - 1:
                checked = self._check(left)  # then each has one more try with an oracle that works
            self._try(left, first=turn == 0)
        if not checked:
            self._check(left)
        for name, smiles in left.items():
            trouble = self._cases[name].trouble
            row = failed_row(self._oracle, (name, smiles), trouble.code, trouble.message)
            self._labeled(self._store.put(row, time_limit_s=self._limit_s), None)

    def _try(self, left: dict[str, str], *, first: bool) -> None:
        """Try all compounds that are left once; what got its label is left no more."""
        in_a_row, most = 0, max(_IN_A_ROW, 2 * self._executor.workers)
        # Closed at once, so that workers are gone where this raises.
        with closing(self._mapped(list(left.items()), self._store)) as outcomes:
            for outcome in outcomes:
                found = self._found(outcome)
                if not isinstance(found, Trouble):
                    in_a_row = 0
                    self._take(found)
                    del left[outcome.key]
                    continue
                _LOG.warning("compound %s has no label yet: %s", outcome.key, found.message)
                self._cases.setdefault(outcome.key, _Case(found)).trouble = found
                in_a_row += _OF_THE_MACHINE if found.machine else 1
                if first and in_a_row >= most:
                    raise self._stopped({outcome.key: ""}, "one after the other was not")

    def _take(self, found: Labeled) -> None:
        row = found.row
        if row["status"] != Status.FAILED:
            self._control = row["compound_id"], row["smiles"]
            for name, case in self._cases.items():
                case.fair = case.fair or name != row["compound_id"]
        self._labeled(row, found.seconds)

    def _check(self, left: dict[str, str]) -> bool:
        """Measure a control where that is needed to blame those left; return whether it was.

        Raises
        ------
        IncompleteError
            If there is none, or the oracle has no value for it.
        """
        cases = [self._cases[name] for name in left]
        if all(case.fair and not case.trouble.machine for case in cases):
            return False
        control = self._control or self._valued()
        if control is None:
            raise self._stopped(left, "and none has a value that would show the oracle at work")
        (outcome,) = self._mapped([control], None)
        found = self._found(outcome)
        if isinstance(found, Trouble):
            raise self._stopped(left, f"nor could {control[0]} again: {found.message}")
        if found.row["status"] == Status.FAILED:
            raise self._stopped(left, f"nor could {control[0]} again: {found.row['message']}")
        return True

    def _valued(self) -> Compound | None:
        rows = (row for row in self._store.rows() if row["status"] != Status.FAILED)
        return next(((row["compound_id"], row["smiles"]) for row in rows), None)

    def _mapped(
        self, compounds: list[Compound], store: LabelStore | None
    ) -> Generator[Outcome[Labeled | Trouble], None, None]:
        """Try compounds once each, in fresh processes where the executor has any."""
        deadline_s = None if self._limit_s is None else self._limit_s + _MARGIN_S
        yield from self._executor.map(
            partial(measuring, self._oracle, store, self._limit_s),
            [Task(compound[0], compound) for compound in compounds],
            Limits(attempts=1, deadline_s=deadline_s),
        )

    def _found(self, outcome: Outcome[Labeled | Trouble]) -> Labeled | Trouble:
        if outcome.value is not None:
            return outcome.value
        if outcome.error_type in _LOST:
            return Trouble(_LOST[outcome.error_type], outcome.error)
        raise IncompleteError(
            f"oracle {self._oracle.name!r}, compound {outcome.key}: "
            f"{outcome.error_type}: {outcome.error}",
            cure="remove the cause and run the same command again; finished labels are kept",
        )

    def _stopped(self, names: dict[str, str], why: str) -> IncompleteError:
        reasons = [f"{name}: {self._cases[name].trouble.message}" for name in list(names)[:_NAMED]]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        noun = "compound" if len(names) == 1 else "compounds"
        return IncompleteError(
            f"oracle {self._oracle.name!r}: {len(names)} {noun} could not be measured, {why} "
            f"({'; '.join(reasons)}{more})",
            cure="look after memory, disks and the oracle's program on the workers, and run the "
            "same command again; finished labels are kept",
        )
