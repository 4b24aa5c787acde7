"""An oracle that knows its answers: a table of measured values, for replays and benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import Field

from hitsieve.assays.label_tables import check_rows
from hitsieve.config import StrictConfig
from hitsieve.errors import DatasetError, InputError, NotFoundError
from hitsieve.oracles.protocol import Compound, Measurement, label_rows
from hitsieve.provenance import fingerprint
from hitsieve.schema import LABELS, Code, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class LookupOracleConfig(StrictConfig):
    """A table of known values as an oracle.

    Parameters
    ----------
    kind
        Names this oracle in a campaign's file.
    labels
        LABELS table (Parquet).
    target
        Which of its targets.
    higher_is_better
        Which end of the scale is wanted.
    """

    kind: Literal["lookup"] = "lookup"
    labels: Path
    target: str = Field(min_length=1)
    higher_is_better: bool


class LookupOracle:
    """Returns known values by compound id.

    Parameters
    ----------
    values
        For each compound id, its value and relation (``=``, ``<`` or ``>``).
    target, endpoint, unit
        As they stand in the LABELS rows.
    higher_is_better
        Which end of the scale is wanted.

    Examples
    --------
    >>> oracle = LookupOracle({"a": (7.5, "=")}, target="CDK2", endpoint="pIC50", unit="pX")
    >>> oracle.measure([("a", "CCO"), ("b", "CCN")])["status"].to_pylist()
    ['ok', 'failed']
    """

    name = "lookup"
    time_limit_s = None

    def __init__(
        self,
        values: Mapping[str, tuple[float, str]],
        *,
        target: str,
        endpoint: str,
        unit: str,
        higher_is_better: bool = True,
    ) -> None:
        self.values = dict(values)
        self.target = target
        self.endpoint = endpoint
        self.unit = unit
        self.higher_is_better = higher_is_better
        self._fingerprint = ""

    @classmethod
    def from_labels(
        cls, labels: pa.Table, target: str, *, higher_is_better: bool = True
    ) -> LookupOracle:
        """Take the values of one target from a LABELS table; failed rows are left out.

        Raises
        ------
        SchemaError
            If it is no LABELS table.
        DatasetError
            If the target has no value, several endpoints or units, or a compound twice.
        """
        LABELS.check(labels.schema, where="lookup table")
        # Column by column: a table may hold the scores of a million compounds.
        wanted = pc.and_(
            pc.equal(labels["target"], target),
            pc.not_equal(labels["status"], str(Status.FAILED)),
        )
        rows = labels.filter(wanted)
        kinds = {tuple(row.values()) for row in _distinct(rows, ["endpoint", "unit"])}
        if len(kinds) != 1:
            raise DatasetError(
                f"lookup table: target {target!r} has {len(kinds)} kinds of endpoint and unit",
                cure="choose a target whose values are of one endpoint and unit",
            )
        found = zip(rows["value"].to_pylist(), rows["relation"].to_pylist(), strict=True)
        values = dict(zip(rows["compound_id"].to_pylist(), found, strict=True))
        if len(values) != len(rows):
            raise DatasetError(
                f"lookup table: {len(rows) - len(values)} compounds of {target!r} stand twice",
                cure="merge replicates first",
            )
        ((endpoint, unit),) = kinds
        return cls(
            values, target=target, endpoint=endpoint, unit=unit, higher_is_better=higher_is_better
        )

    @classmethod
    def from_config(cls, config: LookupOracleConfig) -> LookupOracle:
        """Read the table a configuration names.

        Raises
        ------
        NotFoundError
            If there is no such file.
        InputError
            If it is no Parquet file, or no LABELS table.
        DatasetError
            As :meth:`from_labels`, or if a value is no finite number.
        """
        if not config.labels.is_file():
            raise NotFoundError(f"no lookup table {config.labels}", cure="check the path")
        try:
            schema = pq.read_schema(config.labels)
            LABELS.check(schema, where=str(config.labels))
            table = pq.read_table(config.labels, columns=list(LABELS.names))
        except pa.ArrowException as error:
            raise InputError(
                f"{config.labels} is no readable Parquet file: {error}",
                cure="give a LABELS table, such as `labels.parquet` of a campaign",
            ) from None
        check_rows(config.labels, table)
        return cls.from_labels(table, config.target, higher_is_better=config.higher_is_better)

    @property
    def fingerprint(self) -> str:
        """Of all values, target, endpoint and unit."""
        if not self._fingerprint:  # of a large table it takes seconds, and each label asks
            self._fingerprint = fingerprint(
                [self.target, self.endpoint, self.unit, self.higher_is_better, self.values]
            )
        return self._fingerprint

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Look compounds up; one that is not in the table fails as ``not_measured``."""
        return label_rows(self, compounds, [self._find(compound) for compound, _ in compounds])

    def __getstate__(self) -> dict[str, Any]:
        self.fingerprint  # noqa: B018 - so that workers need not compute it again
        return self.__dict__

    def _find(self, compound_id: str) -> Measurement:
        if compound_id not in self.values:
            return Measurement(None, code=Code.NOT_MEASURED, message="not in the lookup table")
        value, relation = self.values[compound_id]
        return Measurement(value, relation)


def _distinct(rows: pa.Table, names: list[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = rows.select(names).group_by(names).aggregate([]).to_pylist()
    return found
