"""What a model learned from, for one of its targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.errors import NotFoundError
from hitsieve.hits.known import KnownCompounds
from hitsieve.registry.bundle import read_bundle


@pytest.fixture(scope="module")
def contents(tiny: Any) -> Any:
    return read_bundle(tiny.models / "clogp" / "1").contents


def test_all_measured_compounds_are_known(contents: Any) -> None:
    known = KnownCompounds.of(contents, "logP")
    assert len(known) == contents.training.num_rows == len(known.id_set)
    assert known.morgan.shape == (len(known), 256)
    assert known.values.tolist() == [row[0] for row in contents.training["values"].to_pylist()]


def test_compounds_without_a_value_for_the_target_are_left_out(contents: Any) -> None:
    index = contents.training.schema.get_field_index("values")
    field = contents.training.schema.field(index)
    values = contents.training["values"].to_pylist()
    values[0], values[5] = [None], [None]
    table = contents.training.set_column(index, field, pa.array(values, field.type))
    known = KnownCompounds.of(replace(contents, training=table), "logP")
    ids = contents.training["compound_id"].to_pylist()
    assert len(known) == len(ids) - 2
    assert not {ids[0], ids[5]} & known.id_set
    assert not np.isnan(known.values).any()


def test_an_unknown_target_names_the_nearest(contents: Any) -> None:
    with pytest.raises(NotFoundError, match=r"did you mean 'logP'"):
        KnownCompounds.of(contents, "logp")


def test_compounds_without_rings_have_no_scaffold(known: KnownCompounds) -> None:
    assert known.scaffolds == {"c1ccccc1"}
