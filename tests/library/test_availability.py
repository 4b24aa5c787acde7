"""A compound is available while one of its identifiers is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pyarrow as pa

from hitsieve.library.availability import availability, available
from hitsieve.schema import WITHDRAWN

if TYPE_CHECKING:
    from hitsieve.library import Library

TABLE = pa.table({"compound_id": ["a", "b", "c"], "source_ids": [["A1", "A2"], ["B1"], ["A1"]]})


def marks(*pairs: tuple[str, str]) -> pa.Table:
    return WITHDRAWN.build(
        {
            "compound_id": [pair[0] for pair in pairs],
            "source_id": [pair[1] for pair in pairs],
            "supplier": ["acme"] * len(pairs),
            "release": ["acme@2"] * len(pairs),
        }
    )


def test_without_marks_all_are_available() -> None:
    assert available(TABLE, WITHDRAWN.empty()).to_pylist() == [True, True, True]


def test_only_a_compound_without_any_listed_identifier_is_gone() -> None:
    assert available(TABLE, marks(("a", "A1"), ("b", "B1"))).to_pylist() == [True, False, True]
    assert available(TABLE, marks(("a", "A1"), ("a", "A2"))).to_pylist() == [False, True, True]


def test_the_marks_of_all_shards_are_read() -> None:
    class Marked:
        def withdrawn(self) -> pa.Table:
            return pa.concat_tables([marks(("b", "B1")), marks(("c", "A1"))])

    found = availability(cast("Library", Marked()), TABLE)
    assert found.to_pylist() == [True, False, False]
