from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.errors import InputError
from hitsieve.store.layout import (
    MAX_NAME,
    parse_scores_path,
    quote_name,
    scores_path,
    shard_index,
    shard_name,
    unquote_name,
)


@given(index=st.integers(0, 10**7))
def test_shard_names_round_trip(index: int) -> None:
    assert shard_index(shard_name(index)) == index


def test_shard_names_sort_like_their_numbers() -> None:
    assert sorted(map(shard_name, range(1200))) == list(map(shard_name, range(1200)))


@pytest.mark.parametrize("name", ["shard-1", "shard-0000x", "../shard-00001", "", "shard-00001.x"])
def test_other_names_are_no_shards(name: str) -> None:
    with pytest.raises(InputError, match="no shard name"):
        shard_index(name)


def test_negative_shards_are_refused() -> None:
    with pytest.raises(InputError, match="negative"):
        shard_name(-1)


@given(name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_any_name_is_one_harmless_folder_and_comes_back(name: str) -> None:
    quoted = quote_name(name)
    assert unquote_name(quoted) == name
    assert len(PurePosixPath(quoted).parts) == 1
    assert quoted not in {".", ".."}
    assert not set(quoted) & set('/\\:*?"<>|=\n\x00 ')


@given(
    target=st.text(st.characters(codec="utf-8"), min_size=1, max_size=15),
    model=st.text(st.characters(codec="utf-8"), min_size=1, max_size=15),
    shard=st.sampled_from(["", "shard-00007"]),
)
def test_scores_paths_round_trip(target: str, model: str, shard: str) -> None:
    assert parse_scores_path(scores_path(target, model, shard)) == (target, model, shard)


@given(a=st.text(min_size=1, max_size=8), b=st.text(min_size=1, max_size=8))
def test_two_names_never_share_a_folder(a: str, b: str) -> None:
    try:
        quoted = quote_name(a), quote_name(b)
    except UnicodeEncodeError:  # lone surrogates are no text
        return
    assert (quoted[0] == quoted[1]) == (a == b)


@pytest.mark.parametrize("name", ["", "x" * (MAX_NAME + 1), "µ" * MAX_NAME])
def test_names_no_folder_can_have_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="folder name"):
        quote_name(name)


@pytest.mark.parametrize("path", ["", "target=a", "model=a/target=b", "x/target=a/model=b"])
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(InputError, match="no scores path"):
        parse_scores_path(path)
