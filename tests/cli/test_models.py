"""``hitsieve models`` shows, promotes and blocks."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


# The test set's 13 compounds of the tiny model are too few to promote it by, unless one asks so.
FEW = ("--min-test", "10")


@pytest.fixture
def models(tiny: Any, tmp_path: Path) -> Path:
    shutil.copytree(tiny.models, tmp_path / "models")
    return tmp_path / "models"


def test_list_and_show(hitsieve: Run, models: Path) -> None:
    assert models.is_dir()
    assert hitsieve("models", "list").stdout.splitlines()[1].startswith("clogp\t1\t")
    shown = hitsieve("models", "show", "clogp")
    assert shown.stdout.startswith("# clogp")
    card = json.loads(hitsieve("models", "show", "clogp@1", "--json").stdout)
    assert card["card"]["name"] == "clogp"
    assert len(card["digest"]) == 64


def test_promotion_sets_the_alias(hitsieve: Run, models: Path) -> None:
    assert models.is_dir()
    assert hitsieve("models", "promote", "clogp@1", "--dry-run").exit_code == 0
    assert json.loads(hitsieve("models", "list", "--json").stdout)[0]["aliases"] == []
    assert hitsieve("models", "promote", "clogp@1", *FEW).exit_code == 0
    assert json.loads(hitsieve("models", "list", "--json").stdout)[0]["aliases"] == ["champion"]
    assert hitsieve("models", "show", "clogp@champion").exit_code == 0


def test_a_blocked_model_is_refused_with_6(hitsieve: Run, models: Path) -> None:
    assert models.is_dir()
    assert hitsieve("models", "quarantine", "clogp@1", "--reason", "bad plates").exit_code == 0
    assert "bad plates" in hitsieve("models", "list").stdout
    result = hitsieve("models", "promote", "clogp@1")
    assert result.exit_code == 6
    assert "bad plates" in result.stderr
    assert hitsieve("models", "lift", "clogp@1", "--reason", "read anew").exit_code == 0
    assert hitsieve("models", "promote", "clogp@1", *FEW).exit_code == 0


def test_the_card_of_a_blocked_model_is_shown_under_a_banner(hitsieve: Run, models: Path) -> None:
    assert models.is_dir()
    hitsieve("models", "quarantine", "clogp@1", "--reason", "bad plates")
    shown = hitsieve("models", "show", "clogp@1")
    assert shown.exit_code == 0
    first, _, rest = shown.stdout.partition("\n\n")
    assert first.startswith("> **clogp@1 is quarantined since 20")
    assert "bad plates" in first
    assert rest.startswith("# clogp")
    assert "bad plates" in shown.stderr
    told = json.loads(hitsieve("models", "show", "clogp@1", "--json").stdout)
    assert (told["quarantine"], told["card"]["name"]) == ("bad plates", "clogp")
    assert told["quarantined_at"] > "2020"
    assert told["quarantined_by"]
    listed = hitsieve("models", "list").stdout.splitlines()[1].split("\t")
    assert listed[3:] == ["bad plates", told["quarantined_at"], told["quarantined_by"]]
    (models / "clogp" / "1" / "card.md").write_text("fine")
    assert hitsieve("models", "show", "clogp@1").exit_code == 6


def test_too_few_test_compounds_are_refused_with_a_cure(hitsieve: Run, models: Path) -> None:
    result = hitsieve("models", "promote", "clogp@1")
    assert result.exit_code == 6
    assert "logP: 13 measured test compounds, at least 30 are needed" in result.stderr
    assert "--min-test" in result.stderr.partition("cure")[2]
    (models.parent / "less.yaml").write_text("min_test: 10\n")
    assert hitsieve("models", "promote", "clogp@1", "--config", "less.yaml").exit_code == 0


def test_a_lost_frozen_set_is_told_and_written_anew(hitsieve: Run, models: Path) -> None:
    assert hitsieve("models", "promote", "clogp@1", *FEW).exit_code == 0
    frozen = models / "clogp" / "frozen.parquet"
    whole = frozen.read_bytes()
    frozen.unlink()
    result = hitsieve("models", "promote", "clogp@1", *FEW)
    assert result.exit_code == 6
    assert "is missing" in result.stderr
    assert "hitsieve models refreeze clogp" in result.stderr
    assert hitsieve("models", "refreeze", "clogp").exit_code == 0
    assert frozen.read_bytes() == whole
    assert hitsieve("models", "promote", "clogp@1", *FEW).exit_code == 0
    assert hitsieve("models", "refreeze", "other").exit_code == 3


def test_a_changed_byte_is_refused_with_6(hitsieve: Run, models: Path) -> None:
    path = models / "clogp" / "1" / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    result = hitsieve("models", "show", "clogp")
    assert result.exit_code == 6
    assert "weights.safetensors was changed" in result.stderr


@pytest.mark.parametrize(
    ("reference", "code"), [("clogp", 2), ("clogp@champion", 2), ("clogp@9", 3), ("other@1", 3)]
)
def test_promotion_needs_a_version_that_is_there(
    hitsieve: Run, models: Path, reference: str, code: int
) -> None:
    assert models.is_dir()
    assert hitsieve("models", "promote", reference).exit_code == code


def test_an_empty_registry_is_an_empty_list(hitsieve: Run) -> None:
    result = hitsieve("models", "list", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == []
