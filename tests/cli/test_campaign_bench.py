"""A laboratory that measures two targets of the same wells, from start to report."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hitsieve.engine import SerialExecutor
from hitsieve.library import LibraryConfig, build_library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]

DMSO = {"name": "DMSO", "role": "negative", "wells": 2}
INITIAL = 14


@pytest.fixture
def config(tmp_path: Path) -> Path:
    lines = [f"{'C' * n}{end} {n}{end}" for n in range(2, 22) for end in ("O", "N")]
    (tmp_path / "in.smi").write_text("\n".join(lines) + "\n")
    made = LibraryConfig(inputs=[str(tmp_path / "in.smi")], output=tmp_path / "library")
    with SerialExecutor() as executor:
        build_library(made, executor)
    positive = {"name": "dofetilide", "role": "positive", "wells": 2}
    job = {
        "campaign": {"library": str(made.output), "folder": str(tmp_path / "c"), "name": "two",
                     "initial": INITIAL, "batch": 4, "rounds": 1},
        "panel": [
            {"kind": "inbox", "target": "CDK2", "endpoint": "pIC50", "unit": "pX",
             "controls": [DMSO]},
            {"kind": "inbox", "target": "hERG", "endpoint": "inhibition", "unit": "%",
             "higher_is_better": False, "controls": [DMSO, positive]},
        ],
        "objective": {"components": [
            {"target": "CDK2", "transform": {"low": 5, "high": 8}},
            {"target": "hERG", "transform": {"kind": "falling", "low": 10, "high": 50}},
        ]},
        "surrogate": {"kind": "quick", "kinds": ["forest"], "folds": 3, "forest": {"trees": 6}},
    }  # fmt: skip
    path = tmp_path / "campaign.yaml"
    path.write_text(yaml.safe_dump(job))
    return path


def filled(folder: Path, number: int) -> list[dict[str, str]]:
    """The form of a round, as a bench fills it in: nanomolar, percent, and raw signals."""
    with (folder / "inbox/batches" / f"two-r{number}" / "batch.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for place, row in enumerate(rows):
        if row["control"]:
            row["hERG: value"] = str(place % 4 + 80 * row["control"].startswith("dof"))
        else:
            length = len(row["smiles"])
            row |= {"CDK2: value": str(10_000 / length**2), "CDK2: unit": "nM"}
            row["hERG: value"] = str(3 * length)
    return rows


def written(path: Path, rows: list[dict[str, str]], without: str = "nothing") -> str:
    """Write results, without the columns of a target."""
    names = [name for name in rows[0] if not name.startswith(without)]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_two_targets_are_asked_told_in_parts_and_reported(
    hitsieve: Run, config: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "c"
    dry = hitsieve("campaign", "start", config, "--dry-run")
    assert dry.exit_code == 0, dry.stderr
    assert not folder.exists()
    begun = hitsieve("campaign", "start", config)
    assert f"hitsieve campaign ask {folder}" in " ".join(begun.stderr.split())
    asked = hitsieve("campaign", "ask", folder, "--executor", "serial", "--json")
    assert asked.exit_code == 0, asked.stderr
    assert json.loads(asked.stdout)["waiting"] == INITIAL

    rows = filled(folder, 0)
    partly = hitsieve(
        "campaign", "tell", folder, written(tmp_path / "a.csv", rows, "hERG"), "--json"
    )
    assert partly.exit_code == 0, partly.stderr
    answer = json.loads(partly.stdout)
    assert (answer["taken"], answer["waiting"], answer["plates"]) == (INITIAL, INITIAL, [])
    waiting = hitsieve("campaign", "status", folder)
    assert f"round 0 waits: {INITIAL} of {INITIAL} compounds miss results" in waiting.stderr
    run = hitsieve("campaign", "run", folder, "--executor", "serial")
    assert run.exit_code == 5

    rest = hitsieve("campaign", "tell", folder, written(tmp_path / "b.csv", rows), "--json")
    assert rest.exit_code == 0, rest.stderr
    answer = json.loads(rest.stdout)
    assert (answer["taken"], answer["known"], answer["waiting"]) == (INITIAL, INITIAL, 0)
    (plate,) = answer["plates"]
    assert (plate["target"], plate["plate"]) == ("hERG", "two-r0-P1")
    status = json.loads(hitsieve("campaign", "status", folder, "--json").stdout)
    assert (status["measured"], status["rounds"][0]["state"]) == (INITIAL, "done")
    assert status["front"] >= 1

    asked = hitsieve("campaign", "ask", folder, "--executor", "serial", "--json")
    assert json.loads(asked.stdout)["round"] == 1
    hitsieve("campaign", "tell", folder, written(tmp_path / "c.csv", filled(folder, 1)))
    page = hitsieve("campaign", "report", folder)
    assert page.exit_code == 0, page.stderr
    text = (folder / "report.html").read_text()
    for words in ("The Pareto front", "<h2>Plates</h2>", "two-r1-P1", "dofetilide (2)", "hERG: "):
        assert words in text, words
    assert "controls were not told" not in text  # CDK2 has no positive control to wait for
    board = json.loads((folder / "scoreboard.json").read_text())
    assert {(one["round"], one["target"]) for one in board} == {(1, "CDK2"), (1, "hERG")}


def test_a_laboratory_shares_a_panel_with_its_likes_alone(
    hitsieve: Run, config: Path, tmp_path: Path
) -> None:
    job = yaml.safe_load(config.read_text())
    program = {"kind": "command", "target": "hERG", "argv": ["true", "{input}"], "endpoint": "e",
               "unit": "1", "higher_is_better": False}  # fmt: skip
    config.write_text(yaml.safe_dump({**job, "panel": [job["panel"][0], program]}))
    mixed = hitsieve("campaign", "start", config)
    assert mixed.exit_code == 2
    assert "not by both" in " ".join(mixed.stderr.split())
    job["panel"][1]["replicates"] = 3
    config.write_text(yaml.safe_dump(job))
    torn = hitsieve("campaign", "start", config)
    assert torn.exit_code == 2
    assert "`replicates` is 1 for 'CDK2'" in " ".join(torn.stderr.split())
    assert not (tmp_path / "c").exists()
