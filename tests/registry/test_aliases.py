from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.registry import aliases
from hitsieve.registry.aliases import Alias

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Alias:
    monkeypatch.setattr(aliases, "login_name", lambda: "ann")
    return Alias.of(tmp_path / "bace", "champion")


def test_the_log_tells_who_changed_what_and_when(book: Alias) -> None:
    book.rename([1], "promoted")
    book.rename([1, 2], "promoted")
    assert book.history == (1, 2)
    assert [(item["version"], item["by"]) for item in book.log] == [(1, "ann"), (2, "ann")]
    assert all(str(item["at"]).endswith("+00:00") for item in book.log)


def test_the_checksum_of_the_frozen_set_stays_until_it_is_replaced(book: Alias) -> None:
    assert book.frozen == ""
    book.rename([1], "promoted", frozen="a" * 64)
    book.rename([1, 2], "promoted")
    assert book.frozen == "a" * 64
    book.rename([1, 2], "written anew", frozen="b" * 64)
    assert book.frozen == "b" * 64


def test_a_record_without_names_and_checksum_is_read_and_goes_on(book: Alias) -> None:
    old = {"event": "promoted", "version": 4, "at": "2025-01-02T03:04:05+00:00"}
    book.path.parent.mkdir(parents=True)
    book.path.write_text(json.dumps({"versions": [4], "log": [old]}))
    assert (book.history, book.frozen, book.log) == ((4,), "", [old])
    book.rename([4, 5], "promoted")
    assert book.log[0] == old
    assert book.log[1]["by"] == "ann"
