from __future__ import annotations

import json

import numpy as np
import pytest

from hitsieve.assays.audit import audit_split
from hitsieve.assays.splits import column_split
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError

TRAIN = ["C[C@H](N)C(=O)O", "Oc1ccccn1", "CCCCCCCCCCCCO", "c1ccccc1CC"]
TEST = ["C[C@@H](N)C(=O)O", "O=c1cccc[nH]1", "CCCCCCCCCCCCCO", "OC(=O)C1CC1"]


@pytest.fixture(scope="module")
def ids() -> list[str]:
    found = [Standardizer()(smiles).compound_id for smiles in TRAIN + TEST]
    return [i for i in found if i is not None]


def test_each_kind_of_twin_is_counted(ids: list[str]) -> None:
    split = column_split(["train"] * 4 + ["test"] * 4)
    morgan = np.asarray(morgan_from_smiles(TRAIN + TEST))
    audit = audit_split(ids, split, morgan)
    (leak,) = audit.leaks
    assert (leak.part, leak.other, leak.compounds) == ("test", "train", 4)
    assert leak.same_key == 0
    # 2-hydroxypyridine and 2-pyridone share the InChIKey, the alanines only its first block
    assert leak.same_inchikey == 1
    assert leak.same_stereo_free_key == 2
    # enantiomers share all bits, a longer chain too
    assert leak.near_duplicates == 2
    assert (ids[4], ids[0]) in leak.examples
    assert not audit.clean
    json.dumps(audit.to_dict())
    with pytest.raises(DatasetError, match="2 of 4 test compounds") as caught:
        audit.require_clean("drop them")
    assert caught.value.cure == "drop them, or allow leaks (--leaks report)"


def test_a_clean_split_passes(ids: list[str]) -> None:
    split = column_split(["train"] * 4)
    assert audit_split(ids[:4], split).leaks == ()
    three = column_split(["train", "valid", "test", "train"])
    audit = audit_split(ids[:4], three)
    assert [(leak.part, leak.other) for leak in audit.leaks] == [
        ("valid", "train"),
        ("test", "train"),
        ("test", "valid"),
    ]
    assert audit.leaks[0].near_duplicates is None
    audit.require_clean()


def test_the_very_same_compound_is_found(ids: list[str]) -> None:
    audit = audit_split([ids[0], ids[1], ids[0]], column_split(["train", "train", "test"]))
    assert audit.leaks[0].same_key == 1


def test_a_split_of_another_size_is_refused(ids: list[str]) -> None:
    with pytest.raises(DatasetError, match="a split of 1"):
        audit_split(ids, column_split(["train"]))


def test_compounds_of_two_given_parts_are_kept_in_mind(ids: list[str]) -> None:
    split = column_split(["train", "valid", "test", "train"])
    audit = audit_split(ids[:4], split, torn=[ids[0]])
    assert audit.clean, "as used, no part holds it twice"
    assert audit.to_dict()["torn"] == (ids[0],)
    with pytest.raises(DatasetError, match="1 compounds stand in several parts") as caught:
        audit.require_clean()
    assert "correct the split column" in caught.value.cure
