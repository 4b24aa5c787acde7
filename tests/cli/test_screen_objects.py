"""Screens are listed, shown, compared, verified, exported, archived and deleted."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


@pytest.fixture
def copy(tiny: Any, tmp_path: Path) -> Path:
    return shutil.copytree(tiny.screen, tmp_path / "screens" / "mine")


@pytest.mark.usefixtures("copy")
def test_screens_are_listed(hitsieve: Run) -> None:
    (found,) = json.loads(hitsieve("screen", "list", "--json").stdout)
    assert (found["name"], found["state"], found["compounds_done"]) == ("mine", "complete", 127)
    assert hitsieve("screen", "list").stdout.splitlines()[1].startswith("mine\tcomplete\tlogP")
    assert hitsieve("screen", "list", "absent").exit_code == 3


def test_a_screen_is_shown(hitsieve: Run, tiny: Any) -> None:
    found = json.loads(hitsieve("screen", "show", tiny.screen, "--json").stdout)
    assert (found["state"], found["compounds"]) == ("complete", 127)
    assert [t["model"] for t in found["targets"]] == ["clogp@1"]
    assert found["runs"][0]["state"] == "complete"
    assert "clogp@1" in hitsieve("screen", "show", tiny.screen).stdout


def test_a_sound_screen_is_verified_and_a_damaged_one_ends_with_6(
    hitsieve: Run, copy: Path
) -> None:
    found = json.loads(hitsieve("screen", "verify", copy, "--json").stdout)
    assert (found["complete"], found["problems"], found["rows"]) == (True, [], 127)
    next((copy / "scores").rglob("*.parquet")).write_bytes(b"x")
    result = hitsieve("screen", "verify", copy)
    assert result.exit_code == 6
    assert "is not the recorded" in result.stderr
    assert "problems\t1" in result.stdout


def test_a_screen_does_not_differ_from_its_copy(hitsieve: Run, tiny: Any, copy: Path) -> None:
    found = json.loads(hitsieve("screen", "diff", tiny.screen, copy, "--json").stdout)
    assert found["causes"] == []
    assert [t["identical"] for t in found["targets"]] == [127]
    result = hitsieve("screen", "diff", tiny.screen, copy)
    assert "same library, models and targets" in result.stderr


def test_scores_are_exported(hitsieve: Run, tiny: Any, tmp_path: Path) -> None:
    assert hitsieve("screen", "export", tiny.screen, "--out", "all.parquet").exit_code == 0
    table = pq.read_table(tmp_path / "all.parquet")
    assert table.num_rows == 127
    assert table.column_names[:4] == ["target", "model", "compound_id", "score"]
    hitsieve("screen", "export", tiny.screen, "--target", "logP", "--top", "4", "--out", "b.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "b.csv").read_text())))
    best = sorted(table.column("score").to_pylist(), reverse=True)[:4]
    assert [float(row["score"]) for row in rows] == pytest.approx(best)
    assert hitsieve("screen", "export", tiny.screen, "--out", "x.xlsx").exit_code == 2
    refused = hitsieve("screen", "export", tiny.screen, "--target", "logp", "--out", "x.csv")
    assert refused.exit_code == 3
    assert "did you mean 'logP'" in refused.stderr


def test_whatever_shows_scores_of_a_quarantined_model_says_so(
    hitsieve: Run, tiny: Any, copy: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny.models, tmp_path / "models")
    shown = {
        "list": ("list",),
        "show": ("show", copy),
        "status": ("status", copy, "--top", "2"),
        "diff": ("diff", tiny.screen, copy),
    }
    export = ("screen", "export", copy, "--top", "3", "--out")

    def told() -> dict[str, Any]:
        found = {k: json.loads(hitsieve("screen", *v, "--json").stdout) for k, v in shown.items()}
        return {**found, "list": found["list"][0]}

    assert {name: found["quarantined"] for name, found in told().items()} == {
        "list": "", "show": [], "status": [], "diff": [],
    }  # fmt: skip
    hitsieve("models", "quarantine", "clogp@1", "--reason", "wrong plates")
    block = json.loads(hitsieve("models", "list", "--json").stdout)[0]
    words = f"clogp@1 is quarantined since {block['quarantined_at']} by {block['quarantined_by']}"
    found = told()
    assert found.pop("list")["quarantined"] == f"{words}: wrong plates"
    for name, each in found.items():
        assert [b["reason"] for b in each["quarantined"]] == ["wrong plates"], name
        stderr = " ".join(hitsieve("screen", *shown[name]).stderr.split())
        assert f"warning: {words}: wrong plates; choose no compound by its scores" in stderr
    for name in ("bad.csv", "bad.parquet"):
        assert words in " ".join(hitsieve(*export, name).stderr.split())
    assert "quarantined" not in hitsieve(*export, "free.csv", "--models", tiny.models).stderr
    rows = {
        name: [
            row["quarantined"] for row in csv.DictReader(io.StringIO((tmp_path / name).read_text()))
        ]
        for name in ("bad.csv", "free.csv")
    }
    assert rows == {"bad.csv": [f"{words}: wrong plates"] * 3, "free.csv": [""] * 3}
    column = pq.read_table(tmp_path / "bad.parquet").column("quarantined").to_pylist()
    assert column == rows["bad.csv"]


def test_a_screen_is_archived_and_then_deleted(hitsieve: Run, copy: Path, tmp_path: Path) -> None:
    assert hitsieve("screen", "archive", copy, "--out", "mine.tar").exit_code == 0
    refused = hitsieve("screen", "delete", copy)
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    assert copy.is_dir()
    assert hitsieve("screen", "delete", copy, "--yes").exit_code == 0
    assert not copy.exists()
    shutil.unpack_archive(tmp_path / "mine.tar", tmp_path / "back", filter="data")
    assert hitsieve("screen", "verify", tmp_path / "back" / "mine").exit_code == 0


def test_watching_a_finished_screen_returns_at_once(hitsieve: Run, tiny: Any) -> None:
    found = json.loads(hitsieve("screen", "status", tiny.screen, "--watch", "--json").stdout)
    assert found["state"] == "complete"
    assert found["live"]["compounds"] == {"total": 127, "done": 127, "left": 0}
    assert found["compounds_per_second"] > 0


def test_a_second_screen_takes_the_answers_of_the_first(
    hitsieve: Run, tiny: Any, copy: Path
) -> None:
    command = ("screen", "run", tiny.library, "--model", "clogp", "--models", tiny.models,
               "--executor", "serial", "--json", "--out")  # fmt: skip
    second = json.loads(hitsieve(*command, copy.parent / "second").stdout)
    assert (second["scored"], second["reused"]) == (0, second["shards"])
    third = json.loads(hitsieve(*command, copy.parent / "third", "--no-reuse").stdout)
    assert (third["scored"], third["reused"]) == (third["shards"], 0)
    pairs = [copy.parent / name / "manifest.json" for name in ("mine", "second", "third")]
    assert len({path.read_bytes() for path in pairs}) == 1
