"""``hitsieve data check`` shows a curation that adds up, without a training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hitsieve.testing.cards import write_card

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

DRUGS = Path(__file__).resolve().parents[1] / "data" / "drugs.yaml"
ROWS = [
    *(f"{'C' * (n + 3)}O,{n / 10:.1f},train" for n in range(24)),
    "OCCC,0.4,test",  # the first compound again, in another part
    "OCCC,9.9,train",
    "CCCCCO,<0.1,train",
    "c1ccccc1,<3,train",
    "c1ccncc1,>2,test",
    "C1CCCCC1,strong,test",
    '"C1CCCCC1O","1,5",test',
    "c1ccsc1,8,train",
    "[Na+].[Cl-],1,train",
    "CCN",
]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    column = {"endpoint": "y", "unit": "units", "direction": "higher", "task": "regression"}
    lines = ["smiles,y,set", *ROWS]
    return write_card(tmp_path, "mine", lines, {"y": column}, split_column="set")


def test_counts_add_up_and_lists_are_whole(hitsieve: Run, card: Path) -> None:
    result = hitsieve("data", "check", card, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["records"] == sum(told["structures"].values()) == len(ROWS)
    (target,) = told["targets"]
    made = [target[key] for key in ("lost_with_structure", "dropped", "merged", "labels")]
    assert made == [1, 0, 3, 27]
    assert sum(made) + sum(target["refused"].values()) == target["cells"] == len(ROWS) - 1
    assert target["refused"] == {"decimal_comma": 1, "text": 1}
    assert (told["rule"], told["labels"], target["censored"]) == ("median", 27, 2)
    assert [one["values"] for one in told["conflicts"]] == [["0", "0.4", "9.9"], ["0.2", "<0.1"]]
    assert [one["value"] for one in told["outliers"]] == [8.0]
    assert len(told["part_conflicts"]) == 1
    assert told["error"] is None


def test_people_read_the_same_in_tables(hitsieve: Run, card: Path) -> None:
    result = hitsieve("data", "check", card)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert "records\t34" in lines
    assert "replicates merged by\tmedian" in lines
    assert "rejected:ragged_row\t1" in lines
    assert any(line.startswith("y\t33\t1\t2\t0\t3\t27\t2\t\t0.1\t") for line in lines)
    assert "y\ttext\t1\tstrong\tmine.csv#30" in lines
    assert any(line.endswith("0 0.4 9.9\tmedian: 0.4") for line in lines)
    assert "mine: 34 records, 27 compounds, 27 labels, 2 of them bounds" in result.stderr
    assert "1 compounds stand in several given parts" in result.stderr
    assert "warning: y: 1 outlier among 27 labels" in result.stderr


def test_the_rule_for_replicates_can_be_chosen(hitsieve: Run, card: Path) -> None:
    told = json.loads(hitsieve("data", "check", card, "--replicates", "mean", "--json").stdout)
    assert told["rule"] == "mean"
    assert told["conflicts"][0]["outcome"] == "mean: 3.43333"


def test_long_lists_are_cut_and_said_to_be(hitsieve: Run, card: Path) -> None:
    result = hitsieve("data", "check", card, "--limit", "1")
    assert "refused: 1 more rows" in result.stderr
    assert "conflicts: 1 more rows" in result.stderr
    assert "mine.csv#30" in result.stdout
    assert "mine.csv#31" not in result.stdout


def test_a_set_that_cannot_be_learned_has_counts_and_ends_with_its_reason(
    hitsieve: Run, card: Path
) -> None:
    column = {"endpoint": "y", "unit": "class", "direction": "higher", "task": "classification"}
    card.write_text(yaml.safe_dump(yaml.safe_load(card.read_text()) | {"columns": {"y": column}}))
    result = hitsieve("data", "check", card, "--json")
    assert result.exit_code == 3
    told = json.loads(result.stdout)
    assert "values are neither 0 nor 1" in told["error"]["message"]
    assert told["error"]["cure"] in " ".join(result.stderr.split())
    assert told["records"] == 34


def test_measurements_may_lie_elsewhere(hitsieve: Run, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_bytes((DRUGS.parent / "drugs.csv").read_bytes())
    result = hitsieve("data", "check", DRUGS, "--path", tmp_path / "other.csv")
    assert result.exit_code == 0, result.stderr
    assert hitsieve("data", "check", DRUGS, "--path", "absent.csv").exit_code == 3
