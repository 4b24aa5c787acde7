from __future__ import annotations

import csv
import io
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.registry.registry import Registry
from hitsieve.report.analyze import AnalysisConfig, analyze

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tiny: Any, tmp_path: Path) -> AnalysisConfig:
    """Three hits of the tiny screen, with a registry of its own."""
    shutil.copytree(tiny.models, tmp_path / "models")
    return AnalysisConfig(
        screen=tiny.screen, output=tmp_path / "out", top=3, registry=tmp_path / "models"
    )


def test_every_format_is_written_once(config: AnalysisConfig, tmp_path: Path) -> None:
    done = analyze(config)
    names = ["hits.csv", "hits.sdf", "hits.parquet", "report.html"]
    assert [path.name for path in done.files] == names
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert (done.hits, done.targets, done.blocked) == (3, 1, "")


def test_a_quarantine_is_told_in_every_file_and_beside_them(
    config: AnalysisConfig, tmp_path: Path
) -> None:
    Registry(tmp_path / "models").quarantine("clogp", 1, "wrong plates")
    done = analyze(config)
    assert done.blocked.startswith("clogp@1 is quarantined since 20")
    assert done.blocked.endswith("wrong plates")
    out = tmp_path / "out"
    rows = csv.DictReader(io.StringIO((out / "hits.csv").read_text()))
    assert [row["quarantined"] for row in rows] == [done.blocked] * 3
    assert (out / "hits.sdf").read_text().count(done.blocked) == 3
    assert "A model of this screen is quarantined" in (out / "report.html").read_text()


def test_a_list_can_keep_to_the_domain(config: AnalysisConfig, tmp_path: Path) -> None:
    analyze(config.model_copy(update={"in_domain": True, "top": 200}))
    rows = csv.DictReader(io.StringIO((tmp_path / "out" / "hits.csv").read_text()))
    assert {row["in_domain"] for row in rows} == {"true"}
