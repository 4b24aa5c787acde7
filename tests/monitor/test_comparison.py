from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.errors import DatasetError
from hitsieve.monitor.comparison import compare
from hitsieve.monitor.new_labels import Known

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Make = Callable[..., pa.Table]


def test_predictions_meet_their_measurements_by_identity(
    make_labels: Make, make_scores: Make
) -> None:
    labels = make_labels({"a": 5.0, "b": 7.0, "x": 9.0})
    found = compare(labels, make_scores({"b": 7.5, "c": 1.0, "a": 3.0}), "T")
    assert found.rows["compound_id"].to_pylist() == ["a", "b"]
    assert found.column("value").tolist() == [5.0, 7.0]
    assert found.column("score").tolist() == [3.0, 7.5]
    assert {"smiles", "measured_at", "lower", "upper"} <= set(found.rows.column_names)


def test_every_label_is_accounted_for(make_labels: Make, make_scores: Make) -> None:
    ids = ["learned", "early", "absent", "failed", "bound", "absent bound", "fine", "undated"]
    labels = make_labels(
        dict.fromkeys(ids, 5.0),
        relation=["=", "=", "=", "=", "<", ">", "=", "="],
        measured_at=[NOW + timedelta(days=-1 if one == "early" else 1) for one in ids[:-1]]
        + [None],
    )
    table = make_scores(
        dict.fromkeys(("learned", "early", "failed", "bound", "fine", "undated"), 5.0)
    )
    score = [None if one == "failed" else 5.0 for one in table["compound_id"].to_pylist()]
    place = table.column_names.index("score")
    table = table.set_column(place, table.field(place), pa.array(score, pa.float32()))
    known = Known(learned=frozenset({"learned"}))
    counts = compare(labels, table, "T", known=known, predicted_at=NOW).counts
    assert (counts.known, counts.before, counts.unpredicted) == (1, 1, 3)
    assert (counts.censored, counts.compared, counts.undated) == (1, 2, 1)
    parts = counts.known, counts.before, counts.unpredicted, counts.censored, counts.compared
    assert sum(parts) == counts.measured == 8


def test_missing_ends_are_nan(make_labels: Make, make_scores: Make) -> None:
    found = compare(make_labels({"a": 5.0}), make_scores({"a": 5.0}, half=None), "T")
    assert np.isnan(found.column("lower")).all()


@pytest.mark.parametrize(
    ("known", "relation", "scored", "told", "cure"),
    [
        ({"a", "b"}, "=", "ab", "2 already known to the model", "did not learn from"),
        ((), "=", "xy", "2 without a prediction", "same target and library"),
        ((), "<", "ab", "2 bounds", "a bound cannot be compared"),
        ({"a"}, "<", "b", "1 already known to the model, 1 bounds", "a bound cannot"),
    ],
)
def test_nothing_new_says_what_became_of_the_labels_and_what_to_do(
    make_labels: Make,
    make_scores: Make,
    known: set[str],
    relation: str,
    scored: str,
    told: str,
    cure: str,
) -> None:
    labels = make_labels({"a": 5.0, "b": 6.0}, relation=[relation] * 2)
    with pytest.raises(DatasetError, match="nothing new to compare") as caught:
        compare(
            labels,
            make_scores(dict.fromkeys(scored, 5.0)),
            "T",
            known=Known(learned=frozenset(known)),
            predicted_at=NOW,
        )
    assert caught.value.message.endswith(told)
    assert cure in caught.value.cure


def test_labels_from_before_the_prediction_are_not_new(
    make_labels: Make, make_scores: Make
) -> None:
    labels = make_labels({"a": 5.0}, measured_at=[NOW])
    with pytest.raises(DatasetError, match="1 measured before the predictions") as caught:
        compare(labels, make_scores({"a": 5.0}), "T", predicted_at=NOW)
    assert "after the screen" in caught.value.cure
