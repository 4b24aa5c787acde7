from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


def _config(folder: Path, oracle: dict[str, Any]) -> Path:
    for role, group in (("isocyanate", "N=C=O"), ("amine", "CN")):
        lines = [f"{'C' * n}{group} {role[0]}{n}\n" for n in range(1, 11)]
        (folder / f"{role}.smi").write_text("".join(lines))
    files = {role: [str(folder / f"{role}.smi")] for role in ("isocyanate", "amine")}
    job = {
        "campaign": {
            "folder": str(folder / "c"),
            "space": {"reactions": ["urea"], "reagents": {"urea": files}, "product": {}},
            "evaluations": 30,
            "warm_up": 1,
            "batch": 10,
        },
        "oracle": oracle,
    }
    path = folder / "space.yaml"
    path.write_text(yaml.safe_dump(job))
    return path


def test_a_laboratory_is_refused(hitsieve: Run, tmp_path: Path) -> None:
    lab = {"kind": "inbox", "folder": "x", "target": "t", "endpoint": "e", "unit": "1"}
    found = hitsieve("campaign", "reagents", _config(tmp_path, lab))
    assert found.exit_code == 2
    assert "laboratory" in found.stderr


def test_dry_run_counts_and_makes_nothing(hitsieve: Run, tmp_path: Path) -> None:
    reference = {"kind": "shape", "reference": "CCCCNC(=O)NCCCC"}
    found = hitsieve("campaign", "reagents", _config(tmp_path, reference), "--dry-run")
    assert found.exit_code == 0, found.stderr
    assert "30 of 100 products" in found.stderr
    assert not (tmp_path / "c").exists()


def test_a_program_measures_products(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "length.py").write_text(PROGRAM)
    oracle = {
        "kind": "command",
        "name": "length",
        "argv": [sys.executable, "-S", str(tmp_path / "length.py"), "{input}", "{output}"],
        "input": "smiles",
        "target": "length",
        "endpoint": "text_length",
        "unit": "1",
        "higher_is_better": True,
        "id_column": "id",
        "value_column": "value",
    }
    config = _config(tmp_path, oracle)
    found = hitsieve("campaign", "reagents", config, "--executor", "serial", "--json", "--top", "1")
    assert found.exit_code == 0, found.stderr
    told = json.loads(found.stdout)
    assert (told["products"], told["measured"]) == (100, 30)
    assert told["best"][0]["product"] == "urea:i10.a10"
