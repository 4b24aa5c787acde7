from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.assays.audit import audit_split
from hitsieve.assays.splits import Split
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.policy import ChemPolicy
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError
from hitsieve.modeling.config import CardData, SplitConfig, load_recipe
from hitsieve.modeling.frozen import FrozenSet
from hitsieve.modeling.labels import Labels, load_labels
from hitsieve.modeling.parts import (
    check_parts,
    describe,
    divide,
    keeps_validation,
    learned_parts,
    twin_cure,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def labels(tmp_path: Path, both: Path) -> Labels:
    return load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)


@pytest.fixture
def morgan(labels: Labels) -> np.ndarray:
    return morgan_from_smiles(labels.matrix.smiles)


def _lists(split: Split) -> list[list[int]]:
    return [part.tolist() for part in split.parts.values()]


@pytest.mark.parametrize("kind", ["random", "cluster", "scaffold"])
def test_parts_hold_every_compound_once_and_repeat(
    labels: Labels, morgan: np.ndarray, kind: str
) -> None:
    config = SplitConfig(kind=kind)
    split = divide(labels, config, morgan, seed=1)
    assert sorted(itertools.chain.from_iterable(_lists(split))) == list(range(len(labels.matrix)))
    assert _lists(divide(labels, config, morgan, seed=1)) == _lists(split)
    assert str(len(split.test)) in describe(labels, split, config)


def test_scaffolds_stay_together_where_labels_have_gaps(labels: Labels, morgan: np.ndarray) -> None:
    split = divide(labels, SplitConfig(kind="scaffold"), morgan, seed=1)
    scaffolds = [{murcko_scaffold(labels.matrix.smiles[i]) for i in part} for part in _lists(split)]
    assert not scaffolds[0] & scaffolds[2]
    assert not scaffolds[0] & scaffolds[1]


def test_a_set_without_parts_has_no_column_split(labels: Labels, morgan: np.ndarray) -> None:
    with pytest.raises(DatasetError, match="have no part"):
        divide(labels, SplitConfig(kind="column"), morgan, seed=1)


def test_the_given_parts_are_kept(labels: Labels, morgan: np.ndarray) -> None:
    parts = ["test" if i % 5 == 0 else "train" for i in range(len(labels.matrix))]
    matrix = dataclasses.replace(labels.matrix, parts=parts)
    split = divide(
        dataclasses.replace(labels, matrix=matrix), SplitConfig(kind="column"), morgan, seed=1
    )
    assert split.test.tolist() == list(range(0, 252, 5))
    assert len(split.valid) == 20


def _split(labels: Labels, valid: int, test: int) -> Split:
    order = np.random.default_rng(1).permutation(len(labels.matrix))
    return Split(order[: -valid - test], order[-valid - test : -test], order[-test:], method="m")


def test_good_parts_pass(labels: Labels) -> None:
    check_parts(labels, _split(labels, 20, 20))


@pytest.mark.parametrize(("valid", "test", "part"), [(4, 20, "validation"), (20, 4, "test")])
def test_a_part_too_small_is_named(labels: Labels, valid: int, test: int, part: str) -> None:
    with pytest.raises(DatasetError, match=f"'potency' has . measured compounds in the {part}"):
        check_parts(labels, _split(labels, valid, test))


def test_a_training_part_of_one_class_is_named(labels: Labels) -> None:
    split = _split(labels, 26, 26)
    labels.matrix.y[split.train, 1] = 1
    with pytest.raises(DatasetError, match="'amine', training part of the m split: all 200 labels"):
        check_parts(labels, split)


def test_a_split_by_time_tests_on_the_newest(labels: Labels, morgan: np.ndarray) -> None:
    config = SplitConfig(kind="time")
    with pytest.raises(DatasetError, match="0 of 252 compounds have a time") as caught:
        divide(labels, config, morgan, 1)
    assert "time_column" in caught.value.cure
    times = np.arange(252, dtype=np.float64)[::-1].copy()
    dated = dataclasses.replace(labels, matrix=dataclasses.replace(labels.matrix, times=times))
    split = divide(dated, config, morgan, 1)
    assert times[split.train].max() < times[split.valid].min()
    assert times[split.valid].max() < times[split.test].min()
    times[5] = np.nan
    with pytest.raises(DatasetError, match="251 of 252"):
        divide(dated, config, morgan, 1)


@pytest.mark.parametrize("kind", ["random", "scaffold", "cluster"])
def test_twins_stay_together(labels: Labels, morgan: np.ndarray, kind: str) -> None:
    split = divide(labels, SplitConfig.model_validate({"kind": kind}), morgan, 1)
    audit_split(labels.matrix.compound_ids, split, smiles=labels.matrix.smiles).require_clean()


def test_bounds_are_named_where_they_leave_a_part_too_small(labels: Labels) -> None:
    split = _split(labels, 20, 20)
    known = np.flatnonzero(~np.isnan(labels.matrix.y[:, 0]))
    held = np.intersect1d(known, split.valid)
    labels.matrix.relation[held[2:], 0] = 1
    told = f"'potency' has 2 measured compounds and {len(held) - 2} with a bound"
    with pytest.raises(DatasetError, match=told) as caught:
        check_parts(labels, split)
    assert "bounds are learned from, but neither intervals nor metrics" in caught.value.cure
    labels.matrix.relation[np.intersect1d(known, split.train)[5:], 0] = -1
    with pytest.raises(DatasetError, match=r"training part of the m split: .* bounds") as caught:
        check_parts(labels, split)
    assert caught.value.cure.startswith("choose a random split, give the part a larger fraction")
    at_random = dataclasses.replace(split, method="random")
    with pytest.raises(DatasetError) as caught:
        check_parts(labels, at_random)
    assert "choose a random split" not in caught.value.cure


LEFT_OUT = load_recipe("default")
HELD_OUT = load_recipe("fast")


def test_without_need_of_a_validation_part_it_is_learned_from(labels: Labels) -> None:
    split = dataclasses.replace(_split(labels, 3, 20), method="random")
    found = learned_parts(labels, split, LEFT_OUT)
    assert sorted({*split.train.tolist(), *split.valid.tolist()}) == found.train.tolist()
    assert (len(found.valid), found.test.tolist()) == (0, split.test.tolist())
    assert "valid" not in describe(labels, found, SplitConfig(kind="random"))
    with pytest.raises(DatasetError, match="in the validation part"):
        learned_parts(labels, split, HELD_OUT)
    with pytest.raises(DatasetError, match="in the test part"):
        learned_parts(labels, dataclasses.replace(_split(labels, 20, 3)), LEFT_OUT)


@pytest.mark.parametrize(
    ("method", "given", "kept"),
    [("time", "", True), ("column", "valid", True), ("column", "train", False),
     ("scaffold", "valid", False)],
)  # fmt: skip
def test_a_validation_part_that_says_more_than_left_out_compounds_is_kept(
    labels: Labels, method: str, given: str, *, kept: bool
) -> None:
    parts = [given] * len(labels.matrix)
    told = dataclasses.replace(labels, matrix=dataclasses.replace(labels.matrix, parts=parts))
    split = dataclasses.replace(_split(labels, 20, 20), method=method)
    assert keeps_validation(told, split, LEFT_OUT) == kept
    assert keeps_validation(told, split, HELD_OUT)
    alone = load_recipe("fast", {"calibrate": "left_out"})
    assert keeps_validation(told, split, alone), "networks alone"


def _with_forms(labels: Labels) -> Labels:
    """Every compound of the set as two stereoisomers, one after the other."""
    matrix = labels.matrix
    forms = [
        [Standardizer()(f"{text}{center}") for center in ("[C@H](C)O", "[C@@H](C)O")]
        for text in matrix.smiles
    ]
    read = [row for row, pair in enumerate(forms) if all(item.kept for item in pair)]
    known = [item for row in read for item in forms[row]]
    twice = matrix.take(np.repeat(read, 2))
    return dataclasses.replace(
        labels,
        matrix=dataclasses.replace(
            twice,
            compound_ids=[item.compound_id or "" for item in known],
            smiles=[item.smiles or "" for item in known],
            parts=["test" if place % 10 in {0, 1, 3} else "train" for place in range(len(known))],
            times=np.random.default_rng(1).permutation(len(known)).astype(np.float64),
        ),
    )


@pytest.mark.parametrize("kind", ["time", "column", "random"])
def test_forms_leave_the_later_part_of_any_split(labels: Labels, kind: str) -> None:
    forms = _with_forms(labels)
    ids, smiles = forms.matrix.compound_ids, forms.matrix.smiles
    morgan = morgan_from_smiles(smiles)
    apart = SplitConfig.model_validate({"kind": kind, "twins": "apart"})
    torn = divide(forms, apart, morgan, 1)
    assert not audit_split(ids, torn, smiles=smiles).clean
    config = SplitConfig.model_validate({"kind": kind, "twins": "drop"})
    split = divide(forms, config, morgan, 1)
    audit_split(ids, split, smiles=smiles).require_clean()
    assert split.train.tolist() == torn.train.tolist()
    assert set(split.test) < set(torn.test)
    assert len(split.left_out) > 10
    told = describe(forms, split, config)
    assert f"{len(split.left_out)} compounds were left out: each is a stereoisomer" in told
    assert f"{len(split.test)} test" in told


@pytest.mark.parametrize(
    ("config", "cure"),
    [
        ({"kind": "random", "twins": "apart"}, "twins: together"),
        ({"kind": "time"}, "twins: drop"),
        ({"kind": "column", "twins": "apart"}, "twins: drop"),
        ({"kind": "scaffold"}, "twins: drop"),
    ],
)
def test_the_cure_is_one_that_was_not_tried(config: dict[str, str], cure: str) -> None:
    assert cure in twin_cure(SplitConfig.model_validate(config))


def test_scaffolds_that_were_trained_on_after_all_are_counted(labels: Labels) -> None:
    config = SplitConfig(kind="scaffold")
    split = divide(labels, config, morgan_from_smiles(labels.matrix.smiles), 1)
    assert "no scaffold of the test part was trained on" in describe(labels, split, config)
    # What a frozen test set brings along stands among scaffolds that were trained on.
    moved = Split(
        split.train[3:], split.valid, np.union1d(split.test, split.train[:3]), method="scaffold"
    )
    told = describe(labels, moved, config)
    assert f"3 of {len(moved.test)} test compounds have a scaffold that was trained on" in told
    assert "trained on, as forms of a compound stay in one part (" in told
    assert "no scaffold" not in told
    frozen = FrozenSet((), (), ("potency",), np.zeros((0, 1)))
    apart = config.model_copy(update={"twins": "apart"})
    assert "trained on, as the frozen test set of the model is held out (" in describe(
        labels, moved, apart, frozen
    )
    assert "trained on (" in describe(labels, moved, apart)


def test_compounds_of_the_frozen_set_are_counted(labels: Labels) -> None:
    split = _split(labels, 20, 20)
    names = labels.matrix.compound_ids, labels.matrix.smiles
    some = [*split.test[:4], split.train[0]]
    ids, smiles = ([column[row] for row in some] for column in names)
    frozen = FrozenSet(tuple(ids), tuple(smiles), ("potency",), np.zeros((5, 1)))
    config = SplitConfig(kind="random")
    assert "4 compounds of the test part are those of the model's frozen test set" in describe(
        labels, split, config, frozen
    )
    assert "frozen" not in describe(labels, split, config)
