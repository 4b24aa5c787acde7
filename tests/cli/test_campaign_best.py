from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
import yaml

from hitsieve.campaign.job import load_job, run_job, start_job
from hitsieve.campaign.reagents.job import ReagentJob
from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.oracles import label_rows
from hitsieve.oracles.protocol import Measurement
from hitsieve.store.files import write_parquet_atomic
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign over a hundred ureas, of which the longest are best, to its end."""
    from hitsieve.campaign.config import BudgetConfig
    from hitsieve.campaign.reagents.space import SynthonSpace
    from hitsieve.library.enumerate import EnumerationConfig

    root = tmp_path_factory.mktemp("best")
    for role, group in (("isocyanate", "N=C=O"), ("amine", "CN")):
        lines = [f"{'C' * n}{group} {role[0]}{n}\n" for n in range(1, 11)]
        (root / f"{role}.smi").write_text("".join(lines))
    files = {role: [str(root / f"{role}.smi")] for role in ("isocyanate", "amine")}
    library = {"reactions": ["urea"], "reagents": {"urea": files}, "product": {}}
    space = SynthonSpace(EnumerationConfig.model_validate(library), BudgetConfig())
    made = [space.make((0, i, j)) for i in range(10) for j in range(10)]
    pairs = sorted({(one.compound_id, one.smiles) for one in made if one})
    labels = label_rows(FakeOracle(), pairs, [Measurement(float(len(s))) for _, s in pairs])
    write_parquet_atomic(root / "labels.parquet", labels)
    job = {
        "campaign": {
            "folder": str(root / "c"),
            "library": library,
            "warm_up": 1,
            "batch": 10,
            "budget": {"measurements": 30},
        },
        "oracle": {
            "kind": "lookup",
            "labels": str(root / "labels.parquet"),
            "target": "length",
            "higher_is_better": True,
        },
    }
    (root / "space.yaml").write_text(yaml.safe_dump(job))
    started = start_job(parse_config(ReagentJob, job))
    with SerialExecutor() as executor:
        run_job(load_job(started), executor)
    return started


def test_the_best_are_shown_with_what_makes_them(hitsieve: Run, folder: Path) -> None:
    found = hitsieve("campaign", "best", folder, "--top", "3", "--json")
    assert found.exit_code == 0, found.stderr
    rows = json.loads(found.stdout)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert rows[0]["sources"] == ["urea:i10.a10"]
    assert rows[0]["reagents"] == ["isocyanate=i10", "amine=a10"]
    assert rows[0]["reagent_smiles"] == ["CCCCCCCCCCN=C=O", "CCCCCCCCCCCN"]
    table = hitsieve("campaign", "best", folder, "--top", "2").stdout.splitlines()
    assert len(table) == 3
    assert "isocyanate=i10; amine=a10" in table[1]


@pytest.mark.parametrize("suffix", [".csv", ".sdf", ".parquet"])
def test_the_best_are_written(hitsieve: Run, folder: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"best{suffix}"
    found = hitsieve("campaign", "best", folder, "--top", "5", "--out", out)
    assert found.stdout.strip() == str(out)
    if suffix == ".sdf":
        text = out.read_text()
        assert text.count("$$$$") == 5
        assert ">  <reagents>" in text
        assert "isocyanate=i10; amine=a10" in text
    elif suffix == ".csv":
        with out.open(newline="") as stream:
            (first, *_) = list(csv.DictReader(stream))
        assert (first["reaction"], first["reagents"]) == ("urea", "isocyanate=i10; amine=a10")
    else:
        assert pq.read_table(out).num_rows == 5


def test_what_cannot_be_is_refused(hitsieve: Run, folder: Path, tmp_path: Path) -> None:
    wrong = hitsieve("campaign", "best", folder, "--out", tmp_path / "best.xls")
    assert wrong.exit_code == 2
    assert ".csv, .sdf, .parquet" in wrong.stderr
    both = hitsieve("campaign", "best", folder, "--json", "--out", tmp_path / "best.csv")
    assert both.exit_code == 2
    assert hitsieve("campaign", "best", tmp_path).exit_code == 3
