from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.schema.tables import DESCRIPTORS, HITS, LIBRARY, TABLES

if TYPE_CHECKING:
    from hitsieve.schema.columns import Table


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_is_named_once_and_explained(table: Table) -> None:
    assert len(set(table.names)) == len(table.names)
    assert all(column.meaning.endswith(".") for column in table.columns)
    assert table.empty().schema.equals(table.schema)


def test_shared_columns_mean_the_same_everywhere() -> None:
    names = [column.name for column in DESCRIPTORS]
    for table in (LIBRARY, HITS):
        assert [c for c in table.columns if c.name in names] == list(DESCRIPTORS)
