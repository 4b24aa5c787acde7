from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from hitsieve.errors import DatasetError, InputError, NotFoundError, SchemaError
from hitsieve.oracles import LookupOracle
from hitsieve.oracles.lookup import LookupOracleConfig
from hitsieve.schema import LABELS
from hitsieve.store.files import write_parquet_atomic
from hitsieve.testing.oracle_kit import FakeOracle, check_other_settings

if TYPE_CHECKING:
    from pathlib import Path

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


def config(path: Path) -> LookupOracleConfig:
    return LookupOracleConfig(labels=path, target="length", higher_is_better=True)


def test_a_table_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.parquet"
    write_parquet_atomic(path, KNOWN)
    oracle = LookupOracle.from_config(config(path))
    assert oracle.fingerprint == LookupOracle.from_labels(KNOWN, "length").fingerprint


def test_files_that_are_no_table(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        LookupOracle.from_config(config(tmp_path / "absent"))
    path = tmp_path / "labels.parquet"
    path.write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="no readable Parquet"):
        LookupOracle.from_config(config(path))
    write_parquet_atomic(path, KNOWN.drop_columns(["value"]))
    with pytest.raises(SchemaError, match="value"):
        LookupOracle.from_config(config(path))


def test_a_value_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path, values = tmp_path / "labels.parquet", KNOWN["value"].to_pylist()
    place = KNOWN.schema.get_field_index("value")
    wrong = pa.array([float("nan"), *values[1:]])
    write_parquet_atomic(path, KNOWN.set_column(place, KNOWN.schema.field(place), wrong))
    with pytest.raises(DatasetError, match="no finite number in 1 of"):
        LookupOracle.from_config(config(path))


def test_other_values_are_other_labels(tmp_path: Path) -> None:
    one, other = (
        LookupOracle({"a": (value, "=")}, target="T", endpoint="E", unit="1")
        for value in (1.0, 2.0)
    )
    check_other_settings(one, other, [("a", "CC")], tmp_path)
