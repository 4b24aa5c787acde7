from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.errors import ConfigError, UsageError
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import Vocabulary
from hitsieve.library.show import EDGES, describe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]


def test_numbers_agree_with_the_tables_however_they_are_cut(
    build: Build, tmp_path: Path, good_smiles: list[str]
) -> None:
    path = tmp_path / "x.smi"
    path.write_text("\n".join([*good_smiles, "C1CC", "CCBr"]) + "\n")
    one = describe(build(path, output="one"))
    many = describe(build(path, output="many", shard_rows=8))
    assert json.loads(json.dumps(one))["properties"] == json.loads(json.dumps(many))["properties"]
    assert one["elements"] == many["elements"]
    library = build(path, output="one")
    weights = np.concatenate([t.column("mw").to_numpy() for t in library.iter_tables(["mw"])])
    assert one["properties"]["mw"]["mean"] == pytest.approx(weights.mean(), rel=1e-6)
    assert set(one["properties"]) == set(EDGES)
    for found in one["properties"].values():
        assert sum(found["counts"]) + found["below"] + found["above"] == len(library)
    assert one["elements"]["C"] == len(library)
    assert one["elements"]["Br"] == 1
    assert one["elements"]["F"] == 6
    assert one["counts"]["rejected"] == 1


def test_scaffolds_are_ranked_and_the_sample_is_bounded(
    build: Build, tmp_path: Path, good_smiles: list[str]
) -> None:
    path = tmp_path / "x.smi"
    path.write_text("\n".join(good_smiles) + "\n")
    found = describe(build(path), top=2)["scaffolds"]
    assert found["sample"] == 60
    assert found["top"][0] == {"scaffold": "c1ccccc1", "compounds": 32}
    assert len(found["top"]) == 2
    assert describe(build(path), scaffold_sample=7)["scaffolds"]["sample"] == 7
    with pytest.raises(UsageError):
        describe(build(path), top=-1)


def test_an_empty_library_is_described(build: Build, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,smiles\n")
    found = describe(build(path))
    assert found["elements"] == {}
    assert found["properties"]["mw"]["mean"] is None
    json.dumps(found, allow_nan=False)


def test_values_outside_a_vocabulary_are_named(build: Build, tmp_path: Path) -> None:
    (tmp_path / "x.smi").write_text("CCO a\nc1ccccc1[Te]C b\nC[Si](C)(C)c1ccccc1 c\n")
    library = build(tmp_path / "x.smi")
    coverage = describe(library)["coverage"]
    graphs = [PackedGraphs.from_table(table) for table in library.iter_tables()]
    masks = [Vocabulary.preset("chemprop_v2").unknown_mask(packed) for packed in graphs]
    assert coverage["compounds_outside"] == sum(int(mask.sum()) for mask in masks) > 0
    assert coverage["unknown"]["atomic_number=52"] == 1
    with pytest.raises(ConfigError, match="no vocabulary"):
        describe(library, vocabulary="other")
