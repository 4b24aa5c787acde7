from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.dialog import ask_batch, close_batch, tell_results
from hitsieve.campaign.job import CampaignJob, open_campaign
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.status import campaign_status
from hitsieve.engine import SerialExecutor
from hitsieve.errors import IncompleteError, UsageError
from hitsieve.oracles.inbox import InboxConfig
from hitsieve.scoring.trees import ForestConfig

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.run import Campaign


def bench(library: Path, folder: Path, **changes: Any) -> Campaign:
    """A campaign of a laboratory that measures lengths; opened anew each time, as by a command."""
    values: dict[str, Any] = {"initial": 12, "batch": 5, "rounds": 1, "seed": 3}
    job = CampaignJob(
        campaign=CampaignConfig(library=library, folder=folder / "c", **{**values, **changes}),
        oracle=InboxConfig(
            folder=folder / "inbox", target="length", endpoint="text_length", unit="1", controls=()
        ),
        surrogate=QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=9)),
    )
    return open_campaign(job, SerialExecutor())


def results(path: Path, smiles: dict[str, str]) -> Path:
    rows = [f"{name},{len(text)},1" for name, text in smiles.items()]
    path.write_text("\n".join(["compound_id,value,unit", *rows]))
    return path


def asked(campaign: Campaign) -> dict[str, str]:
    chosen = campaign.folder.choice(len(campaign.folder.rounds()))
    assert chosen is not None
    names = [pick.compound_id for pick in chosen.picks]
    rows = campaign.library.lookup(names, ["compound_id", "smiles"]).to_pylist()
    return {row["compound_id"]: row["smiles"] for row in rows}


def test_a_laboratory_is_asked_and_told_round_by_round(library: Path, tmp_path: Path) -> None:
    first = ask_batch(bench(library, tmp_path))
    assert (first.round, first.compounds, first.waiting) == (0, 12, 12)
    assert {path.suffix for path in first.files} == {".csv", ".sdf", ".xlsx"}
    assert ask_batch(bench(library, tmp_path)) == first  # asking again moves nothing
    smiles = asked(bench(library, tmp_path))
    half = dict(list(smiles.items())[:7])
    answer = tell_results(bench(library, tmp_path), results(tmp_path / "a.csv", half))
    assert (answer.taken, answer.waiting) == (7, 5)
    assert campaign_status(bench(library, tmp_path)).rounds[0].state == "waiting"
    with pytest.raises(IncompleteError, match="5 of 12 compounds of round 0"):
        bench(library, tmp_path).run()
    # All of them, those told before once more: they count once.
    answer = tell_results(bench(library, tmp_path), results(tmp_path / "b.csv", smiles))
    assert (answer.taken, answer.known, answer.waiting) == (5, 7, 0)
    second = ask_batch(bench(library, tmp_path))
    assert (second.round, second.compounds) == (1, 5)
    assert not set(asked(bench(library, tmp_path))) & set(smiles)
    tell_results(
        bench(library, tmp_path), results(tmp_path / "c.csv", asked(bench(library, tmp_path)))
    )
    end = ask_batch(bench(library, tmp_path))
    assert end.ending is not None
    assert end.ending.why == "rounds"
    status = campaign_status(bench(library, tmp_path))
    assert status.measured == 17
    assert [one.state for one in status.rounds] == ["done", "done"]


def test_unknown_compounds_and_wrong_units_are_refused_with_a_list(
    library: Path, tmp_path: Path
) -> None:
    ask_batch(bench(library, tmp_path))
    name = next(iter(asked(bench(library, tmp_path))))
    path = tmp_path / "r.csv"
    path.write_text(f"compound_id,value,unit\nNOBODY,3,1\n{name},4,nM\n")
    answer = tell_results(bench(library, tmp_path), path)
    assert answer.taken == 0
    assert len(answer.refused) == 2
    assert answer.waiting == 12


def test_a_closed_batch_goes_on_without_and_late_results_teach(
    library: Path, tmp_path: Path
) -> None:
    ask_batch(bench(library, tmp_path, rounds=2))
    smiles = asked(bench(library, tmp_path, rounds=2))
    late = dict(list(smiles.items())[:1])
    rest = dict(list(smiles.items())[1:])
    tell_results(bench(library, tmp_path, rounds=2), results(tmp_path / "a.csv", rest))
    assert close_batch(bench(library, tmp_path, rounds=2), "a tube broke") == 0
    campaign = bench(library, tmp_path, rounds=2)
    assert campaign_status(campaign).rounds[0].failed == 1
    ask_batch(campaign)
    tell_results(bench(library, tmp_path, rounds=2), results(tmp_path / "b.csv", late))
    tell_results(
        bench(library, tmp_path, rounds=2),
        results(tmp_path / "c.csv", asked(bench(library, tmp_path, rounds=2))),
    )
    ask_batch(bench(library, tmp_path, rounds=2))
    import pyarrow.parquet as pq

    learned = [
        set(
            pq.read_table(tmp_path / "c" / "training" / f"round-00{n}.parquet")[
                "compound_id"
            ].to_pylist()
        )
        for n in (1, 2)
    ]
    assert not set(late) & learned[0]
    assert set(late) <= learned[1]


def test_an_oracle_that_measures_by_itself_is_not_asked(library: Path, tmp_path: Path) -> None:
    job = CampaignJob(campaign=CampaignConfig(library=library, folder=tmp_path, initial=12))
    campaign = open_campaign(job, SerialExecutor())
    for call in (ask_batch, lambda c: tell_results(c, tmp_path), lambda c: close_batch(c, "x")):
        with pytest.raises(UsageError, match="measures by itself"):
            call(campaign)


def test_nothing_open_cannot_be_closed(library: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="waits for nothing"):
        close_batch(bench(library, tmp_path), "x")
