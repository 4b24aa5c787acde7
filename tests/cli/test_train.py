"""``hitsieve train`` reads flags and files, and tells a wrong one before any work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hitsieve.cli.train import parse_settings
from hitsieve.errors import UsageError

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
    ],
)
def test_a_wrong_request_is_told_before_any_work(
    hitsieve: Run, arguments: list[Any], message: str
) -> None:
    result = hitsieve("train", *arguments, "--dry-run")
    assert result.exit_code in {2, 3}
    assert message in result.stderr
    assert result.stdout == ""


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
