"""``hitsieve pretrain``: flags are told before any work, a library becomes an encoder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


def test_a_dry_run_prints_the_effective_config(hitsieve: Run) -> None:
    result = hitsieve(
        "pretrain", "somewhere", "--out", "mine", "--license", "CC0",
        "--set", "pretraining.epochs=3", "--dry-run",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    config = yaml.safe_load(result.stdout)
    assert config["out"] == "mine"
    assert config["overrides"] == {"pretraining": {"epochs": 3}}


def test_terms_must_be_told(hitsieve: Run) -> None:
    result = hitsieve("pretrain", "somewhere", "--out", "mine", "--dry-run")
    assert result.exit_code == 2
    assert "license" in result.stderr


def test_a_library_becomes_an_encoder(hitsieve: Run, tmp_path: Path) -> None:
    lines = [f"{'C' * n}{end} {n}{end}" for n in range(2, 32) for end in ("O", "N", "Cl")]
    (tmp_path / "in.smi").write_text("\n".join(lines) + "\n")
    built = hitsieve("library", "build", "in.smi", "--out", "library", "--executor", "serial")
    assert built.exit_code == 0, built.stderr
    result = hitsieve(
        "pretrain", "library", "--out", "mine", "--license", "CC0", "--executor", "serial",
        "--set", "pretraining.epochs=1", "--set", "pretraining.holdout=16",
        "--set", "network.hidden=16", "--set", "network.head_hidden=16", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["compounds"] == 90
    assert (tmp_path / "mine" / "SHA256SUMS").is_file()
