from __future__ import annotations

import numpy as np
import pytest

from hitsieve.calibration.seen import SeenFeatures
from hitsieve.errors import InputError
from hitsieve.graphs.packed import PackedGraphs

TRAINING = ["CCO", "c1ccncc1", "CC(=O)NC", "C[N+](C)(C)C", "CSC", "CC#N"]


def _graphs(*smiles: str) -> PackedGraphs:
    return PackedGraphs.from_smiles(list(smiles))


@pytest.fixture(scope="module")
def seen() -> SeenFeatures:
    return SeenFeatures.of(_graphs(*TRAINING))


@pytest.mark.parametrize(
    ("smiles", "named"),
    [
        ("OB(O)c1ccccc1", "boron"),
        ("C[S+](C)C", "positively charged sulfur"),
        ("CC(=O)[O-]", "negatively charged oxygen"),
        ("c1ccsc1", "aromatic sulfur"),
        ("CS(C)(=O)=O", "sulfur with 4 neighbors, sp3 orbitals"),
        ("C=[N+](C)C", "nitrogen with 3 neighbors, sp2 orbitals and charge +1"),
        ("CC[Si](C)(C)CCF", "fluorine, silicon"),
    ],
)
def test_what_no_training_compound_has_is_named(
    seen: SeenFeatures, smiles: str, named: str
) -> None:
    asked = _graphs("CCCCO", smiles)
    assert seen.unseen(asked).tolist() == [False, True]
    assert seen.reasons(asked) == ["", f"no training compound has {named}"]


def test_training_compounds_and_others_of_their_kinds_are_known(seen: SeenFeatures) -> None:
    assert not seen.unseen(_graphs(*TRAINING, "CCCCNC(=O)CCSCCc1ccncc1")).any()
    assert not seen.unseen(_graphs()).any()


def test_an_unseen_order_is_named() -> None:
    seen = SeenFeatures.of(_graphs("CC=O", "C#C"))
    assert seen.reasons(_graphs("CC=O", "C#CC=O")) == ["", ""]
    fewer = SeenFeatures(seen.atoms, np.array([1, 2], np.uint8))
    assert fewer.unseen(_graphs("CC=O", "C#C")).tolist() == [False, True]
    assert fewer.reasons(_graphs("C#C")) == ["no training compound has a triple bond"]


def test_arrays_round_trip_and_older_bundles_do_not_tell(seen: SeenFeatures) -> None:
    again = SeenFeatures.from_arrays(seen.to_arrays())
    assert again is not None
    asked = _graphs("OB(O)c1ccccc1", "CCO", "c1ccsc1")
    assert again.reasons(asked) == seen.reasons(asked)
    assert SeenFeatures.from_arrays({"training": np.zeros(1)}) is None
    with pytest.raises(InputError, match="not both"):
        SeenFeatures.from_arrays({"seen.bonds": np.array([1], np.uint8)})
    with pytest.raises(InputError, match="seen atoms"):
        SeenFeatures.from_arrays(
            {"seen.atoms": np.array([[250, 128, 0, 4, 3]], np.uint8), "seen.bonds": seen.bonds}
        )
