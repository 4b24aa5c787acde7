"""Declaring a table: columns with type, unit and meaning, and a check against real data."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from hitsieve.errors import SchemaError, nearest


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a public table.

    Parameters
    ----------
    name, type
        As stored in Parquet.
    meaning
        One sentence for a reader who has only the file.
    unit
        Physical unit, or empty where there is none.
    nullable
        Whether null is a legal value.
    """

    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A public table: its name, schema version and columns in order."""

    name: str
    version: int
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with the table's name and version as metadata."""
        fields = [pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns]
        tags = {"hitsieve.table": self.name, "hitsieve.table_version": str(self.version)}
        return pa.schema(fields, metadata=tags)

    def build(self, columns: dict[str, object]) -> pa.Table:
        """Make a table from columns, cast to the declared types.

        Raises
        ------
        SchemaError
            If a column is missing, unknown, of a wrong type, or null where it may not be.
        """
        self._check_names(list(columns), where="given columns")
        try:
            built = pa.table(
                {c.name: _array(columns[c.name], c.type) for c in self.columns},
                schema=self.schema,
            )
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise SchemaError(f"{self.name}: {error}") from error
        self._check_nulls(built)
        return built

    def check(self, schema: pa.Schema, *, where: str) -> None:
        """Refuse a schema that lacks a declared column or has one of another type.

        Further columns are allowed: columns only accrue.

        Raises
        ------
        SchemaError
            Names the place, the column, and what was expected.
        """
        for column in self.columns:
            index = schema.get_field_index(column.name)
            if index < 0:
                raise SchemaError(
                    f"{where}: no column {column.name!r} for a {self.name} table"
                    f"{nearest(column.name, schema.names)}",
                    cure=f"expected columns: {', '.join(self.names)}",
                )
            found = schema.field(index).type
            if found != column.type:
                raise SchemaError(
                    f"{where}: column {column.name!r} is {found}, a {self.name} table has "
                    f"{column.type}"
                )

    def empty(self) -> pa.Table:
        """Return the table with no rows."""
        return pa.Table.from_batches([], self.schema)  # empty_table() would load pandas

    def _check_names(self, names: list[str], *, where: str) -> None:
        missing = [name for name in self.names if name not in names]
        unknown = [name for name in names if name not in self.names]
        if missing or unknown:
            raise SchemaError(f"{self.name}, {where}: missing {missing}, unknown {unknown}")

    def _check_nulls(self, table: pa.Table) -> None:
        for column in self.columns:
            nulls = table.column(column.name).null_count
            if nulls and not column.nullable:
                raise SchemaError(f"{self.name}: column {column.name!r} has {nulls} nulls")


def _array(values: object, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values if values.type == kind else values.cast(kind)
    return pa.array(values, type=kind)
