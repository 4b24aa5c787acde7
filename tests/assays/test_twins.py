from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.assays.audit import audit_split
from hitsieve.assays.splits import PARTS, column_split
from hitsieve.assays.twins import drop_twins, keep_together, twin_groups
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError

SMILES = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(=O)CC(C)=O", "CC(O)=CC(C)=O", "CCCCO"]


def test_stereoisomers_and_tautomers_are_one_group() -> None:
    known = [Standardizer()(smiles) for smiles in SMILES]
    ids = [item.compound_id or "" for item in known]
    groups = twin_groups(ids, SMILES)
    assert groups[0] == groups[1]
    assert groups[2] == groups[3]
    assert len(set(groups.tolist())) == 3
    # The InChIKey tells keto from enol; without structures nothing joins them.
    assert len(set(twin_groups(ids).tolist())) == 4
    torn = column_split(["train", "test", "test", "train", "test"])
    audit = audit_split(ids, torn, smiles=SMILES)
    assert audit.leaks[0].same_stereo_free_key == 1
    assert audit.leaks[0].same_tautomer_free_key == 2
    assert not audit.clean
    mended = keep_together(torn, groups)
    assert mended.labels() == ["train", "train", "test", "test", "test"]
    audit_split(ids, mended, smiles=SMILES).require_clean()


@given(st.lists(st.tuples(st.sampled_from(PARTS), st.integers(0, 5)), min_size=1, max_size=30))
def test_every_group_stands_where_its_first_member_stood(rows: list[tuple[str, int]]) -> None:
    parts = ["train", *(part for part, _ in rows)]
    groups = np.array([9, *(group for _, group in rows)])
    mended = keep_together(column_split(parts), groups).labels()
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        assert {mended[i] for i in members} == {parts[members[0]]}


def test_groups_of_another_set_are_refused() -> None:
    with pytest.raises(DatasetError, match="2 groups"):
        keep_together(column_split(["train"]), np.array([1, 2]))


@given(st.lists(st.tuples(st.sampled_from(PARTS), st.integers(0, 5)), min_size=1, max_size=30))
def test_what_is_dropped_has_a_twin_in_an_earlier_part_and_nothing_moves(
    rows: list[tuple[str, int]],
) -> None:
    parts = ["train", *(part for part, _ in rows)]
    groups = np.array([9, *(group for _, group in rows)])
    kept = drop_twins(column_split(parts), groups).labels()
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        earliest = min((parts[i] for i in members), key=PARTS.index)
        wanted = [part if part == earliest else "left_out" for part in np.array(parts)[members]]
        assert [kept[i] for i in members] == wanted


def test_what_was_left_out_stays_out_and_pulls_no_twin_with_it() -> None:
    groups = np.array([1, 2, 1, 3])
    once = drop_twins(column_split(["train", "train", "test", "test"]), groups)
    assert once.labels() == ["train", "train", "left_out", "test"]
    for again in (drop_twins(once, groups), keep_together(once, groups)):
        assert again.labels() == once.labels()
