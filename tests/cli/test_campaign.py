from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hitsieve.engine import SerialExecutor
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.oracles import label_rows
from hitsieve.oracles.protocol import Measurement
from hitsieve.store.files import write_parquet_atomic
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli-campaign")
    lines = [f"{'C' * n}{end} {n}{end}" for n in range(2, 22) for end in ("O", "N")]
    (root / "in.smi").write_text("\n".join(lines) + "\n")
    config = LibraryConfig(inputs=[str(root / "in.smi")], output=root / "library")
    with SerialExecutor() as executor:
        build_library(config, executor)
    pairs = [
        (row["compound_id"], row["smiles"])
        for table in Library.open(config.output).iter_tables(["compound_id", "smiles"])
        for row in table.to_pylist()
    ]
    labels = label_rows(FakeOracle(), pairs, [Measurement(float(len(s))) for _, s in pairs])
    write_parquet_atomic(root / "labels.parquet", labels)
    return root


def written(pool: Path, folder: Path, **changes: Any) -> Path:
    job = {
        "campaign": {
            "library": str(pool / "library"),
            "folder": str(folder / "c"),
            "initial": 14,
            "batch": 4,
            "rounds": 1,
            "controls": 0.2,
        },
        "oracle": {
            "kind": "lookup",
            "labels": str(pool / "labels.parquet"),
            "target": "length",
            "higher_is_better": True,
        },
        "surrogate": {"kinds": ["forest"], "kind": "quick", "folds": 3, "forest": {"trees": 6}},
    }
    path = folder / "campaign.yaml"
    path.write_text(yaml.safe_dump({**job, **changes}))
    return path


def test_a_campaign_from_start_to_report(hitsieve: Run, pool: Path, tmp_path: Path) -> None:
    config = written(pool, tmp_path)
    shown = hitsieve("campaign", "start", str(config), "--dry-run")
    assert "nothing was done" in shown.stderr
    assert not (tmp_path / "c").exists()
    begun = hitsieve("campaign", "start", str(config))
    assert begun.exit_code == 0, begun.stderr
    folder = str(tmp_path / "c")
    done = hitsieve("campaign", "run", folder, "--executor", "serial", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["measured"] == 18
    assert told["ending"]["why"] == "rounds"
    again = hitsieve("campaign", "status", folder, "--json")
    assert json.loads(again.stdout) == told
    table = hitsieve("campaign", "status", folder)
    assert "of the true top" in table.stderr
    page = hitsieve("campaign", "report", folder, "--out", str(tmp_path / "r.html"))
    assert page.stdout.strip() == str(tmp_path / "r.html")
    assert "Foretold and measured" in (tmp_path / "r.html").read_text()
    assert json.loads((tmp_path / "c" / "scoreboard.json").read_text())[0]["round"] == 1


def test_a_campaign_is_stopped_and_goes_on(hitsieve: Run, pool: Path, tmp_path: Path) -> None:
    hitsieve("campaign", "start", str(written(pool, tmp_path)))
    folder = str(tmp_path / "c")
    stopped = hitsieve("campaign", "stop", folder, "--reason", "no money")
    assert "no money" in stopped.stderr
    told = json.loads(hitsieve("campaign", "run", folder, "--executor", "serial", "--json").stdout)
    assert told["ending"]["why"] == "by_hand"
    assert told["measured"] == 0
    assert "goes on" in hitsieve("campaign", "stop", folder, "--undo").stderr
    assert "not stopped" in hitsieve("campaign", "stop", folder, "--undo").stderr


def asks_by_files(pool: Path, folder: Path) -> Path:
    """Write a campaign that a laboratory answers, without controls."""
    oracle = {
        "kind": "inbox",
        "folder": str(folder / "inbox"),
        "target": "length",
        "endpoint": "text_length",
        "unit": "1",
        "controls": [],
    }
    return written(pool, folder, oracle=oracle)


def test_a_laboratory_is_asked_and_told(hitsieve: Run, pool: Path, tmp_path: Path) -> None:
    begun = hitsieve("campaign", "start", str(asks_by_files(pool, tmp_path)))
    folder = str(tmp_path / "c")
    assert f"go on with: hitsieve campaign ask {folder}" in begun.stderr.replace("\n", "")
    asked = hitsieve("campaign", "ask", folder, "--executor", "serial", "--json")
    assert asked.exit_code == 0, asked.stderr
    told = json.loads(asked.stdout)
    assert (told["compounds"], told["waiting"]) == (14, 14)
    waits = hitsieve("campaign", "run", folder, "--executor", "serial")
    assert waits.exit_code == 5
    picks = json.loads((tmp_path / "c" / "rounds" / "round-000.picks.json").read_text())["picks"]
    rows = [f"{pick['compound_id']},{i},1" for i, pick in enumerate(picks)]
    results = tmp_path / "results.csv"
    results.write_text("\n".join(["compound_id,value,unit", *rows[:9], "NOBODY,1,1"]))
    partly = hitsieve("campaign", "tell", folder, str(results), "--json")
    assert partly.exit_code == 3
    answer = json.loads(partly.stdout)
    assert (answer["taken"], answer["waiting"], answer["refused"]) == (9, 5, 1)
    assert "NOBODY" in json.dumps(answer["refused_rows"])
    waiting = hitsieve("campaign", "status", folder)
    assert "round 0 waits: 5 of 14 compounds miss results" in waiting.stderr
    dry = hitsieve("campaign", "tell", folder, "--close", "no", "--dry-run", "--json")
    assert json.loads(dry.stdout) == {"round": 0, "compounds": 14, "missing": 5, "dry_run": True}
    dry = hitsieve("campaign", "tell", folder, "--close", "no", "--dry-run")
    assert "would close round 0: 5 of 14 compounds without a result" in dry.stderr
    assert json.loads(hitsieve("campaign", "status", folder, "--json").stdout)["measured"] == 0
    closed = hitsieve("campaign", "tell", folder, "--close", "the rest was lost")
    assert "closed round 0: 5 of 14 compounds without a result" in closed.stderr


def test_each_answer_brings_the_scoreboard_up_to_date(
    hitsieve: Run, pool: Path, tmp_path: Path
) -> None:
    hitsieve("campaign", "start", str(asks_by_files(pool, tmp_path)))
    folder, results = str(tmp_path / "c"), tmp_path / "results.csv"
    board = tmp_path / "c" / "scoreboard.json"

    def tell(number: int, most: int) -> None:
        asked = hitsieve("campaign", "ask", folder, "--executor", "serial")
        assert asked.exit_code == 0, asked.stderr
        path = tmp_path / "c" / "rounds" / f"round-00{number}.picks.json"
        picks = json.loads(path.read_text())["picks"][:most]
        rows = [f"{pick['compound_id']},{i},1" for i, pick in enumerate(picks)]
        results.write_text("\n".join(["compound_id,value,unit", *rows]))
        told = hitsieve("campaign", "tell", folder, str(results))
        assert told.exit_code == 0, told.stderr

    tell(0, 14)
    assert json.loads(board.read_text()) == []  # no model had foretold them
    tell(1, 2)
    assert json.loads(board.read_text())[0]["compared"] == 2
    board.unlink()
    shut = hitsieve("campaign", "tell", folder, "--close", "two were lost", "--json")
    assert json.loads(shut.stdout)["missing"] == 2
    assert json.loads(board.read_text())[0]["compared"] == 2


def test_controls_that_overlap_are_warned_of(hitsieve: Run, pool: Path, tmp_path: Path) -> None:
    controls = [{"name": "DMSO", "role": "negative", "wells": 2},
                {"name": "ATP", "role": "positive", "wells": 2}]  # fmt: skip
    oracle = {"kind": "inbox", "target": "length", "endpoint": "l", "unit": "1",
              "controls": controls}  # fmt: skip
    hitsieve("campaign", "start", str(written(pool, tmp_path, oracle=oracle)))
    folder = tmp_path / "c"
    hitsieve("campaign", "ask", str(folder), "--executor", "serial")
    (form,) = folder.glob("inbox/batches/*/batch.csv")
    with form.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for n, row in enumerate(rows):
        row["value"] = str(n % 7)
    told = tmp_path / "told.csv"
    with told.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    dry = hitsieve("campaign", "tell", str(folder), str(told), "--dry-run")
    assert "nothing was kept" in dry.stderr
    said = hitsieve("campaign", "tell", str(folder), str(told))
    assert "below 0.5" in " ".join(said.stderr.split())
    again = json.loads(hitsieve("campaign", "tell", str(folder), str(told), "--json").stdout)
    assert (again["known"], again["controls"], again["taken"]) == (14, 4, 0)
    assert again["plates"][0]["z_prime"] < 0.5


def test_prices_that_are_not_understood_are_said_at_the_start(
    hitsieve: Run, tmp_path: Path
) -> None:
    prices = {n: '"1,250"' if n == 4 else str(n) for n in range(2, 22)}
    lines = [f"{'C' * n}O,{n},{price}" for n, price in prices.items()]
    (tmp_path / "in.csv").write_text("\n".join(["smiles,id,price", *lines]) + "\n")
    config = LibraryConfig(inputs=[str(tmp_path / "in.csv")], output=tmp_path / "library")
    with SerialExecutor() as executor:
        build_library(config, executor)
    shop = {"library": str(tmp_path / "library"), "folder": str(tmp_path / "c"), "initial": 12,
            "budget": {"price": "price", "money": 100}}  # fmt: skip
    oracle = {"kind": "inbox", "target": "l", "endpoint": "l", "unit": "1"}
    path = written(tmp_path, tmp_path, campaign=shop, oracle=oracle)
    said = " ".join(hitsieve("campaign", "start", str(path)).stderr.split())
    assert "vendor column 'price': 1 of 20 texts are not understood" in said
    assert "'1,250' of" in said


LOOKUP = {"kind": "lookup", "target": "length", "higher_is_better": True}


def test_a_dry_run_opens_all_that_is_needed(hitsieve: Run, pool: Path, tmp_path: Path) -> None:
    (tmp_path / "gone.txt").write_text("2O\nNOBODY\n")
    campaign = {
        "library": str(pool / "library"),
        "folder": str(tmp_path / "c"),
        "initial": 14,
        "exclude": [str(tmp_path / "gone.txt")],
    }
    good = hitsieve(
        "campaign", "start", str(written(pool, tmp_path, campaign=campaign)), "--dry-run"
    )
    assert good.exit_code == 0, good.stderr
    assert "1 of 2 names are of no compound" in good.stderr
    nowhere = {**campaign, "library": str(tmp_path / "none")}
    bad = hitsieve("campaign", "start", str(written(pool, tmp_path, campaign=nowhere)), "--dry-run")
    assert bad.exit_code == 3
    oracle = {**LOOKUP, "labels": str(tmp_path / "none.parquet")}
    bad = hitsieve("campaign", "start", str(written(pool, tmp_path, oracle=oracle)), "--dry-run")
    assert bad.exit_code == 3
    assert "none.parquet" in bad.stderr
    nothing = hitsieve("campaign", "start", str(written(pool, tmp_path, oracle=None)), "--dry-run")
    assert nothing.exit_code == 2
    assert "nothing measures" in nothing.stderr
    assert not (tmp_path / "c").exists()


def test_a_file_or_a_reason_is_needed(hitsieve: Run, tmp_path: Path) -> None:
    assert hitsieve("campaign", "tell", str(tmp_path)).exit_code == 2


def test_mistyped_keys_and_absent_campaigns_are_named(
    hitsieve: Run, pool: Path, tmp_path: Path
) -> None:
    wrong = hitsieve("campaign", "start", str(written(pool, tmp_path, surogate={})))
    assert wrong.exit_code == 2
    assert "did you mean 'surrogate'?" in wrong.stderr
    absent = hitsieve("campaign", "run", str(tmp_path / "none"))
    assert absent.exit_code == 3
    assert "no campaign in" in absent.stderr
