"""Every hit carries its reasons, and none of them belongs to a neighbor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.errors import SchemaError
from hitsieve.hits.annotate import HitFacts, annotate
from hitsieve.hits.known import MORGAN_BYTES, KnownCompounds
from hitsieve.schema import HITS

if TYPE_CHECKING:
    import pyarrow as pa

REASONS = ["like 1", "like 2", "unlike 3", "unlike 4"]


@pytest.fixture(scope="module")
def hits(scores: pa.Table, rows: pa.Table, known: KnownCompounds, facts: HitFacts) -> pa.Table:
    return annotate(scores, rows, known, facts, REASONS)


def test_the_table_is_what_the_schema_declares(hits: pa.Table) -> None:
    HITS.check(hits.schema, where="test")
    assert hits.column_names == HITS.names


def test_order_and_numbers_are_those_of_the_scores(hits: pa.Table, scores: pa.Table) -> None:
    assert hits.column("rank").to_pylist() == [1, 2, 3, 4]
    for name in ("compound_id", "score", "std", "lower", "upper", "in_domain"):
        assert hits.column(name).to_pylist() == scores.column(name).to_pylist()
    assert hits.column("domain_reason").to_pylist() == REASONS
    assert set(hits.column("model").to_pylist()) == {"cdk2@1"}
    assert hits.column("available").to_pylist() == [True, True, False, True]


def test_alerts_name_the_acid_chloride_only(hits: pa.Table) -> None:
    alerts = hits.column("alerts").to_pylist()
    assert any("acyl" in name.lower() or "halide" in name.lower() for name in alerts[2])
    assert alerts[3] == []


def test_a_compound_or_scaffold_that_was_measured_is_not_novel(hits: pa.Table) -> None:
    # aspirin itself; benzene is known; without rings there is no scaffold to know; purine is new
    assert hits.column("novel").to_pylist() == [False, False, True, True]
    assert hits.column("scaffold").to_pylist()[2] == ""


def test_the_nearest_compound_comes_with_its_value(hits: pa.Table, known: KnownCompounds) -> None:
    first = hits.slice(0, 1).to_pylist()[0]
    assert first["nearest_id"] == known.compound_ids[0] == first["compound_id"]
    assert first["nearest_similarity"] == pytest.approx(1.0)
    assert first["nearest_value"] == 1.5
    assert hits.column("nearest_value").to_pylist()[2] == 3.5  # hexanoic acid for the chloride


def test_clusters_are_numbered_from_the_best_hit(hits: pa.Table) -> None:
    clusters = hits.column("cluster").to_pylist()
    assert clusters[0] == 1
    assert set(clusters) == set(range(1, max(clusters) + 1))


def test_without_known_compounds_everything_is_novel(
    scores: pa.Table, rows: pa.Table, facts: HitFacts
) -> None:
    nothing = KnownCompounds((), (), np.zeros((0, MORGAN_BYTES), np.uint8), np.zeros(0))
    hits = annotate(scores, rows, nothing, facts, REASONS)
    assert all(hits.column("novel").to_pylist())
    assert set(hits.column("nearest_id").to_pylist()) == {""}
    assert hits.column("nearest_value").null_count == 4


def test_an_empty_list_is_a_table_without_rows(
    scores: pa.Table, rows: pa.Table, known: KnownCompounds, facts: HitFacts
) -> None:
    hits = annotate(scores.slice(0, 0), rows.slice(0, 0), known, facts, [])
    assert hits.num_rows == 0
    assert hits.column_names == HITS.names


def test_rows_of_other_compounds_are_refused(
    scores: pa.Table, rows: pa.Table, known: KnownCompounds, facts: HitFacts
) -> None:
    turned = rows.take([1, 0, 2, 3])
    with pytest.raises(SchemaError, match="not of the same compounds"):
        annotate(scores, turned, known, facts, REASONS)
