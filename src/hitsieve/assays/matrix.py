"""Labels pivoted for training: one row a compound, one column a target, NaN where unmeasured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import DatasetError
from hitsieve.schema import LABELS, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGN = {"<": -1, "=": 0, ">": 1}


@dataclass(frozen=True, slots=True)
class LabelMatrix:
    """Measured values of n compounds on T targets.

    Parameters
    ----------
    compound_ids, smiles
        (n,) identity and structure.
    targets, endpoints, units
        (T,) names.
    y
        (n, T) float32 values in the endpoints' units, NaN where missing.
    relation
        (n, T) int8: -1 the true value is below ``y``, 0 equal (or missing), 1 above.
    parts
        (n,) train, valid or test where the data set has a given split; else empty.
    times
        (n,) float64: when each compound was first measured, in seconds since 1970; NaN where
        unknown. None stands for all unknown.
    extras
        Further columns of the label table, (n,) texts each, from each compound's first label.
    """

    compound_ids: list[str]
    smiles: list[str]
    targets: list[str]
    endpoints: list[str]
    units: list[str]
    y: npt.NDArray[np.float32]
    relation: npt.NDArray[np.int8]
    parts: list[str]
    extras: dict[str, list[str]] = field(default_factory=dict)
    times: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.compound_ids)

    def take(self, rows: npt.NDArray[np.int64]) -> LabelMatrix:
        """Return the chosen compounds, in the order asked."""

        def pick(values: list[str]) -> list[str]:
            return [values[i] for i in rows]

        return LabelMatrix(
            pick(self.compound_ids),
            pick(self.smiles),
            self.targets,
            self.endpoints,
            self.units,
            self.y[rows],
            self.relation[rows],
            pick(self.parts),
            {name: pick(values) for name, values in self.extras.items()},
            None if self.times is None else self.times[rows],
        )


def label_matrix(labels: pa.Table) -> LabelMatrix:
    """Pivot a LABELS table.

    Failed rows and rows without a value are left out. Compounds and targets stand in the order
    in which they first come.

    Raises
    ------
    SchemaError
        If the table lacks a column of LABELS.
    DatasetError
        If nothing is measured, one compound has two labels on a target, or a target has labels
        in differing units.
    """
    LABELS.check(labels.schema, where="label matrix")
    good = pc.and_(pc.not_equal(labels["status"], Status.FAILED.value), labels["value"].is_valid())
    table = labels.filter(good)
    if not table.num_rows:
        raise DatasetError("no label holds a value", cure="measure some compounds first")
    row, compounds = _codes(table["compound_id"])
    column, targets = _codes(table["target"])
    _check_unique(row, column, compounds, targets)
    endpoints, units = _target_facts(table, column, targets)
    shape = (len(compounds), len(targets))
    y = np.full(shape, np.nan, dtype=np.float32)
    relation = np.zeros(shape, dtype=np.int8)
    y[row, column] = table["value"].to_numpy()
    relation[row, column] = [_SIGN[sign] for sign in table["relation"].to_pylist()]
    first = np.full(len(compounds), -1, dtype=np.int64)
    first[row[::-1]] = np.arange(len(row))[::-1]
    extra_names = [n for n in table.column_names if n not in LABELS.names and n != "part"]
    return LabelMatrix(
        compounds,
        _texts(table, "smiles", first),
        targets,
        endpoints,
        units,
        y,
        relation,
        _texts(table, "part", first),
        {name: _texts(table, name, first) for name in extra_names},
        _first_times(table, row, len(compounds)),
    )


def concat_labels(tables: Sequence[pa.Table]) -> pa.Table:
    """Stack LABELS tables of several data sets, so that one matrix holds all their targets.

    Extra columns that only some tables have are empty text in the others.

    Raises
    ------
    DatasetError
        If there is no table.
    """
    if not tables:
        raise DatasetError("no label tables to combine", cure="name at least one data set")
    names = list(dict.fromkeys(name for table in tables for name in table.column_names))
    return pa.concat_tables([_with_columns(table, names) for table in tables]).combine_chunks()


def _first_times(
    table: pa.Table, row: npt.NDArray[np.int64], compounds: int
) -> npt.NDArray[np.float64] | None:
    known = table["measured_at"].is_valid().to_numpy()
    if not known.any():
        return None
    micros = pc.fill_null(table["measured_at"].cast(pa.int64()), 0).to_numpy()
    times = np.full(compounds, np.inf)
    np.minimum.at(times, row[known], micros[known] / 1e6)
    return np.where(np.isinf(times), np.nan, times)


def _with_columns(table: pa.Table, names: list[str]) -> pa.Table:
    for name in names:
        if name not in table.column_names:
            table = table.append_column(name, [[""] * table.num_rows])
    return table.select(names).replace_schema_metadata(LABELS.schema.metadata)


def _codes(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


def _check_unique(
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    compounds: list[str],
    targets: list[str],
) -> None:
    cell, count = np.unique(row * len(targets) + column, return_counts=True)
    if (count > 1).any():
        twice = int(cell[np.argmax(count > 1)])
        compound, target = compounds[twice // len(targets)], targets[twice % len(targets)]
        raise DatasetError(
            f"{compound} has {int(count.max())} labels on {target!r}; "
            f"{int((count > 1).sum())} cells are not unique",
            cure="merge replicates by curating the files together, or rename one of the targets",
        )


def _target_facts(
    table: pa.Table, column: npt.NDArray[np.int64], targets: list[str]
) -> tuple[list[str], list[str]]:
    facts: list[list[str]] = []
    for name in ("endpoint", "unit"):
        code, values = _codes(table[name])
        pairs = np.unique(np.stack([column, code]), axis=1)
        for target in np.flatnonzero(np.bincount(pairs[0]) > 1):
            found = [values[c] for c in pairs[1][pairs[0] == target]]
            raise DatasetError(
                f"target {targets[target]!r} has labels of differing {name}: {', '.join(found)}",
                cure="convert them to one unit, or give the endpoints targets of their own",
            )
        facts.append([values[c] for c in pairs[1]])
    return facts[0], facts[1]


def _texts(table: pa.Table, name: str, rows: npt.NDArray[np.int64]) -> list[str]:
    if name not in table.column_names:
        return [""] * len(rows)
    values: list[str] = table[name].take(pa.array(rows)).to_pylist()
    return values
