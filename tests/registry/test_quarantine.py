from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import QuarantinedError, StorageError
from hitsieve.registry import quarantine
from hitsieve.registry.quarantine import (
    Block,
    block,
    block_at,
    block_of,
    bundle_digest,
    find_block,
    lift,
    record_of,
    refuse_blocked,
)

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


def bundle(folder: Path, text: str) -> Path:
    """A folder that claims to be a bundle, by the sums of its files."""
    folder.mkdir(parents=True)
    (folder / "SHA256SUMS").write_text(text)
    return folder


@pytest.fixture
def blocked(tmp_path: Path, path: Path) -> Path:
    """Version 3 of bace in the registry ``tmp_path``, quarantined by ann."""
    version = bundle(tmp_path / "bace" / "3", "three")
    block(path, "wrong plates", bundle_digest(version))
    return version


def test_what_claims_no_digest_has_none(tmp_path: Path) -> None:
    assert bundle_digest(tmp_path) == ""
    assert find_block("", tmp_path) is None
    block(record_of(tmp_path / "bace" / "3"), "wrong plates")
    assert find_block("", tmp_path) is None, "no digest is not a digest they share"


def test_equal_bytes_are_blocked_as_the_version_that_was_named(blocked: Path) -> None:
    twin = bundle(blocked.parent / "4", "three")
    other = bundle(blocked.parent / "5", "five")
    assert block_at(blocked) == block_of(record_of(blocked))
    found = block_at(twin)
    assert found is not None
    assert found.reason == "wrong plates (as bace@3, whose bytes are the same)"
    assert found.by == "ann"
    assert block_at(other) is None


def test_a_block_is_found_by_digest_even_if_the_version_was_deleted(
    tmp_path: Path, blocked: Path
) -> None:
    digest = bundle_digest(blocked)
    shutil.rmtree(blocked)
    found = find_block(digest, tmp_path)
    assert found is not None
    assert (found[0], found[1].by) == ("bace@3", "ann")
    assert find_block("0" * 64, tmp_path) is None
    assert find_block(digest, tmp_path / "absent") is None
    lift(record_of(blocked), "read anew")
    assert find_block(digest, tmp_path) is None


def test_records_that_keep_no_digest_speak_of_the_bytes_beside_them(tmp_path: Path) -> None:
    version = bundle(tmp_path / "bace" / "3", "three")
    block(record_of(version), "wrong plates")
    found = find_block(bundle_digest(version), tmp_path)
    assert found is not None
    assert found[0] == "bace@3"


def test_a_broken_record_stops_only_what_it_may_speak_of(tmp_path: Path, blocked: Path) -> None:
    digest = bundle_digest(blocked)
    record_of(blocked).write_text("{")
    with pytest.raises(StorageError, match=r"3\.json"):
        find_block(digest, tmp_path)
    assert find_block("0" * 64, tmp_path) is None


def test_a_refusal_names_model_person_time_reason_and_cure(blocked: Path) -> None:
    with pytest.raises(QuarantinedError) as caught:
        refuse_blocked(blocked)
    known = block_of(record_of(blocked))
    assert known is not None
    for part in ("bace@3", "ann", known.at, "wrong plates"):
        assert part in caught.value.message
    assert f"models lift bace@3 --models {blocked.parent.parent}" in (caught.value.cure or "")


def test_links_and_copies_in_the_registry_and_elsewhere_are_refused(
    tmp_path: Path, blocked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / "link").symlink_to(blocked)
    copy = shutil.copytree(blocked, away / "copy")
    renamed = shutil.copytree(blocked, tmp_path / "other" / "1")
    with pytest.raises(QuarantinedError, match="bace@3"):
        refuse_blocked(away / "link")
    with pytest.raises(QuarantinedError, match=r"other/1 holds the bytes of bace@3"):
        refuse_blocked(renamed)
    refuse_blocked(copy)  # no registry knows it
    refuse_blocked(copy, tmp_path / "absent")
    with pytest.raises(QuarantinedError, match=r"copy holds the bytes of bace@3 .* by ann"):
        refuse_blocked(copy, tmp_path)
    monkeypatch.chdir(blocked.parent)
    with pytest.raises(QuarantinedError, match="bace@3"):
        refuse_blocked(record_of(blocked).parent.parent.relative_to(blocked.parent) / "3")
    lift(record_of(blocked), "read anew")
    for folder in (blocked, copy, renamed):
        refuse_blocked(folder, tmp_path)
