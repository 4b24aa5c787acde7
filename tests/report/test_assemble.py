"""A screen's report counts what the screen holds."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.hits import collect_all
from hitsieve.registry.quarantine import Block
from hitsieve.report import Check, render, screen_report
from hitsieve.report.assemble import score_distribution
from hitsieve.screen import load_plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def scores(tiny: Any) -> np.ndarray:
    files = sorted((tiny.screen / "scores").rglob("*.parquet"))
    assert len(files) > 1
    return np.concatenate([pq.read_table(path).column("score").to_numpy() for path in files])


def test_the_distribution_is_that_of_all_scores(tiny: Any, scores: np.ndarray) -> None:
    found = score_distribution(tiny.screen, load_plan(tiny.screen), "logP", "clogp@1", bins=20)
    counts, edges = np.histogram(scores, bins=20)
    assert found.edges == pytest.approx(edges, rel=1e-6)
    assert found.counts.tolist() == counts.tolist()
    assert found.scored == len(scores) == 127
    assert found.failed == 0


def test_the_report_has_a_section_a_target_and_says_where_from(tiny: Any) -> None:
    lists = collect_all(tiny.screen, k=3)
    report = screen_report(tiny.screen, lists, title="My screen", checks=[Check("a", "b")])
    assert [s.target for s in report.sections] == ["logP"]
    assert report.sections[0].hits.num_rows == 3
    assert [c.title for c in report.checks] == ["a"]
    assert report.provenance["screen"] == load_plan(tiny.screen).fingerprint
    assert "My screen" in render(report)


def test_a_quarantined_model_is_told_before_anything_else(tiny: Any) -> None:
    found = collect_all(tiny.screen, k=3)[0]
    block = Block("wrong plates", "2026-03-04T05:06:07+00:00", "ann")
    blocked = dataclasses.replace(found, blocked={"clogp@1": block})
    report = screen_report(tiny.screen, [blocked, blocked], checks=[Check("a", "b")])
    assert [(c.finding, c.warning) for c in report.checks] == [
        ("clogp@1: wrong plates", True),
        ("b", False),
    ]
    assert "2026-03-04T05:06:07" in report.checks[0].detail
    assert "ann" in report.checks[0].detail
    assert 'class="card finding warning"' in render(report)
    old = dataclasses.replace(found, blocked={"clogp@1": Block("wrong plates")})
    assert "Since" not in screen_report(tiny.screen, [old]).checks[0].detail


def test_an_unfinished_screen_says_so_first(tiny: Any, tmp_path: Path) -> None:
    folder = tmp_path / "half"
    shutil.copytree(tiny.screen, folder)
    commits = sorted(p for p in (folder / "_commits").rglob("*") if p.is_file())
    commits[0].unlink()
    report = screen_report(folder, collect_all(folder, k=3))
    assert report.checks[0].title == "This screen is not finished"
    assert report.sections[0].distribution.scored < 127


def test_without_any_score_there_is_still_a_report(tiny: Any, tmp_path: Path) -> None:
    folder = tmp_path / "none"
    shutil.copytree(tiny.screen, folder)
    shutil.rmtree(folder / "_commits")
    report = screen_report(folder, collect_all(folder, k=3))
    assert report.sections[0].distribution.scored == 0
    assert "No compound has a score." in render(report)


def test_a_list_mostly_outside_the_domain_says_so(tiny: Any) -> None:
    found = collect_all(tiny.screen, k=4)[0]
    place = found.hits.schema.get_field_index("in_domain")
    for inside, warned in ((1, True), (2, False)):
        flags = pa.array([True] * inside + [False] * (4 - inside))
        hits = found.hits.set_column(place, "in_domain", flags)
        report = screen_report(tiny.screen, [dataclasses.replace(found, hits=hits)])
        assert [c.finding for c in report.checks if c.warning] == ["3 of 4"] * warned


def test_a_list_of_the_domain_says_what_it_leaves_out(tiny: Any) -> None:
    report = screen_report(tiny.screen, collect_all(tiny.screen, k=3, in_domain=True))
    assert [c.title for c in report.checks] == ["Only compounds in the domain are listed"]
