"""What every oracle must do, as checks that raise :class:`AssertionError`, and a fake oracle.

Run the checks over a new oracle in a test::

    @pytest.mark.parametrize("check", ORACLE_CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(my_oracle, [(structure_key, smiles), ...])

The compounds given must be measurable; the checks add one that no oracle can measure. An oracle
that is run (people answer others) also passes the checks of how its labels are kept::

    @pytest.mark.parametrize("check", STORED_CHECKS, ids=lambda check: check.__name__)
    def test_stored_contract(check, tmp_path):
        check(my_oracle, compounds, tmp_path)

and :func:`check_other_settings` with itself under settings that give other values.
"""

from __future__ import annotations

import errno
import math
import multiprocessing
import os
import pickle
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from hitsieve.engine import SerialExecutor
from hitsieve.oracles.measure import Progressed, measure
from hitsieve.oracles.protocol import RELATIONS, Compound, Measurement, Oracle, label_rows
from hitsieve.provenance import fingerprint
from hitsieve.schema import LABELS, Code, Status
from hitsieve.store.files import create_exclusive

if TYPE_CHECKING:
    import pyarrow as pa

OracleCheck = Callable[[Oracle, Sequence[Compound]], None]
StoredCheck = Callable[[Oracle, Sequence[Compound], Path], None]
Behavior = Literal[
    "fail", "hang", "crash", "kill", "raise", "no memory", "full disk", "lie", "nothing"
]

_RAISED: Final[Mapping[str, Exception]] = {
    "raise": RuntimeError("the instrument is on fire"),
    "no memory": MemoryError("no more memory"),
    "full disk": OSError(errno.ENOSPC, "No space left on device"),
}

UNREADABLE: Final[Compound] = ("UNREADABLE-KEY", "not a structure")


class FakeOracle:
    """Gives the length of a SMILES; misbehaves for chosen compounds.

    Parameters
    ----------
    behavior
        For a compound id: ``fail`` by the book, ``hang`` forever, ``crash`` the process with
        code 41 or ``kill`` it, ``raise`` an exception, one of ``no memory`` or of a ``full
        disk``, ``lie`` about which compound was measured, return ``nothing``.
    log
        A line is appended for each compound measured, so tests can count.
    seconds
        How long a measurement takes.
    time_limit_s
        The oracle's own limit.
    once
        A folder that remembers misbehavior, so that each compound meets it once; None for
        always.
    """

    name = "fake"
    target = "length"
    endpoint = "text_length"
    unit = "1"
    higher_is_better = True

    def __init__(
        self,
        behavior: Mapping[str, Behavior] | None = None,
        *,
        log: Path | None = None,
        seconds: float = 0.0,
        time_limit_s: float | None = None,
        once: Path | None = None,
    ) -> None:
        self.behavior = dict(behavior or {})
        self.once = once
        self.log = log
        self.seconds = seconds
        self.time_limit_s = time_limit_s

    @property
    def fingerprint(self) -> str:
        """Constant: neither behavior nor log decides a value."""
        return fingerprint(["fake", 1])

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Measure compounds; see :meth:`hitsieve.oracles.protocol.Oracle.measure`."""
        named = [(self._misbehave(compound_id), smiles) for compound_id, smiles in compounds]
        found = [self._found(compound) for compound in compounds]
        table = label_rows(self, named, found)
        return table.slice(0, 0) if "nothing" in map(self._of, compounds) else table

    def _found(self, compound: Compound) -> Measurement:
        if " " in compound[1]:
            return Measurement(None, code=Code.SYNTAX, message="blanks in it")
        if self._of(compound) == "fail":
            return Measurement(None, code=Code.MEASUREMENT_FAILED, message="no sound value")
        return Measurement(float(len(compound[1])))

    def _of(self, compound: Compound) -> Behavior | None:
        return self.behavior.get(compound[0])

    def _misbehave(self, compound_id: str) -> str:
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as stream:
                stream.write(f"{compound_id}\n")
        time.sleep(self.seconds)
        behavior = self.behavior.get(compound_id)
        if behavior is None or self._is_over(compound_id):
            return compound_id
        if behavior == "hang":
            time.sleep(3600)
        if behavior == "crash":
            os._exit(41)
        if behavior == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if behavior in _RAISED:
            raise _RAISED[behavior]
        return "ANOTHER-COMPOUND" if behavior == "lie" else compound_id

    def _is_over(self, compound_id: str) -> bool:
        if self.once is None:
            return False
        self.once.mkdir(parents=True, exist_ok=True)
        return not create_exclusive(self.once / compound_id, b"")


def check_protocol(oracle: Oracle, compounds: Sequence[Compound]) -> None:
    """Require every member of the protocol, and that pickling keeps the fingerprint."""
    _need(isinstance(oracle, Oracle), "a member of the protocol is missing")
    _need(bool(oracle.name and oracle.target and oracle.endpoint), "a name is empty")
    _need(bool(compounds), "give at least one compound")
    copy = pickle.loads(pickle.dumps(oracle))  # noqa: S301 - bytes made one call earlier
    _need(copy.fingerprint == oracle.fingerprint, "pickling changes the fingerprint")


def check_rows(oracle: Oracle, compounds: Sequence[Compound]) -> None:
    """Require LABELS rows, one a compound, in order, with finite values."""
    table = oracle.measure(compounds)
    LABELS.check(table.schema, where=oracle.name)
    rows = table.to_pylist()
    given = [(row["compound_id"], row["smiles"]) for row in rows]
    _need(given == list(compounds), "rows are not the compounds in the order given")
    for row in rows:
        _need(row["status"] == Status.OK, f"{row['compound_id']} failed: {row['message']}")
        _need(math.isfinite(row["value"]), f"value {row['value']} is not finite")
        _need(row["relation"] in RELATIONS, f"relation {row['relation']!r}")
        kind = (row["target"], row["endpoint"], row["unit"])
        _need(kind == (oracle.target, oracle.endpoint, oracle.unit), f"row speaks of {kind}")


def check_failures_are_rows(oracle: Oracle, compounds: Sequence[Compound]) -> None:
    """Require a failed row with a code for what cannot be measured, and unharmed neighbors."""
    mixed = [compounds[0], UNREADABLE, *compounds[1:]]
    rows = oracle.measure(mixed).to_pylist()
    bad = rows.pop(1)
    _need(bad["status"] == Status.FAILED, f"unreadable compound ended as {bad['status']}")
    _need(bad["value"] is None, "a failure has a value")
    _need(bad["code"] in set(Code) - {Code.NONE}, f"code {bad['code']!r} is not in the list")
    _need(bool(bad["message"]), "a failure says nothing")
    _need(rows == oracle.measure(compounds).to_pylist(), "a failure changed its neighbors")


def check_repeatable(oracle: Oracle, compounds: Sequence[Compound]) -> None:
    """Require the same rows alone, in another order, and from a copy."""
    rows = {row["compound_id"]: row for row in oracle.measure(compounds).to_pylist()}
    copy = pickle.loads(pickle.dumps(oracle))  # noqa: S301 - bytes made one call earlier
    for row in copy.measure(list(reversed(compounds))).to_pylist():
        _need(row == rows[row["compound_id"]], f"another order changes {row['compound_id']}")
    for compound in compounds[:3]:
        _need(
            oracle.measure([compound]).to_pylist() == [rows[compound[0]]],
            f"measured alone, {compound[0]} has another row",
        )


def check_empty(oracle: Oracle, compounds: Sequence[Compound]) -> None:  # noqa: ARG001 - one signature for all checks
    """Require no rows for no compounds."""
    _need(oracle.measure([]).num_rows == 0, "no compounds gave rows")


ORACLE_CHECKS: Final[tuple[OracleCheck, ...]] = (
    check_protocol,
    check_rows,
    check_failures_are_rows,
    check_repeatable,
    check_empty,
)


class CountedOracle:
    """An oracle that notes each compound it measures, one a line, in a file.

    Parameters
    ----------
    oracle
        What measures.
    log
        The file.
    """

    def __init__(self, oracle: Oracle, log: Path) -> None:
        self.oracle = oracle
        self.log = log
        self.name, self.fingerprint = oracle.name, oracle.fingerprint
        self.target, self.endpoint, self.unit = oracle.target, oracle.endpoint, oracle.unit
        self.higher_is_better = oracle.higher_is_better
        self.time_limit_s = oracle.time_limit_s

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Note compounds and measure them."""
        with self.log.open("a", encoding="utf-8") as stream:
            stream.writelines(f"{compound_id}\n" for compound_id, _ in compounds)
        return self.oracle.measure(compounds)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the oracle can do
        limited = getattr(self.__dict__.get("oracle"), "limited", None)
        if name != "limited" or limited is None:
            raise AttributeError(name)
        return lambda limit_s: CountedOracle(limited(limit_s), self.log)

    def counts(self) -> Counter[str]:
        """Return how often each compound was measured."""
        return Counter(self.log.read_text().split()) if self.log.exists() else Counter()


def check_measured_once(oracle: Oracle, compounds: Sequence[Compound], folder: Path) -> None:
    """Require one measurement a compound, failures included, however often it is asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    counted = CountedOracle(oracle, folder / "log")
    asked = [*compounds, UNREADABLE, compounds[0]]
    first = measure(counted, asked[:2], SerialExecutor(), folder / "labels")
    whole = measure(counted, asked, SerialExecutor(), folder / "labels")
    again = measure(counted, asked, SerialExecutor(), folder / "labels")
    _need(whole.equals(again), "asked again, labels differ")
    _need(whole.slice(0, 2).equals(first), "labels differ from those of a part")
    _need(set(counted.counts().values()) == {1}, f"measured {dict(counted.counts())} times")
    _need(set(counted.counts()) == {name for name, _ in asked}, "a compound was not measured")
    direct = oracle.measure([*compounds, UNREADABLE])
    _need(whole.equals(direct), "labels differ from what the oracle says directly")


def check_killed_and_resumed(oracle: Oracle, compounds: Sequence[Compound], folder: Path) -> None:
    """Require that a measurement killed after any label goes on without loss or repetition."""
    folder.mkdir(parents=True, exist_ok=True)
    measure(oracle, compounds, SerialExecutor(), folder / "whole")
    whole = _contents(folder / "whole")
    for after in range(1, len(compounds)):
        labels = folder / f"killed-{after}"
        counted = CountedOracle(oracle, folder / f"log-{after}")
        process = multiprocessing.get_context("fork").Process(
            target=_measure_until, args=(counted, compounds, labels, after)
        )
        process.start()
        process.join()
        _need(process.exitcode == -signal.SIGKILL, f"ended with {process.exitcode}, not killed")
        kept = _contents(labels)
        _need(len(kept) == after, f"{len(kept)} labels after {after} measurements")
        measure(counted, compounds, SerialExecutor(), labels)
        _need(_contents(labels) == whole, "resumed, label files differ")
        _need(set(counted.counts().values()) == {1}, "a compound was measured twice")


def check_other_settings(
    oracle: Oracle, other: Oracle, compounds: Sequence[Compound], folder: Path
) -> None:
    """Require that other settings are other labels, kept beside and never mixed."""
    _need(oracle.name == other.name, "give the same oracle with other settings")
    _need(oracle.fingerprint != other.fingerprint, "other settings, same fingerprint")
    first = measure(oracle, compounds, SerialExecutor(), folder)
    files = _contents(folder)
    second = measure(other, compounds, SerialExecutor(), folder)
    _need(files.items() < _contents(folder).items(), "labels were not kept beside the others")
    _need(first["assay_id"] != second["assay_id"], "rows do not tell the settings apart")
    _need(first.equals(measure(oracle, compounds, SerialExecutor(), folder)), "labels changed")


def _measure_until(oracle: Oracle, compounds: Sequence[Compound], labels: Path, after: int) -> None:
    def kill(at: Progressed) -> None:
        if at.done == after:
            os.kill(os.getpid(), signal.SIGKILL)

    measure(oracle, compounds, SerialExecutor(), labels, progress=kill)


def _contents(folder: Path) -> dict[str, bytes]:
    """Return the labels under a folder; a killed writer's temporaries are none."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*.json"))
        if not path.name.startswith(".")
    }


STORED_CHECKS: Final[tuple[StoredCheck, ...]] = (check_measured_once, check_killed_and_resumed)


def _need(held: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not held:
        raise AssertionError(otherwise)
