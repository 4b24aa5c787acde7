"""``hitsieve data`` knows the packaged cards and fetches from a mirror."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

DATA = Path(__file__).resolve().parents[1] / "data"


def test_the_list_names_title_and_license(hitsieve: Run) -> None:
    cards = json.loads(hitsieve("data", "list", "--json").stdout)
    assert {"esol", "bbbp"} <= {card["name"] for card in cards}
    assert all(card["title"] and card["license"] for card in cards)
    assert len(hitsieve("data", "list").stdout.splitlines()) == len(cards) + 1


def test_a_card_tells_what_its_columns_mean(hitsieve: Run) -> None:
    shown = hitsieve("data", "show", DATA / "drugs.yaml")
    assert "clogp\tlogP\tclogp\tlog units\thigher\tregression" in shown.stdout
    card = json.loads(hitsieve("data", "show", "esol", "--json").stdout)
    assert card["name"] == "esol"


def test_fetching_copies_what_the_card_promises(hitsieve: Run, tmp_path: Path) -> None:
    result = hitsieve("data", "fetch", DATA / "drugs.yaml", "--data", "here", "--json")
    assert result.exit_code == 0, result.stderr
    assert set(json.loads(result.stdout)) == {"drugs"}
    copy = next((tmp_path / "here").rglob("drugs.csv"))
    assert copy.read_bytes() == (DATA / "drugs.csv").read_bytes()


def test_a_dry_run_fetches_nothing(hitsieve: Run, tmp_path: Path) -> None:
    result = hitsieve("data", "fetch", "esol", "--dry-run")
    assert result.exit_code == 0
    assert "delaney.csv" in result.stdout
    assert not (tmp_path / "data").exists()


def test_an_unknown_name_is_not_found_with_the_nearest(hitsieve: Run) -> None:
    result = hitsieve("data", "show", "esoll")
    assert result.exit_code == 3
    assert "did you mean 'esol'" in result.stderr


def test_bytes_that_are_not_those_of_the_card_are_refused(hitsieve: Run, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "moleculenet_chemprop").mkdir(parents=True)
    (mirror / "moleculenet_chemprop" / "delaney.csv").write_text("smiles,logp\nCCO,1\n")
    result = hitsieve("data", "fetch", "esol", "--data-mirror", mirror)
    assert result.exit_code == 6, result.stderr
