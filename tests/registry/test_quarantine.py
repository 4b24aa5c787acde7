from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hitsieve.registry import quarantine
from hitsieve.registry.quarantine import Block, block, block_of, lift, record_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(quarantine, "login_name", lambda: "ann")
    return record_of(tmp_path / "bace" / "3")


def test_the_record_lies_beside_the_version(tmp_path: Path, path: Path) -> None:
    assert path == tmp_path / "bace" / "quarantine" / "3.json"
    assert block_of(path) is None


def test_a_block_tells_who_and_when(path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    made = block(path, "wrong plates")
    assert block_of(path) == made
    assert (made.reason, made.by) == ("wrong plates", "ann")
    at = datetime.fromisoformat(made.at)
    assert before <= at <= datetime.now(UTC)
    assert at.utcoffset() == UTC.utcoffset(None)
    told = made.told("bace@3")
    assert all(part in told for part in ("bace@3", "wrong plates", "ann", made.at))


def test_who_lifts_a_block_is_kept_beside_who_laid_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block(path, "wrong plates")
    monkeypatch.setattr(quarantine, "login_name", lambda: "bob")
    lift(path, "read anew")
    assert block_of(path) is None
    record = json.loads(path.read_text())
    assert (record["by"], record["lifted"]) == ("bob", "read anew")
    assert [item["by"] for item in record["earlier"]] == ["ann"]


def test_records_without_time_and_name_still_block(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text('{"reason": "wrong plates", "earlier": []}')
    assert block_of(path) == Block("wrong plates", at="", by="")
    assert Block("wrong plates").told("bace@3") == "bace@3 is quarantined: wrong plates"
    lift(path, "read anew")
    assert block_of(path) is None
    assert json.loads(path.read_text())["reason"] == "wrong plates"
