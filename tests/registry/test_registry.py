from __future__ import annotations

import dataclasses
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import (
    ChecksumError,
    ConfigError,
    NotFoundError,
    QuarantinedError,
    StorageError,
)
from hitsieve.registry.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.registry.contents import BundleContents


@pytest.fixture
def registry(tmp_path: Path, contents: BundleContents) -> Registry:
    registry = Registry(tmp_path / "models")
    for seed in range(3):
        registry.add(of_seed(contents, seed))
    return registry


def of_seed(contents: BundleContents, seed: int) -> BundleContents:
    """The same model with another seed, so with other bytes."""
    return dataclasses.replace(contents, card=contents.card.model_copy(update={"seed": seed}))


def test_versions_are_numbered_from_one(registry: Registry) -> None:
    assert [entry.reference for entry in registry.list()] == ["demo@1", "demo@2", "demo@3"]


def test_an_empty_registry_lists_nothing(tmp_path: Path) -> None:
    assert Registry(tmp_path / "absent").list() == []


def test_recipes_and_stray_files_are_no_models(registry: Registry) -> None:
    (registry.root / "recipes" / "1").mkdir(parents=True)
    (registry.root / "README.md").write_text("x")
    assert {entry.name for entry in registry.list()} == {"demo"}


@pytest.mark.parametrize(("reference", "version"), [("demo", 3), ("demo@2", 2)])
def test_resolve(registry: Registry, reference: str, version: int) -> None:
    assert registry.resolve(reference).version == version
    assert registry.read(reference).name == f"demo@{version}"


def test_a_bare_name_means_the_champion(registry: Registry) -> None:
    registry.set_alias("demo", "champion", 2)
    assert registry.resolve("demo").version == 2
    assert registry.resolve("demo@champion").version == 2
    assert registry.resolve("demo@champion").aliases == ("champion",)


def test_an_alias_moves_and_remembers(registry: Registry) -> None:
    for version in (1, 3):
        registry.set_alias("demo", "champion", version)
    assert registry.resolve("demo@champion").version == 3
    assert registry.alias("demo").history == (1, 3)
    assert registry.resolve("demo@1").aliases == ()


def test_a_damaged_bundle_gets_no_alias(registry: Registry) -> None:
    (registry.root / "demo" / "2" / "card.md").write_text("better than ever")
    with pytest.raises(ChecksumError, match=r"card\.md"):
        registry.set_alias("demo", "champion", 2)


def test_an_unknown_alias_names_the_nearest(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="did you mean 'champion'"):
        registry.set_alias("demo", "champoin", 1)


@pytest.mark.parametrize("reference", ["demo@9", "demo@candidate", "demo@", "demo@1/../2"])
def test_an_absent_version_lists_those_there_are(registry: Registry, reference: str) -> None:
    with pytest.raises(NotFoundError, match="has: 1, 2, 3"):
        registry.resolve(reference)


def test_an_absent_model_names_the_nearest(registry: Registry) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'demo'"):
        registry.resolve("deno")


def test_quarantine_blocks_with_its_reason(registry: Registry) -> None:
    registry.set_alias("demo", "champion", 3)
    registry.quarantine("demo", 3, "labels were shifted")
    for reference in ("demo", "demo@3", "demo@champion"):
        with pytest.raises(QuarantinedError, match="labels were shifted"):
            registry.resolve(reference)
    assert registry.versions("demo")[2].quarantine == "labels were shifted"


def test_without_a_champion_a_blocked_version_is_passed_over(registry: Registry) -> None:
    registry.quarantine("demo", 3, "bad")
    assert registry.resolve("demo").version == 2
    for version in (1, 2):
        registry.quarantine("demo", version, "bad")
    with pytest.raises(QuarantinedError):
        registry.resolve("demo")


def test_a_quarantine_record_that_lost_its_reason_still_blocks(registry: Registry) -> None:
    registry.quarantine("demo", 1, "bad")
    (registry.root / "demo" / "quarantine" / "1.json").write_text("{}")
    with pytest.raises(QuarantinedError, match="no reason recorded"):
        registry.resolve("demo@1")


def test_a_broken_record_is_named(registry: Registry) -> None:
    registry.quarantine("demo", 1, "bad")
    (registry.root / "demo" / "quarantine" / "1.json").write_text("{")
    with pytest.raises(StorageError, match=r"1\.json"):
        registry.resolve("demo@2")


def test_quarantine_needs_a_reason_and_a_version(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="reason"):
        registry.quarantine("demo", 1, "  ")
    with pytest.raises(NotFoundError):
        registry.quarantine("demo", 8, "bad")
    with pytest.raises(NotFoundError):
        registry.quarantine("other", 1, "bad")


def test_a_lifted_quarantine_leaves_both_reasons_on_record(registry: Registry) -> None:
    registry.quarantine("demo", 3, "bad plates")
    assert registry.lift_quarantine("demo", 3, "plates were read anew").quarantine == ""
    assert registry.resolve("demo@3").version == 3
    registry.quarantine("demo", 3, "bad again")
    with pytest.raises(QuarantinedError, match="bad again"):
        registry.resolve("demo@3")
    record = json.loads((registry.root / "demo" / "quarantine" / "3.json").read_text())
    told = [{key: item.get(key) for key in ("reason", "lifted")} for item in record["earlier"]]
    assert told == [
        {"reason": "bad plates", "lifted": None},
        {"reason": "bad plates", "lifted": "plates were read anew"},
    ]
    assert all(item["at"] and item["by"] for item in [record, *record["earlier"]])


def test_a_blocked_version_can_be_found_though_not_used(registry: Registry) -> None:
    registry.quarantine("demo", 3, "bad plates")
    found = registry.find("demo@3")
    assert (found.version, found.quarantine) == (3, "bad plates")
    assert registry.find("demo").version == 2
    with pytest.raises(QuarantinedError, match=r"demo@3 is quarantined since .* by .*: bad plates"):
        registry.resolve("demo@3")
    with pytest.raises(NotFoundError, match="did you mean 'demo'"):
        registry.find("deno@3")


def test_only_a_blocked_version_is_lifted_and_with_a_reason(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="demo@1 is not quarantined"):
        registry.lift_quarantine("demo", 1, "fine")
    registry.quarantine("demo", 1, "bad")
    with pytest.raises(ConfigError, match="reason"):
        registry.lift_quarantine("demo", 1, " ")


def test_a_version_with_the_bytes_of_a_blocked_one_is_blocked_as_that_one(
    registry: Registry, contents: BundleContents
) -> None:
    registry.set_alias("demo", "champion", 1)
    twin = registry.add(of_seed(contents, 1))
    registry.set_alias("demo", "champion", 4)
    registry.quarantine("demo", 2, "bad plates")
    assert "as demo@2" in registry.find(twin.reference).quarantine
    with pytest.raises(QuarantinedError, match=r"demo@4 .* bad plates \(as demo@2"):
        registry.resolve(twin.reference)
    with pytest.raises(ConfigError, match=r"as demo@2"):
        registry.lift_quarantine("demo", 4, "fine")
    assert registry.rollback("demo").version == 1
    registry.lift_quarantine("demo", 2, "plates were read anew")
    assert registry.resolve(twin.reference).version == 4


def test_bytes_blocked_under_another_name_are_blocked(registry: Registry) -> None:
    shutil.copytree(registry.root / "demo" / "1", registry.root / "old" / "7")
    registry.quarantine("old", 7, "bad plates")
    with pytest.raises(QuarantinedError, match="holds the bytes of old@7"):
        registry.resolve("demo@1")
    assert registry.resolve("demo@2").version == 2


def test_each_number_has_one_winner(tmp_path: Path, contents: BundleContents) -> None:
    registry = Registry(tmp_path / "models")
    with ThreadPoolExecutor(8) as pool:
        entries = list(pool.map(lambda _: registry.add(contents), range(16)))
    assert sorted(entry.version for entry in entries) == list(range(1, 17))
    assert len(registry.list()) == 16
    leftovers = [f for f in (registry.root / "demo").iterdir() if f.name.startswith(".")]
    assert leftovers == []


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/b", "a\\b", ".hidden", "recipes", "a..b", "x" * 65, "a\nb", "é"]
)
def test_names_that_could_be_paths_are_refused(
    registry: Registry, contents: BundleContents, name: str
) -> None:
    config = contents.config.model_copy(update={"name": name})
    with pytest.raises(ConfigError, match="cannot name a model"):
        registry.add(dataclasses.replace(contents, config=config))
    with pytest.raises(ConfigError, match="cannot name a model"):
        registry.resolve(name)


def test_no_event_of_an_alias_is_lost_where_many_set_it(registry: Registry) -> None:
    def name(version: int) -> None:
        Registry(registry.root).set_alias("demo", "candidate", version)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(name, [1, 2, 3] * 4))
    book = registry.alias("demo", "candidate")
    assert sorted(book.history) == sorted([1, 2, 3] * 4)
    assert [entry["version"] for entry in book.log] == list(book.history)


def test_rollback_goes_back_one_step_at_a_time(registry: Registry) -> None:
    for version in (1, 2, 3):
        registry.set_alias("demo", "champion", version)
    assert registry.rollback("demo").version == 2
    assert registry.resolve("demo").version == 2
    assert registry.rollback("demo").version == 1
    with pytest.raises(NotFoundError, match="no earlier version"):
        registry.rollback("demo")
    assert registry.resolve("demo").version == 1
    events = [(item["event"], item["version"]) for item in registry.alias("demo").log]
    assert events == [
        ("named", 1),
        ("named", 2),
        ("named", 3),
        ("rolled back", 2),
        ("rolled back", 1),
    ]
    assert all(str(item["at"]).endswith("+00:00") for item in registry.alias("demo").log)


def test_rollback_passes_over_blocked_versions_and_refuses_damaged_ones(
    registry: Registry,
) -> None:
    for version in (1, 2, 3):
        registry.set_alias("demo", "champion", version)
    registry.quarantine("demo", 2, "wrong plates")
    registry.quarantine("demo", 3, "wrong plates")
    weights = registry.root / "demo" / "1" / "weights.safetensors"
    sound = weights.read_bytes()
    weights.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    with pytest.raises(ChecksumError, match=r"weights\.safetensors"):
        registry.rollback("demo")
    weights.write_bytes(sound)
    assert registry.rollback("demo").version == 1
    with pytest.raises(ConfigError, match="champoin"):
        registry.rollback("demo", "champoin")
