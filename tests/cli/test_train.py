"""``hitsieve train`` reads flags and files, and tells a wrong one before any work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hitsieve.cli.train import parse_settings
from hitsieve.errors import UsageError
from hitsieve.testing.cards import write_card

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

CARD = Path(__file__).resolve().parents[1] / "data" / "drugs.yaml"


def test_settings_become_a_nested_mapping() -> None:
    found = parse_settings(["a.b=1", "a.c=true", "d=[1, 2]", "e=text", "f="])
    assert found == {"a": {"b": 1, "c": True}, "d": [1, 2], "e": "text", "f": None}


@pytest.mark.parametrize("pair", ["a", "=1", "a..b=1", "a=[", ".a=1"])
def test_a_pair_that_is_none_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        parse_settings([pair])


def test_a_value_is_no_mapping() -> None:
    with pytest.raises(UsageError, match="was given a value before"):
        parse_settings(["a=1", "a.b=2"])


def test_a_dry_run_prints_the_effective_config(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text(f"name: file\nseed: 5\ndata: [{{card: {CARD}}}]\n")
    result = hitsieve(
        "train", "--config", "train.yaml", "--name", "flag", "--set", "training.epochs=9",
        "--dry-run",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    config = yaml.safe_load(result.stdout)
    assert (config["name"], config["seed"]) == ("flag", 5)
    assert config["overrides"] == {"training": {"epochs": 9}}
    assert not (tmp_path / "models").exists()


def test_the_rule_for_replicates_is_a_flag(hitsieve: Run) -> None:
    asked = ("train", "esol", "--name", "m", "--dry-run", "--replicates")
    shown = yaml.safe_load(hitsieve(*asked, "mean").stdout)
    assert shown["curation"] == {"replicates": "mean", "lone_variance": 0.5}
    wrong = hitsieve(*asked, "mode")
    assert wrong.exit_code == 2
    assert "curation.replicates = 'mode'" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "'name' is required"),
        ([CARD, "--name", "recipes"], "cannot name a model"),
        ([CARD, "--name", "a", "--set", "training.epoch=2"], "did you mean 'epochs'"),
        ([CARD, "--name", "a", "--recipe", "fats"], "did you mean 'fast'"),
        ([CARD, "--name", "a", "--split", "scafold"], "scaffold"),
        ([CARD, "--name", "a", "--twins", "apartt"], "twins = 'apartt'"),
        ([CARD, "--name", "a", "--leaks", "refse"], "flags: leaks = 'refse'"),
        ([CARD, "--name", "a", "--set", "leaks=refuse"], "'leaks' is no setting of a recipe"),
    ],
)
def test_a_wrong_request_is_told_before_any_work(
    hitsieve: Run, arguments: list[Any], message: str
) -> None:
    result = hitsieve("train", *arguments, "--dry-run")
    assert result.exit_code in {2, 3}
    assert message in result.stderr
    assert result.stdout == ""


def test_a_wrong_setting_is_blamed_on_the_flag_and_not_on_the_recipe(hitsieve: Run) -> None:
    asked = ("train", CARD, "--name", "a", "--recipe", "fast", "--dry-run", "--set")
    for setting in ("training.epoch=2", "training.epochs=none", "trainin=1"):
        told = hitsieve(*asked, setting).stderr
        assert "settings laid over the recipe (--set" in told, setting
        assert "fast.yaml" not in told
    cure = hitsieve(*asked, "leaks=refuse").stderr.partition("cure")[2]
    assert "use its flag" in cure


def test_twins_and_leaks_have_words_of_their_own(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text("split: {fractions: [0.6, 0.2, 0.2]}\nleaks: report\n")
    result = hitsieve(
        "train", CARD, "--name", "a", "--split", "time", "--twins", "drop", "--leaks", "refuse",
        "--config", "train.yaml", "--dry-run",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    config = yaml.safe_load(result.stdout)
    assert config["leaks"] == "refuse"
    assert config["split"]["kind"] == "time"
    assert config["split"]["twins"] == "drop"
    assert config["split"]["fractions"] == [0.6, 0.2, 0.2]


def test_leaks_are_refused_by_the_flag(hitsieve: Run, tmp_path: Path) -> None:
    rows = [
        f"{tail}{link}{form},{len(tail + link):.1f}"
        for tail in ("F", "Cl", "Br", "N#C", "CC", "CCC", "CO", "C1CC1")
        for link in ("C", "CC", "CCC", "CCO", "CCCO", "CCCC")
        for form in ("[C@H](C)O", "[C@@H](C)O")
    ]
    meaning = {"endpoint": "pIC50", "unit": "pX", "direction": "higher", "task": "regression",
               "target": "potency"}  # fmt: skip
    write_card(tmp_path, "set", ["smiles,y", *rows], {"y": meaning})
    asked = (
        "train", "set.yaml", "--name", "a", "--recipe", "fast", "--split", "random", "--executor",
        "serial", "--set", "training.members=1", "--set", "training.epochs=2", "--leaks", "refuse",
    )  # fmt: skip
    result = hitsieve(*asked, "--twins", "apart")
    assert result.exit_code == 3, result.stderr
    assert "stereoisomer" in result.stderr
    assert "--twins together" in result.stderr
    assert not (tmp_path / "models").exists()
    assert hitsieve(*asked, "--twins", "together").exit_code == 0


def test_a_model_is_trained_and_registered(hitsieve: Run, tmp_path: Path) -> None:
    result = hitsieve(
        "train", CARD, "--name", "tiny", "--recipe", "fast", "--split", "random",
        "--set", "training.members=2", "--set", "training.epochs=2",
        "--executor", "serial", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["model"] == "tiny@1"
    assert (tmp_path / "models" / "tiny" / "1" / "SHA256SUMS").is_file()
    assert {metric["target"] for metric in told["metrics"]} == {"logP"}


def test_a_search_without_ray_is_refused_before_any_work(hitsieve: Run, tmp_path: Path) -> None:
    result = hitsieve("train", CARD, "--name", "a", "--tune", "1", "--executor", "serial")
    assert result.exit_code == 2
    assert "searched on Ray" in result.stderr
    assert not (tmp_path / "runs").exists()
