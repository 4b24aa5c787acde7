"""All words of a campaign over reagents, as over a library."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

# compounds come as "SMILES id" lines, several or one
PROGRAM = """\
import csv, sys
rows = [line.split() for line in open(sys.argv[1])]
with open(sys.argv[2], "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["id", "value"])
    writer.writerows([name, len(smiles)] for smiles, name in rows)
"""
LAB = {"kind": "inbox", "target": "t", "endpoint": "e", "unit": "1", "controls": []}


def _program(folder: Path) -> dict[str, Any]:
    (folder / "length.py").write_text(PROGRAM)
    return {
        "kind": "command",
        "name": "length",
        "argv": [sys.executable, "-S", str(folder / "length.py"), "{input}", "{output}"],
        "input": "smiles",
        "target": "length",
        "endpoint": "text_length",
        "unit": "1",
        "higher_is_better": True,
        "id_column": "id",
        "value_column": "value",
    }


def _written(folder: Path, oracle: dict[str, Any], **changes: Any) -> Path:
    for role, group in (("isocyanate", "N=C=O"), ("amine", "CN")):
        lines = [f"{'C' * n}{group} {role[0]}{n}\n" for n in range(1, 11)]
        (folder / f"{role}.smi").write_text("".join(lines))
    files = {role: [str(folder / f"{role}.smi")] for role in ("isocyanate", "amine")}
    job = {
        "campaign": {
            "folder": str(folder / "c"),
            "library": {"reactions": ["urea"], "reagents": {"urea": files}, "product": {}},
            "warm_up": 1,
            "batch": 10,
            "controls": 0.2,
            "budget": {"measurements": 30},
            **changes,
        },
        "oracle": oracle,
    }
    path = folder / "space.yaml"
    path.write_text(yaml.safe_dump(job))
    return path


def test_a_campaign_from_start_to_export(hitsieve: Run, tmp_path: Path) -> None:
    config = _written(tmp_path, _program(tmp_path))
    shown = hitsieve("campaign", "start", config, "--dry-run")
    assert shown.exit_code == 0, shown.stderr
    assert "100 products of 1 reactions" in shown.stderr
    assert not (tmp_path / "c").exists()
    begun = hitsieve("campaign", "start", config)
    assert begun.exit_code == 0, begun.stderr
    assert (tmp_path / "c" / "campaign.yaml").is_file()
    (tmp_path / "space.yaml").unlink()  # the folder is all one needs
    done = hitsieve("campaign", "run", tmp_path / "c", "--executor", "serial", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["pool"], told["measured"], told["ending"]["why"]) == (100, 30, "budget")
    assert [one["model"] for one in told["rounds"]] == ["", "reagent-effects", "reagent-effects"]
    assert told["rounds"][-1]["spearman"] > 0.3
    assert "of the true top 100" in told["rounds"][-1]["found"]
    assert json.loads(hitsieve("campaign", "status", tmp_path / "c", "--json").stdout) == told
    page = hitsieve("campaign", "report", tmp_path / "c")
    assert page.exit_code == 0, page.stderr
    text = (tmp_path / "c" / "report.html").read_text()
    for words in ("urea: isocyanate", "never enumerated", "Foretold and measured", "urea:i10.a10"):
        assert words in text, words
    board = json.loads((tmp_path / "c" / "scoreboard.json").read_text())
    assert [one["round"] for one in board] == [1, 2]
    assert board[0]["compared"] > 5


def test_it_is_stopped_by_hand_and_goes_on(hitsieve: Run, tmp_path: Path) -> None:
    hitsieve("campaign", "start", _written(tmp_path, _program(tmp_path), rounds=0))
    assert "enough" in hitsieve("campaign", "stop", tmp_path / "c", "--reason", "enough").stderr
    told = hitsieve("campaign", "run", tmp_path / "c", "--executor", "serial", "--json")
    assert json.loads(told.stdout)["ending"]["why"] == "by_hand"
    hitsieve("campaign", "stop", tmp_path / "c", "--undo")
    told = hitsieve("campaign", "run", tmp_path / "c", "--executor", "serial", "--json")
    assert json.loads(told.stdout)["measured"] == 12, "ten tries, and controls"


def test_a_laboratory_is_asked_and_told(hitsieve: Run, tmp_path: Path) -> None:
    begun = hitsieve("campaign", "start", _written(tmp_path, LAB))
    assert begun.exit_code == 0, begun.stderr
    assert "campaign ask" in begun.stderr
    asked = hitsieve("campaign", "ask", tmp_path / "c", "--executor", "serial", "--json")
    assert asked.exit_code == 0, asked.stderr
    told = json.loads(asked.stdout)
    assert (told["round"], told["compounds"]) == (0, 12)
    (form,) = [path for path in told["files"] if path.endswith(".csv")]
    with Path(form).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    ids = {row["source_ids"] for row in rows}
    assert all(name.startswith("urea:i") for name in ids), "reagents are named on the form"
    with (tmp_path / "results.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "value": str(len(row["smiles"])), "unit": "1"} for row in rows)
    answer = hitsieve("campaign", "tell", tmp_path / "c", tmp_path / "results.csv", "--json")
    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout)["waiting"] == 0
    again = hitsieve("campaign", "ask", tmp_path / "c", "--executor", "serial", "--json")
    assert json.loads(again.stdout)["round"] == 1


def test_what_reagents_cannot_have_is_refused(hitsieve: Run, tmp_path: Path) -> None:
    config = _written(tmp_path, _program(tmp_path), initial=5)
    refused = hitsieve("campaign", "start", config)
    assert refused.exit_code == 2
    assert "campaign.initial" in refused.stderr
    absent = _written(tmp_path, _program(tmp_path), library={"reactions": ["urae"]})
    refused = hitsieve("campaign", "start", absent)
    assert refused.exit_code == 3
    assert "did you mean 'urea'" in refused.stderr
