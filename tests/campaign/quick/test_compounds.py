from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.campaign.quick.compounds import Compounds, columns_for, compounds_of
from hitsieve.errors import DatasetError
from hitsieve.library import Library
from hitsieve.schema import LIBRARY
from hitsieve.schema.tables import DESCRIPTORS

if TYPE_CHECKING:
    from pathlib import Path


def test_only_what_is_needed_is_read() -> None:
    names = {column.name for column in DESCRIPTORS}
    assert set(columns_for({"bits"})) == {"compound_id", "morgan", *names}
    assert set(columns_for({"counts"})) - set(columns_for({"bits"})) == {"parent_smiles"}
    both = columns_for({"graphs", "counts"})
    assert len(both) == len(set(both))
    assert set(both) <= set(LIBRARY.names)


def test_columns_come_as_the_library_has_them(pool: Compounds, library: Path) -> None:
    ids = pool.ids.to_pylist()
    rows = Library.open(library).lookup(ids, ["compound_id", "morgan", "heavy_atoms"]).to_pylist()
    assert [row["compound_id"] for row in rows] == ids
    assert pool.morgan.shape == (60, 256)
    assert [bytes(bits) for bits in pool.morgan] == [row["morgan"] for row in rows]
    place = [column.name for column in DESCRIPTORS].index("heavy_atoms")
    assert pool.properties[:, place].tolist() == [row["heavy_atoms"] for row in rows]


def test_what_nobody_needs_is_not_made(library: Path, pool: Compounds) -> None:
    ids = pool.ids.to_pylist()[:5]
    plain = compounds_of(library, ids, {"bits"})
    assert (plain.inputs, plain.batch) == (None, None)
    counted = compounds_of(library, ids, {"bits", "counts"})
    assert counted.inputs is not None
    assert len(counted.inputs) == 5
    assert counted.batch is None


def test_some_of_them_stay_together(pool: Compounds) -> None:
    rows = np.array([7, 3, 50])
    some = pool.take(rows)
    ids = pool.ids.to_pylist()
    assert some.ids.to_pylist() == [ids[row] for row in rows]
    assert len(some) == 3
    assert (some.morgan == pool.morgan[rows]).all()
    assert some.inputs is not None
    assert pool.inputs is not None
    assert some.inputs.physchem == pytest.approx(pool.inputs.physchem[rows], nan_ok=True)
    assert some.batch is not None
    assert len(some.batch) == 3
    assert some.places([ids[50], ids[7]]).tolist() == [2, 0]


def test_compounds_of_another_library_are_named(library: Path, pool: Compounds) -> None:
    ids = [*pool.ids.to_pylist()[:3], "NOBODY"]
    with pytest.raises(DatasetError, match="1 measured compounds are not in"):
        compounds_of(library, ids, {"bits"})


def test_an_empty_shard_has_no_compounds() -> None:
    found = Compounds.of(LIBRARY.empty().select(columns_for({"bits"})), {"bits"})
    assert len(found) == 0
    assert found.properties.shape == (0, len(DESCRIPTORS))
