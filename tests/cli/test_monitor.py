"""``hitsieve monitor`` and ``hitsieve explain`` on a real screen."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import nan
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.assays.cards import load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.read import read_assay
from hitsieve.chem.standardize import Standardizer
from hitsieve.cli.monitor import _counted, _fared, _parts
from hitsieve.metrics.bootstrap import Interval
from hitsieve.monitor.comparison import Counts
from hitsieve.monitor.judge import ScreenJudgment
from hitsieve.monitor.scoreboard import ClassScores, Prospective
from hitsieve.monitor.slices import Slice
from hitsieve.registry.bundle import read_bundle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]

STRANGE = """
OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O
FC(F)(F)C(F)(F)C(F)(F)C(F)(F)F
C[Si](C)(C)O[Si](C)(C)C
OP(=O)(O)OP(=O)(O)OC1CCCC1
CCCCCCCCCCCCCCCCCCCCCCCC
OCC(O)C(O)C(O)C(O)CO
FC(F)(Cl)C(F)(F)Cl
CCCCCCCCCCCCCCCCCC(=O)OCC(O)CO
C1CCCCCCCCCCCCC1
BrC(Br)(Br)C(Br)Br
CC(C)(C)[Si](C)(C)O
OB(O)c1ccccc1
FS(F)(F)(F)(F)c1ccccc1
CCCCCCCCCCCCS(=O)(=O)O
"""


@pytest.fixture
def labels(tiny: Any, tmp_path: Path) -> Path:
    """All compounds of the data set, measured again after the screen."""
    card = load_card(tiny.card)
    table, _ = curate(read_assay(tiny.card.parent, card), Standardizer())
    again = pa.array([datetime.now(UTC) + timedelta(days=1)] * table.num_rows)
    place = table.column_names.index("measured_at")
    table = table.set_column(place, table.field(place), again.cast(table.field(place).type))
    pq.write_table(table, tmp_path / "new.parquet")
    return tmp_path / "new.parquet"


def strictly(text: str) -> Any:
    """Read JSON as RFC 8259 has it: no NaN and no Infinity."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_measurements_meet_the_predictions(hitsieve: Run, tiny: Any, labels: Path) -> None:
    asked = ("monitor", "scores", tiny.screen, labels, "--target", "logP", "--active-at", "3",
             "--models", tiny.models)  # fmt: skip
    found = hitsieve(*asked)
    assert found.exit_code == 0, found.stderr
    shown = dict(line.split("\t")[:2] for line in found.stdout.splitlines())
    training = read_bundle(tiny.models / "clogp" / "1").contents.training
    tested = training["part"].to_pylist().count("test")
    assert (shown["model"], shown["target"]) == ("clogp@1", "logP")
    # Only the test part was never learned from.
    assert shown["measured"] == "127"
    assert shown["already known to the model"] == str(127 - tested)
    assert shown["compared"] == str(tested) == "13"
    assert shown["without a prediction"] == shown["bounds only"] == "0"
    assert any(name.startswith("measured before 20") for name in shown)
    result = strictly(hitsieve(*asked, "--json").stdout)
    assert (result["overall"]["compared"], result["overall"]["known"]) == (13, 114)
    assert {s["kind"] for s in result["slices"]} == {"scaffold", "month"}
    assert {s["brier"] for s in result["slices"]} == {None}
    assert result["advice"] == "wait"
    late = hitsieve(*asked, "--since", "2100-01-01")
    assert late.exit_code == 3
    assert "13 measured before the predictions" in late.stderr


def test_measurements_that_cannot_have_been_made_yet_are_told_of(
    hitsieve: Run, tiny: Any, labels: Path
) -> None:
    asked = ("monitor", "scores", tiny.screen, labels, "--target", "logP", "--models", tiny.models)
    assert "in the future" not in hitsieve(*asked).stderr
    table = pq.read_table(labels)
    place = table.column_names.index("measured_at")
    times: list[datetime | None] = table["measured_at"].to_pylist()
    times[:3] = [datetime(2210, 5, 4, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC), None]
    column = pa.array(times, table.field(place).type)
    pq.write_table(table.set_column(place, table.field(place), column), labels)
    told = hitsieve(*asked)
    assert told.exit_code == 0
    assert "2 of 127 measurements are dated in the future, up to 2210-05-04" in told.stderr


def test_a_judged_model_that_is_quarantined_is_said_to_be(
    hitsieve: Run, tiny: Any, labels: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny.models, tmp_path / "models")
    asked = ("monitor", "scores", tiny.screen, labels, "--target", "logP")
    assert strictly(hitsieve(*asked, "--json").stdout)["quarantined"] == []
    hitsieve("models", "quarantine", "clogp@1", "--reason", "wrong plates")
    (told,) = strictly(hitsieve(*asked, "--json").stdout)["quarantined"]
    assert (told["model"], told["reason"]) == ("clogp@1", "wrong plates")
    shown = hitsieve(*asked)
    assert shown.exit_code == 0
    assert "warning: clogp@1 is quarantined since 20" in shown.stderr


def test_handing_back_the_training_set_shows_nothing_new(
    hitsieve: Run, tiny: Any, tmp_path: Path
) -> None:
    found = hitsieve("monitor", "scores", tiny.screen, tiny.card, "--target", "logP",
                     "--models", tiny.models, "--data", "kept")  # fmt: skip
    assert found.exit_code == 3
    assert "nothing new to compare" in found.stderr
    assert "cure  give measurements made after the screen" in found.stderr
    # The card's files were read where a training reads them: beside it, and no copy was made.
    assert not (tmp_path / "kept").exists()


def test_classes_are_told_by_frequency() -> None:
    bounds = ClassScores(Interval(0.1, 0.2, 0.3), 0.8, 0.04, 0.11, 0.34, 0.3, 0.25, nan, nan)
    overall = Prospective("T", "classification", Counts(9, 2, 0, 0, 0, 7, 3), bounds)
    part = Slice("scaffold", "new", 7, nan, 0.25, -0.06, nan, nan)
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    found = ScreenJudgment("m@1", moment, 40, overall, (part,), "keep", "")
    heads, rows = _parts(found)
    assert rows == [("scaffold", "new", 7, "0.25", "-6%")]
    assert len(heads) == len(rows[0])
    assert _counted(found)["compared"] == "7, of them 3 without a date"
    assert "measured before 2026-01-02 00:00 UTC" in _counted(found)
    assert _counted(found)["already known to the model"] == "2"
    imported = replace(found, learned=0)
    assert _counted(imported)["already known to the model"] == "unknown: the model does not tell"
    assert _fared(overall) == {
        "Brier score": "0.2 (0.1 to 0.3)",
        "ROC AUC": "0.80",
        "calibration error": "0.040 (up to 0.110 by chance)",
        "share of class 1": "34%; 30% foretold, bounds 25% to not defined",
        "enrichment in the top 10 %": "not defined",
    }


def test_wrong_requests_are_told(hitsieve: Run, tiny: Any, labels: Path) -> None:
    assert hitsieve("monitor", "scores", tiny.screen, labels, "--target", "logD").exit_code == 3
    absent = hitsieve("monitor", "scores", tiny.screen, "absent.parquet", "--target", "logP")
    assert absent.exit_code == 3
    assert "absent.parquet" in absent.stderr


def test_its_own_chemistry_is_quiet_and_another_alerts(
    hitsieve: Run, tiny: Any, tmp_path: Path
) -> None:
    own = hitsieve("monitor", "drift", tiny.library, "--model", "clogp", "--models", tiny.models,
                   "--json")  # fmt: skip
    quiet = strictly(own.stdout)
    assert quiet["verdict"] == "stable"
    assert quiet["embedding"]["distance"] >= 0
    (tmp_path / "strange.smi").write_text(STRANGE.lstrip())
    assert hitsieve("library", "build", tmp_path / "strange.smi", "--out", "strange",
                    "--executor", "serial").exit_code == 0  # fmt: skip
    other = hitsieve("monitor", "drift", "strange", "--model", "clogp", "--models", tiny.models)
    assert other.exit_code == 0, other.stderr
    assert "shifted: strange" in other.stderr


def test_a_prediction_is_explained(hitsieve: Run, tiny: Any, tmp_path: Path) -> None:
    asked = ("explain", "CC(=O)Nc1ccc(O)cc1.Cl", "--model", "clogp", "--models", tiny.models)
    found = hitsieve(*asked, "--svg", "drawn/why.svg")
    assert found.exit_code == 0, found.stderr
    assert (tmp_path / "drawn" / "why.svg").read_text().rstrip().endswith("</svg>")
    unwritable = hitsieve(*asked, "--svg", "drawn")
    assert unwritable.exit_code == 5
    assert "choose another name" in unwritable.stderr
    assert found.stdout.splitlines()[:2] == ["model\tclogp@1", "target\tlogP"]
    assert "in the domain\tyes" in found.stdout
    result = json.loads(hitsieve(*asked, "--json").stdout)
    assert len(result["attributions"]) == 11
    assert result["neighbors"][0]["similarity"] == 1.0
    assert hitsieve("explain", "C1CC", "--model", "clogp", "--models", tiny.models).exit_code == 3


def test_gates_rollback_and_diff(hitsieve: Run, tiny: Any, tmp_path: Path) -> None:
    shutil.copytree(tiny.models, tmp_path / "models")
    shutil.copytree(tiny.models / "clogp" / "1", tmp_path / "models" / "clogp" / "2")
    gates = json.loads(hitsieve("models", "promote", "clogp@1", "--dry-run", "--json").stdout)
    assert [gate["name"] for gate in gates] == [
        "bundle",
        "card",
        "frozen set",
        "leaks",
        "test set",
        "calibration",
        "champion",
    ]
    assert hitsieve("models", "rollback", "clogp").exit_code == 3
    for version in (1, 2):
        hitsieve("models", "promote", f"clogp@{version}", "--alias", "candidate")
    assert hitsieve("models", "rollback", "clogp", "--alias", "candidate").exit_code == 0
    found = json.loads(hitsieve("models", "diff", "clogp@1", "clogp@2", "--json").stdout)
    assert (found[0]["target"], found[0]["correlation"], found[0]["shifts"]) == ("logP", 1.0, [])
    blocked = hitsieve("models", "quarantine", "clogp@1", "--reason", "wrong", "--screens",
                       tiny.root, "--json")  # fmt: skip
    assert json.loads(blocked.stdout)["screens"] == [str(tiny.screen)]
