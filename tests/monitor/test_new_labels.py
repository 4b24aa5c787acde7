from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from hitsieve.errors import DatasetError, InputError, SchemaError
from hitsieve.monitor.new_labels import Known, new_labels

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(days=1), NOW + timedelta(days=1)
Make = Callable[..., pa.Table]


def test_a_training_table_tells_what_was_learned_and_what_was_held_out() -> None:
    table = pa.table({
        "compound_id": ["a", "b", "c"], "part": ["train", "valid", "test"],
    })  # fmt: skip
    assert Known.of(table) == Known(frozenset({"a", "b"}), frozenset({"c"}))
    assert Known.of(table.slice(0, 0)) == Known()


def test_what_was_learned_is_never_new_whatever_its_date(make_labels: Make) -> None:
    labels = make_labels({"a": 1.0, "b": 2.0, "c": 3.0}, measured_at=[AFTER, None, AFTER])
    known = Known(learned=frozenset({"a", "b"}))
    for moment in (NOW, None):
        found = new_labels(labels, "T", known=known, predicted_at=moment)
        assert found.table["compound_id"].to_pylist() == ["c"]
        assert (found.measured, found.known, found.before, found.undated) == (3, 2, 0, 0)


def test_only_what_was_measured_afterwards_is_new(make_labels: Make) -> None:
    labels = make_labels(
        {"a": 1.0, "b": 2.0, "c": 3.0}, measured_at=[BEFORE, NOW, NOW + timedelta(seconds=1)]
    )
    found = new_labels(labels, "T", predicted_at=NOW)
    assert found.table["compound_id"].to_pylist() == ["c"]
    assert (found.measured, found.before) == (3, 2)
    assert new_labels(labels, "T").table.num_rows == 3  # the caller knows


def test_labels_without_a_date_are_counted_and_new_unless_the_model_was_tested_on_them(
    make_labels: Make,
) -> None:
    labels = make_labels(
        {"tested": 1.0, "again": 2.0, "fresh": 3.0}, measured_at=[None, AFTER, None]
    )
    known = Known(held_out=frozenset({"tested", "again"}))
    found = new_labels(labels, "T", known=known, predicted_at=NOW)
    # Measured again after the prediction, never learned from: that is a new measurement.
    assert found.table["compound_id"].to_pylist() == ["again", "fresh"]
    assert (found.measured, found.before, found.undated) == (3, 1, 1)


def test_labels_without_a_value_and_of_other_targets_are_no_measurements(make_labels: Make) -> None:
    labels = make_labels(
        {"a": 1.0, "b": 2.0, "c": 3.0},
        value=[1.0, None, 3.0],
        status=["ok", "failed", "ok"],
        target=["T", "T", "U"],
    )
    assert new_labels(labels, "T").measured == 1
    with pytest.raises(DatasetError, match="no value of target 'V'") as caught:
        new_labels(labels, "V")
    assert "T, U" in caught.value.cure


def test_wrong_requests_are_told(make_labels: Make) -> None:
    labels = make_labels({"a": 1.0})
    with pytest.raises(InputError, match="no time zone"):
        new_labels(labels, "T", predicted_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake
    with pytest.raises(SchemaError):
        new_labels(labels.drop_columns(["relation"]), "T")
