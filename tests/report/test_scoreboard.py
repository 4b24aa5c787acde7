from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.dialog import ask_batch, close_batch, tell_results
from hitsieve.campaign.job import CampaignJob, open_campaign
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.engine import SerialExecutor
from hitsieve.library import LibraryConfig, build_library
from hitsieve.oracles.inbox import InboxConfig
from hitsieve.report.scoreboard import update_scoreboard
from hitsieve.scoring.trees import ForestConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.campaign.run import Campaign

    Bench = Callable[[], Campaign]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scoreboard-library")
    lines = [f"{'C' * n}{end} {n}{end}" for n in range(2, 32) for end in ("O", "N")]
    (root / "in.smi").write_text("\n".join(lines) + "\n")
    with SerialExecutor() as executor:
        build_library(
            LibraryConfig(inputs=[str(root / "in.smi")], output=root / "library"), executor
        )
    return root / "library"


@pytest.fixture
def bench(library: Path, tmp_path: Path) -> Bench:
    """Open a campaign of a laboratory anew, as each command does."""

    def opened() -> Campaign:
        job = CampaignJob(
            campaign=CampaignConfig(
                library=library, folder=tmp_path / "c", initial=20, batch=6, rounds=2, seed=3
            ),
            oracle=InboxConfig(
                folder=tmp_path / "inbox", target="length", endpoint="text_length", unit="1",
                controls=(),
            ),
            surrogate=QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=9)),
        )  # fmt: skip
        return open_campaign(job, SerialExecutor())

    return opened


@pytest.fixture
def tell(bench: Bench, tmp_path: Path) -> Callable[[list[tuple[str, str]]], None]:
    """Tell the length of some compounds' SMILES."""

    def told(compounds: list[tuple[str, str]]) -> None:
        rows = [f"{name},{len(smiles)},1" for name, smiles in compounds]
        path = tmp_path / "results.csv"
        path.write_text("\n".join(["compound_id,value,unit", *rows]))
        tell_results(bench(), path)

    return told


def _asked(campaign: Campaign) -> list[tuple[str, str]]:
    ask_batch(campaign)
    chosen = campaign.folder.choice(len(campaign.folder.rounds()))
    assert chosen is not None
    return campaign.compounds(chosen)


def test_results_count_as_they_are_told(bench: Bench, tell: Any) -> None:
    first = _asked(bench())
    tell(first[:7])
    assert update_scoreboard(bench()) == []  # no model had foretold round 0
    tell(first[7:])
    second = _asked(bench())
    assert update_scoreboard(bench()) == []  # foretold, and nothing is measured yet
    tell(second[:4])
    (entry,) = update_scoreboard(bench())
    assert (entry["round"], entry["measured"], entry["compared"]) == (1, 4, 4)
    assert entry["advice"] == "wait"
    assert entry["promised_rmse"] > 0
    kept = (bench().folder.root / "scoreboard.json").read_text()
    assert json.loads(kept, parse_constant=pytest.fail) == [entry]
    tell(second[4:])
    assert update_scoreboard(bench())[0]["compared"] == 6


def test_results_that_come_after_a_batch_was_closed_count_too(bench: Bench, tell: Any) -> None:
    tell(_asked(bench()))
    second = _asked(bench())
    tell(second[:5])
    close_batch(bench(), "a tube broke")
    assert update_scoreboard(bench())[0]["compared"] == 5
    tell(second[5:])
    assert update_scoreboard(bench())[0]["compared"] == 6


def test_what_the_model_of_a_round_learned_from_does_not_speak_for_it(
    bench: Bench, tell: Any
) -> None:
    tell(_asked(bench()))
    second = _asked(bench())
    tell(second)
    before = update_scoreboard(bench())[0]
    assert (before["known"], before["compared"]) == (0, 6)
    # As if the model had learned from two of the compounds it chose.
    path = bench().folder.root / "training" / "round-001.parquet"
    table = pq.read_table(path)
    ids = [name for name, _ in second[:2]] + table["compound_id"].to_pylist()[2:]
    place = table.column_names.index("compound_id")
    pq.write_table(table.set_column(place, table.field(place), pa.array(ids)), path)
    after = update_scoreboard(bench())[0]
    assert (after["known"], after["compared"], after["measured"]) == (2, 4, 6)
