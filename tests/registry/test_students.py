from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.provenance import sha256_bytes
from hitsieve.registry.entries import Entry
from hitsieve.registry.sealed import SUMS
from hitsieve.registry.students import students_of

if TYPE_CHECKING:
    from pathlib import Path


def _digest(name: str) -> str:
    return sha256_bytes(name.encode())


@pytest.fixture
def entries(tmp_path: Path) -> list[Entry]:
    taught = {"grandchild": "child", "child": "teacher", "other": "stranger", "teacher": ""}
    found = []
    for name, teacher in taught.items():
        folder = tmp_path / name / "1"
        folder.mkdir(parents=True)
        (folder / SUMS).write_text(name)
        words = f"{teacher}@1 (digest {_digest(teacher)})" if teacher else ""
        (folder / "card.json").write_text(json.dumps({"teacher": words}))
        found.append(Entry(name, 1, folder))
    return found


def test_students_and_their_students_are_found_in_the_order_listed(entries: list[Entry]) -> None:
    found = students_of(_digest("teacher"), entries)
    assert [entry.name for entry in found] == ["grandchild", "child"]
    assert [entry.name for entry in students_of(_digest("child"), entries)] == ["grandchild"]
    assert students_of(_digest("grandchild"), entries) == []


def test_a_name_without_the_bytes_is_no_teacher(entries: list[Entry]) -> None:
    assert students_of("teacher@1", entries) == []
    assert students_of("", entries) == []


@pytest.mark.parametrize("damage", ["{", "[]", '{"teacher": null}', None])
def test_a_card_that_cannot_be_read_stops_nothing(entries: list[Entry], damage: str | None) -> None:
    card = entries[1].folder / "card.json"
    card.unlink() if damage is None else card.write_text(damage)
    assert students_of(_digest("teacher"), entries) == []


def test_models_that_name_each_other_end(entries: list[Entry]) -> None:
    words = f"grandchild@1 (digest {_digest('grandchild')})"
    (entries[3].folder / "card.json").write_text(json.dumps({"teacher": words}))
    found = students_of(_digest("teacher"), entries)
    assert [entry.name for entry in found] == ["grandchild", "child", "teacher"]
