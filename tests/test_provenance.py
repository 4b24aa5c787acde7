"""Fingerprints depend on values only; seeds of parts are independent."""

from __future__ import annotations

import hashlib
import os
import pwd
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve import __version__
from hitsieve.provenance import (
    canonical_json,
    child_seed,
    fingerprint,
    login_name,
    sha256_bytes,
    sha256_file,
    versions,
)

if TYPE_CHECKING:
    from pathlib import Path

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical_json(turned) == canonical_json(value)
    assert fingerprint(turned) == fingerprint(value)


@given(JSON, JSON)
def test_equal_fingerprints_mean_equal_text(one: object, other: object) -> None:
    same = canonical_json(one) == canonical_json(other)
    assert (fingerprint(one) == fingerprint(other)) is same


def test_nan_has_no_canonical_text() -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


@pytest.mark.parametrize("length", [1, 16, 64])
def test_the_length_is_as_asked(length: int) -> None:
    assert len(fingerprint("x", length=length)) == length


@given(st.integers(min_value=0, max_value=3 << 20))
def test_checksums_are_those_of_the_standard(size: int) -> None:
    data = b"\x00" * (size % 1000)
    assert sha256_bytes(data) == hashlib.sha256(data).hexdigest()


def test_a_file_larger_than_one_piece_is_summed_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    path = tmp_path / "big"
    path.write_bytes(data)
    assert sha256_file(path) == sha256_bytes(data)


def test_versions_name_python_and_what_changes_results() -> None:
    found = versions()
    assert {"python", "rdkit", "torch", "numpy"} <= set(found)
    assert all(found.values())
    assert found["hitsieve"] in {__version__, "not installed"}


@given(st.integers(0, 2**62), st.lists(st.text() | st.integers(), max_size=3))
def test_seeds_fit_63_bits_and_repeat(seed: int, path: list[str | int]) -> None:
    made = child_seed(seed, *path)
    assert 0 <= made < 2**63
    assert made == child_seed(seed, *path)
    assert made != child_seed(seed, *path, "further")


def test_a_number_and_its_text_are_different_parts() -> None:
    assert child_seed(1, "1") != child_seed(1, 1)


def test_the_account_is_named_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = pwd.getpwuid(os.getuid()).pw_name
    for variable in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody")
    assert login_name() == own
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)
    assert login_name() == "uid 987654321"
