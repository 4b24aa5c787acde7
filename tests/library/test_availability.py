"""A compound is available while one of its identifiers is listed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from hitsieve.library.availability import availability, available
from hitsieve.library.manifest import ReleaseEntry
from hitsieve.schema import WITHDRAWN

if TYPE_CHECKING:
    from hitsieve.library import Library

TABLE = pa.table({
    "compound_id": ["a", "b", "c"],
    "source_ids": [["A1", "A2"], ["B1"], ["A1"]],
    "source_records": [["x.smi#1", "x.smi#2"], ["x.smi#3"], ["x.smi#4"]],
})  # fmt: skip
ACME = [ReleaseEntry(supplier="acme", files=["x.smi"])]


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
    assert available(TABLE, WITHDRAWN.empty(), ACME).to_pylist() == [True, True, True]


def test_only_a_compound_without_any_listed_identifier_is_gone() -> None:
    assert available(TABLE, marks(("a", "A1"), ("b", "B1")), ACME).to_pylist() == [
        True,
        False,
        True,
    ]
    assert available(TABLE, marks(("a", "A1"), ("a", "A2")), ACME).to_pylist() == [
        False,
        True,
        True,
    ]


def test_what_another_supplier_calls_the_same_is_still_listed() -> None:
    """Plain numbers, as small suppliers use them."""
    table = pa.table({
        "compound_id": ["a", "b", "c"],
        "source_ids": [["1", "1"], ["1", "1"], ["1"]],
        "source_records": [["acme#1", "zen#1"], ["acme#2", "acme#3"], ["own#1"]],
    })  # fmt: skip
    releases = [
        ReleaseEntry(supplier="acme", files=["acme"]),
        ReleaseEntry(supplier="zen", files=["zen"]),
        ReleaseEntry(supplier="", files=["own"]),
    ]
    gone = marks(("a", "1"), ("b", "1"), ("c", "1"))
    assert available(table, gone, releases).to_pylist() == [True, False, True]


def test_the_marks_of_all_shards_are_read() -> None:
    class Marked:
        manifest = SimpleNamespace(releases=ACME)

        def withdrawn(self) -> pa.Table:
            return pa.concat_tables([marks(("b", "B1")), marks(("c", "A1"))])

    found = availability(cast("Library", Marked()), TABLE)
    assert found.to_pylist() == [True, False, False]
