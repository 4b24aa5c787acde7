"""Errors carry a cure and an exit code, and survive process borders."""

from __future__ import annotations

import inspect
import pickle
import re

import pytest

from hitsieve import errors
from hitsieve.errors import HitsieveError, listed, nearest

ALL = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
KINDS = [kind for kind in ALL if issubclass(kind, HitsieveError)]


@pytest.mark.parametrize("kind", KINDS)
def test_pickling_keeps_kind_message_and_cure(kind: type[HitsieveError]) -> None:
    copy = pickle.loads(pickle.dumps(kind("what", cure="how")))  # noqa: S301 - our own bytes
    assert type(copy) is kind
    assert (copy.message, copy.cure) == ("what", "how")


def test_the_cure_is_on_a_line_of_its_own() -> None:
    assert str(HitsieveError("what", cure="how")) == "what\n  cure: how"
    assert str(HitsieveError("what")) == "what"


def test_the_tree_of_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn = re.findall(r"(\w+Error)\s+(\d)", errors.__doc__ or "")
    assert {name: int(code) for name, code in drawn} == {k.__name__: k.exit_code for k in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_exits_like_its_parent(kind: type[HitsieveError]) -> None:
    parent = kind.__bases__[0]
    if issubclass(parent, HitsieveError) and parent is not HitsieveError:
        assert kind.exit_code == parent.exit_code


def test_each_exit_code_has_one_branch() -> None:
    branches = [k.exit_code for k in KINDS if k.__bases__[0] is HitsieveError]
    assert sorted(branches) == [2, 3, 4, 5, 6, 7]


def test_nearest_names_the_closest_only() -> None:
    assert nearest("epoch", ["epochs", "hidden"]) == " (did you mean 'epochs'?)"
    assert nearest("qqq", ["epochs", "hidden"]) == ""
    assert nearest("x", []) == ""


def test_lists_in_messages_stay_short() -> None:
    assert listed([]) == ""
    assert listed(["a", "b"]) == "a, b"
    assert listed([f"n{i}" for i in range(9)]) == "n0, n1, n2, n3, n4, …"
    assert listed(["y" * 3_000_000]) == "y" * 80 + "…"
