"""A flag wins over the command's file, and that over shared settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from hitsieve.cli.configs import configure, show_plan
from hitsieve.config import StrictConfig
from hitsieve.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


class Job(StrictConfig):
    name: str
    workers: int = 1
    models: str = "models"


def test_flag_over_file_over_shared_settings(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("name: file\nworkers: 2\n")
    found = configure(Job, path, {"name": "flag"}, {"workers": 3, "models": "shared"})
    assert found == Job(name="flag", workers=2, models="shared")


def test_without_a_file_flags_lie_over_shared_settings() -> None:
    found = configure(Job, None, {"name": "a", "workers": None}, {"workers": 3})
    assert found == Job(name="a", workers=3)


def test_what_was_not_given_is_required() -> None:
    with pytest.raises(ConfigError, match="flags: key 'name' is required") as told:
        configure(Job, None, {"name": None})
    assert told.value.cure.startswith("give what is missing as a flag, or by its key in the file")
    with pytest.raises(ConfigError, match="unknown") as told:
        configure(Job, None, {"name": None, "nmae": "a"})
    assert told.value.cure.startswith("correct the named keys")


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="absent"):
        configure(Job, tmp_path / "absent.yaml", {})
    path = tmp_path / "job.yaml"
    path.write_text("name: [")
    with pytest.raises(ConfigError, match="not readable YAML"):
        configure(Job, path, {})


def test_a_dry_run_prints_a_file_that_can_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = Job(name="a")
    show_plan(job, "would work")
    out, err = capsys.readouterr()
    path = tmp_path / "job.yaml"
    path.write_text(out)
    assert yaml.safe_load(out) == job.model_dump()
    assert configure(Job, path, {}) == job
    assert "would work" in err
