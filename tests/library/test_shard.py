from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.features import featurize
from hitsieve.library.featurize import featurize_all, join_features
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]


def test_rows_hold_the_features_of_the_parent(
    build: Build, tmp_path: Path, good_smiles: list[str]
) -> None:
    path = tmp_path / "x.smi"
    path.write_text("\n".join([*good_smiles, "[2H]OCC", "CC[O-].[Na+]"]) + "\n")
    library = build(path, shard_rows=16)
    rows = [row for table in library.iter_tables() for row in table.to_pylist()]
    assert len(rows) == 62
    for row in rows:
        features = featurize(row["parent_smiles"])
        shape = (row["n_atoms"], -1)
        codes = np.frombuffer(row["atom_codes"], np.uint8).reshape(shape)
        assert np.array_equal(codes, features.codes.atom_codes)
        assert row["bond_index"] == features.codes.bond_index.tobytes()
        assert row["bond_codes"] == features.codes.bond_codes.tobytes()
        assert row["morgan"] == features.morgan
        assert row["heavy_atoms"] == features.descriptors["heavy_atoms"]


def test_isotopes_are_kept_apart_and_scored_alike(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "x.smi"
    path.write_text("[2H]OCC heavy\nOCC light\n")
    (table,) = build(path).iter_tables()
    heavy, light = sorted(table.to_pylist(), key=lambda row: row["source_ids"])
    assert heavy["compound_id"] != light["compound_id"]
    assert heavy["parent_smiles"] == light["parent_smiles"]
    assert heavy["morgan"] == light["morgan"]


def test_parts_join_to_the_whole(good_smiles: list[str]) -> None:
    texts = [*good_smiles[:5], "not a molecule", *good_smiles[5:9]]
    whole = featurize_all(texts)
    failure = (Code.CRASHED, "it killed its worker")
    joined = join_features([(0, featurize_all(texts[:3])), (3, featurize_all(texts[3:]))])
    assert joined == whole
    assert list(whole.failures) == [5]
    crashed = join_features([(0, featurize_all(texts[:5])), (5, failure)])
    assert crashed.failures == {5: failure}
    assert len(crashed.columns["morgan"]) == 5
