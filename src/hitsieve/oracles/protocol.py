"""What an oracle is, and how its results become LABELS rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from hitsieve.errors import InputError
from hitsieve.schema import LABELS, Code, Status
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

Compound = tuple[str, str]
"""A compound to measure: its structure key and its standardized SMILES."""

RELATIONS = ("=", "<", ">")


@runtime_checkable
class Oracle(Protocol):
    """Measures compounds. Picklable: workers get a copy.

    Attributes
    ----------
    name
        Of the kind of measurement, such as ``shape``; part of file names.
    target
        What is measured on; the LABELS column.
    endpoint, unit
        What is measured, and in which unit.
    higher_is_better
        Which end of the scale is wanted.
    time_limit_s
        Seconds one compound may take unless the caller says otherwise; None for an oracle that
        cannot hang or crash, which then runs inside the worker itself.

    Notes
    -----
    An oracle may have a method ``prepare()``: it is called once in each process that measures
    under a time limit, before the first compound and outside its limit.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described under Attributes

    @property
    def target(self) -> str: ...  # noqa: D102 - described under Attributes

    @property
    def endpoint(self) -> str: ...  # noqa: D102 - described under Attributes

    @property
    def unit(self) -> str: ...  # noqa: D102 - described under Attributes

    @property
    def higher_is_better(self) -> bool: ...  # noqa: D102 - described under Attributes

    @property
    def time_limit_s(self) -> float | None: ...  # noqa: D102 - described under Attributes

    @property
    def fingerprint(self) -> str:
        """Of everything that decides a value: settings, reference data, versions."""

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Measure compounds.

        Returns
        -------
        pyarrow.Table
            LABELS, one row a compound in the order given. A compound that cannot be measured
            has status ``failed``, a null value, a code and a message.

        Raises
        ------
        Exception
            Only for what says nothing of the compounds: no memory, a full disk, a program
            that is not there. Nothing is labeled then; each compound is tried again.
        """


@runtime_checkable
class SelfLimiting(Protocol):
    """An oracle that holds its time limit itself, and leaves nothing running if it is killed."""

    def limited(self, limit_s: float | None) -> Oracle:
        """Return the oracle with another limit, ready to measure on this machine.

        Raises
        ------
        HitsieveError
            If it cannot measure here.
        """


@runtime_checkable
class AskTell(Protocol):
    """An oracle that people answer: nothing can be run, results are there or are awaited."""

    def collect(self, compounds: Sequence[Compound]) -> pa.Table:
        """Return the labels of compounds, asking for those that were never asked for.

        Raises
        ------
        IncompleteError
            If answers are missing.
        """


class Origin(Protocol):
    """What a LABELS row says of where its value came from; every :class:`Oracle` is one."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as in Oracle

    @property
    def target(self) -> str: ...  # noqa: D102 - as in Oracle

    @property
    def endpoint(self) -> str: ...  # noqa: D102 - as in Oracle

    @property
    def unit(self) -> str: ...  # noqa: D102 - as in Oracle

    @property
    def fingerprint(self) -> str: ...  # noqa: D102 - as in Oracle


@dataclass(frozen=True, slots=True)
class Measurement:
    """What an oracle found for one compound; made into a row by :func:`label_rows`.

    Parameters
    ----------
    value
        In the oracle's unit; None where the measurement failed.
    relation
        ``=`` measured, ``<`` the value is an upper bound, ``>`` a lower bound.
    code
        Why it failed; :attr:`Code.NONE` where it did not.
    message
        At most 300 characters are kept.
    """

    value: float | None
    relation: str = "="
    code: Code = Code.NONE
    message: str = ""


def label_rows(
    oracle: Origin, compounds: Sequence[Compound], found: Sequence[Measurement]
) -> pa.Table:
    """Return measurements as LABELS rows.

    ``assay_id`` names oracle and settings, ``measured_at`` is null: a computation gives the
    same value at any time, and equal results must make equal files.

    Raises
    ------
    InputError
        If there is not one measurement a compound, or a value is not finite.
    """
    if len(compounds) != len(found):
        raise InputError(
            f"oracle {oracle.name!r}: {len(found)} results for {len(compounds)} compounds"
        )
    for (compound_id, _), result in zip(compounds, found, strict=True):
        _check(oracle, compound_id, result)
    n = len(compounds)
    return LABELS.build(
        {
            "compound_id": [compound_id for compound_id, _ in compounds],
            "smiles": [smiles for _, smiles in compounds],
            "target": [oracle.target] * n,
            "endpoint": [oracle.endpoint] * n,
            "value": [result.value for result in found],
            "unit": [oracle.unit] * n,
            "relation": [result.relation for result in found],
            "assay_id": [f"{oracle.name}-{oracle.fingerprint}"] * n,
            "source": [f"oracle:{oracle.name}"] * n,
            "measured_at": [None] * n,
            "status": [str(Status.FAILED if r.value is None else Status.OK) for r in found],
            "code": [str(result.code) for result in found],
            "message": [clip(result.message) for result in found],
        }
    )


def _check(oracle: Origin, compound_id: str, result: Measurement) -> None:
    where = f"oracle {oracle.name!r}, compound {compound_id}"
    if result.value is not None and not math.isfinite(result.value):
        raise InputError(f"{where}: value {result.value} is not finite", cure="report a failure")
    if (result.value is None) != (result.code is not Code.NONE):
        raise InputError(f"{where}: value {result.value} does not go with code {result.code}")
    if result.relation not in RELATIONS:
        raise InputError(f"{where}: relation {result.relation!r} is none of {RELATIONS}")
