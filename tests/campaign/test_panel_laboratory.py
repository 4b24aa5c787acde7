from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from hitsieve.acquisition.desirability import desirability
from hitsieve.campaign.dialog import ask_batch, close_batch, tell_results
from hitsieve.campaign.front import FRONT
from hitsieve.campaign.job import CampaignJob, asks_by_files, open_campaign
from hitsieve.campaign.panel_laboratory import BenchPanel
from hitsieve.campaign.status import campaign_status
from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import DatasetError, IncompleteError
from hitsieve.report.campaign import campaign_report, render_campaign
from hitsieve.report.scoreboard import update_scoreboard

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.run import Campaign

TARGETS = ("length", "nitrogen")
INITIAL, BATCH = 14, 4


def job(library: Path, folder: Path) -> CampaignJob:
    """Long compounds are wanted, without nitrogen; each target has its own unit."""
    bench = {"kind": "inbox", "controls": []}
    rising = {"low": 5, "high": 30}
    falling = {"kind": "falling", "low": 0, "high": 1.2}
    return parse_config(
        CampaignJob,
        {
            "campaign": {"library": library, "folder": folder / "c", "initial": INITIAL,
                         "batch": BATCH, "rounds": 1, "seed": 3},
            "panel": [
                {**bench, "target": "length", "endpoint": "size", "unit": "1"},
                {**bench, "target": "nitrogen", "endpoint": "share", "unit": "%",
                 "higher_is_better": False},
            ],
            "objective": {"components": [{"target": "length", "transform": rising},
                                         {"target": "nitrogen", "transform": falling}]},
            "surrogate": {"kind": "quick", "kinds": ["forest"], "folds": 3,
                          "forest": {"trees": 9}},
        },
    )  # fmt: skip


def opened(library: Path, folder: Path) -> Campaign:
    """The campaign, opened anew each time, as by a command."""
    return open_campaign(job(library, folder), SerialExecutor())


def smiles_of(campaign: Campaign) -> dict[str, str]:
    chosen = campaign.folder.choice(len(campaign.folder.rounds()))
    assert chosen is not None
    return dict(campaign.compounds(chosen))


def results(path: Path, smiles: dict[str, str], **columns: Any) -> Path:
    """Both results of compounds; ``columns`` replaces what is told of a target, by id."""
    lines = ["compound_id,length: value,length: unit,nitrogen: value,nitrogen: unit"]
    for name, text in smiles.items():
        length = columns.get("length", {}).get(name, len(text))
        nitrogen = columns.get("nitrogen", {}).get(name, text.count("N"))
        lines.append(f"{name},{length},1,{nitrogen},%")
    path.write_text("\n".join(lines))
    return path


def first_round(library: Path, folder: Path) -> dict[str, str]:
    """Ask the first round and tell half of it; returns all that was asked."""
    asked = ask_batch(opened(library, folder))
    assert (asked.compounds, asked.waiting) == (INITIAL, INITIAL)
    smiles = smiles_of(opened(library, folder))
    nothing = dict.fromkeys(smiles, "")
    answer = tell_results(
        opened(library, folder), results(folder / "a.csv", smiles, nitrogen=nothing)
    )
    assert (answer.taken, answer.known, answer.waiting) == (INITIAL, 0, INITIAL)
    return smiles


def test_a_compound_is_measured_once_each_target_is_told(library: Path, tmp_path: Path) -> None:
    assert asks_by_files(job(library, tmp_path))
    smiles = first_round(library, tmp_path)
    campaign = opened(library, tmp_path)
    assert isinstance(campaign.oracle, BenchPanel)
    (waiting,) = campaign_status(campaign).rounds
    assert (waiting.state, waiting.missing, waiting.picks) == ("waiting", INITIAL, INITIAL)
    with pytest.raises(IncompleteError, match=f"{INITIAL} of {INITIAL} compounds of round 0"):
        campaign.run()
    names = list(smiles)
    failed = {names[0]: "", names[1]: ""}
    path = results(tmp_path / "b.csv", smiles, nitrogen=failed)
    answer = tell_results(opened(library, tmp_path), path)
    assert (answer.taken, answer.known, answer.waiting) == (INITIAL - 2, INITIAL, 2)
    lines = ["compound_id,nitrogen: value,nitrogen: outcome",
             *(f"{name},,failed" for name in failed)]  # fmt: skip
    (tmp_path / "c.csv").write_text("\n".join(lines))
    assert tell_results(opened(library, tmp_path), tmp_path / "c.csv").waiting == 0
    (done,) = opened(library, tmp_path).rounds()
    assert done.labels.num_rows == 3 * INITIAL  # the utility, and each target, once
    assert np.isnan(done.values).sum() == 2
    for place, name in enumerate(names[2:], 2):
        told = (len(smiles[name]), smiles[name].count("N"))
        parts = [
            float(desirability(one.transform, np.array([value]))[0])
            for one, value in zip(campaign.oracle.objective.components, told, strict=True)
        ]
        assert done.values[place] == pytest.approx((parts[0] * parts[1]) ** 0.5, abs=1e-6), name
    # Told once more, nothing changes.
    again = tell_results(opened(library, tmp_path), path)
    assert (again.taken, again.known) == (0, 2 * INITIAL - 2)
    assert campaign_status(opened(library, tmp_path)).measured == INITIAL


def test_rounds_learn_from_each_target_and_late_results_count(
    library: Path, tmp_path: Path
) -> None:
    smiles = first_round(library, tmp_path)
    tell_results(opened(library, tmp_path), results(tmp_path / "b.csv", smiles))
    second = ask_batch(opened(library, tmp_path))
    assert (second.round, second.compounds) == (1, BATCH)
    fresh = smiles_of(opened(library, tmp_path))
    assert not set(fresh) & set(smiles)
    name = next(iter(fresh))
    tell_results(opened(library, tmp_path), results(tmp_path / "c.csv", fresh, nitrogen={name: ""}))
    closed = close_batch(opened(library, tmp_path), "the last one was lost")
    assert (closed.compounds, closed.missing) == (BATCH, 1)
    before = opened(library, tmp_path).rounds()[1].values
    assert np.isnan(before[0])
    ended = ask_batch(opened(library, tmp_path))
    assert ended.ending is not None
    front = (tmp_path / "c" / FRONT).read_bytes()
    # It comes all the same, and it is the best in both wishes.
    late = results(tmp_path / "d.csv", {name: fresh[name]}, length={name: 60}, nitrogen={name: 0})
    assert tell_results(opened(library, tmp_path), late, revise=True).taken == 2
    campaign = opened(library, tmp_path)
    late_one = campaign.rounds()[1].values[0]
    assert late_one == max(value for one in campaign.rounds() for value in one.values)
    assert campaign_status(campaign).rounds[1].best == late_one
    assert (tmp_path / "c" / FRONT).read_bytes() != front
    assert {entry["target"] for entry in update_scoreboard(campaign)} == set(TARGETS)
    page = render_campaign(campaign_report(campaign))
    assert "The Pareto front" in page
    # What was committed stands; what is told since is joined to it.
    kept = pq.read_table(tmp_path / "c" / "rounds" / "round-001.parquet")
    assert kept["value"].null_count == 2


def test_a_target_of_which_too_little_was_told_waits_for_more(
    library: Path, tmp_path: Path
) -> None:
    smiles = first_round(library, tmp_path)
    few = dict(list(smiles.items())[:3])
    tell_results(opened(library, tmp_path), results(tmp_path / "b.csv", few))
    close_batch(opened(library, tmp_path), "the assay of nitrogen is broken")
    with pytest.raises(DatasetError, match="3 compounds of 'nitrogen' are measured"):
        ask_batch(opened(library, tmp_path))
    assert not list((tmp_path / "c" / "training").glob("*.parquet"))
    assert not list((tmp_path / "c" / "screens").rglob("*.npz"))
    tell_results(opened(library, tmp_path), results(tmp_path / "d.csv", smiles))
    assert ask_batch(opened(library, tmp_path)).round == 1
    for number in range(len(TARGETS)):
        learned = pq.read_table(tmp_path / "c" / "training" / f"round-001-{number}.parquet")
        assert learned.num_rows == INITIAL
