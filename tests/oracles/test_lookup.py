from __future__ import annotations

import pytest

from hitsieve.errors import DatasetError, SchemaError
from hitsieve.oracles import LookupOracle
from hitsieve.schema import LABELS
from hitsieve.testing.oracle_kit import FakeOracle

KNOWN = FakeOracle().measure([("a", "CC"), ("b", "C C"), ("c", "CCC")])


def test_values_come_from_labels_without_failures() -> None:
    oracle = LookupOracle.from_labels(KNOWN, "length")
    assert oracle.values == {"a": (2.0, "="), "c": (3.0, "=")}
    assert (oracle.endpoint, oracle.unit) == ("text_length", "1")
    rows = oracle.measure([("c", "CCC"), ("b", "C C")]).to_pylist()
    assert [row["code"] for row in rows] == ["none", "not_measured"]
    assert rows[0]["value"] == 3.0


def test_relations_are_kept() -> None:
    oracle = LookupOracle({"a": (5.0, "<")}, target="T", endpoint="pIC50", unit="pX")
    assert oracle.measure([("a", "CC")])["relation"].to_pylist() == ["<"]


def test_unusable_tables_are_refused() -> None:
    import pyarrow as pa

    with pytest.raises(DatasetError, match="stand twice"):
        LookupOracle.from_labels(pa.concat_tables([KNOWN, KNOWN]), "length")
    with pytest.raises(DatasetError, match="0 kinds"):
        LookupOracle.from_labels(KNOWN, "weight")
    with pytest.raises(SchemaError):
        LookupOracle.from_labels(LABELS.empty().drop_columns(["value"]), "length")


def test_the_fingerprint_follows_the_values() -> None:
    def made(value: float) -> str:
        return LookupOracle({"a": (value, "=")}, target="T", endpoint="E", unit="1").fingerprint

    assert made(1.0) == made(1.0)
    assert made(1.0) != made(2.0)
