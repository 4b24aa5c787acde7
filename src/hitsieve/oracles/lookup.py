"""An oracle that knows its answers: a table of measured values, for replays and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.errors import DatasetError
from hitsieve.oracles.protocol import Compound, Measurement, label_rows
from hitsieve.provenance import fingerprint
from hitsieve.schema import LABELS, Code, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa


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
        rows = [
            row
            for row in labels.to_pylist()
            if row["target"] == target and row["status"] != Status.FAILED
        ]
        kinds = {(row["endpoint"], row["unit"]) for row in rows}
        if len(kinds) != 1:
            raise DatasetError(
                f"lookup table: target {target!r} has {len(kinds)} kinds of endpoint and unit",
                cure="choose a target whose values are of one endpoint and unit",
            )
        values = {row["compound_id"]: (row["value"], row["relation"]) for row in rows}
        if len(values) != len(rows):
            raise DatasetError(
                f"lookup table: {len(rows) - len(values)} compounds of {target!r} stand twice",
                cure="merge replicates first",
            )
        ((endpoint, unit),) = kinds
        return cls(
            values, target=target, endpoint=endpoint, unit=unit, higher_is_better=higher_is_better
        )

    @property
    def fingerprint(self) -> str:
        """Of all values, target, endpoint and unit."""
        return fingerprint(
            [self.target, self.endpoint, self.unit, self.higher_is_better, self.values]
        )

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Look compounds up; one that is not in the table fails as ``not_measured``."""
        return label_rows(self, compounds, [self._find(compound) for compound, _ in compounds])

    def _find(self, compound_id: str) -> Measurement:
        if compound_id not in self.values:
            return Measurement(None, code=Code.NOT_MEASURED, message="not in the lookup table")
        value, relation = self.values[compound_id]
        return Measurement(value, relation)
