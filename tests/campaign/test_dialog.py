from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.dialog import ask_batch, close_batch, tell_results
from hitsieve.campaign.job import CampaignJob, open_campaign
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.status import campaign_status
from hitsieve.engine import SerialExecutor
from hitsieve.errors import DatasetError, IncompleteError, UsageError
from hitsieve.oracles import ShapeOracleConfig
from hitsieve.oracles.inbox import InboxConfig
from hitsieve.report.campaign_best import best_measured
from hitsieve.report.scoreboard import update_scoreboard
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


def results(path: Path, smiles: dict[str, str], **said: object) -> Path:
    """A file of lengths; ``said`` is what the laboratory says of compounds instead, by id."""
    values = {name: said.get(name, len(text)) for name, text in smiles.items()}
    rows = [f"{name},{value},1" for name, value in values.items()]
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
    (waiting,) = campaign_status(bench(library, tmp_path)).rounds
    assert (waiting.state, waiting.missing) == ("waiting", 5)
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
    closed = close_batch(bench(library, tmp_path, rounds=2), "a tube broke")
    assert (closed.round, closed.compounds, closed.missing) == (0, 12, 1)
    campaign = bench(library, tmp_path, rounds=2)
    assert campaign_status(campaign).rounds[0].failed == 1
    ask_batch(campaign)
    tell_results(bench(library, tmp_path, rounds=2), results(tmp_path / "b.csv", late))
    tell_results(
        bench(library, tmp_path, rounds=2),
        results(tmp_path / "c.csv", asked(bench(library, tmp_path, rounds=2))),
    )
    ask_batch(bench(library, tmp_path, rounds=2))
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
    job = CampaignJob(
        campaign=CampaignConfig(library=library, folder=tmp_path, initial=12),
        oracle=ShapeOracleConfig(reference="CCCCO"),
    )
    campaign = open_campaign(job, SerialExecutor())
    for call in (ask_batch, lambda c: tell_results(c, tmp_path), lambda c: close_batch(c, "x")):
        with pytest.raises(UsageError, match="measures by itself"):
            call(campaign)


def test_nothing_open_cannot_be_closed(library: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="waits for nothing"):
        close_batch(bench(library, tmp_path), "x")


def told_all(library: Path, folder: Path, name: str = "all.csv", **said: object) -> dict[str, str]:
    """Ask for a round and tell lengths, or what is said instead; return what was asked."""
    ask_batch(bench(library, folder, rounds=2))
    smiles = asked(bench(library, folder, rounds=2))
    tell_results(bench(library, folder, rounds=2), results(folder / name, smiles, **said))
    return smiles


def test_late_results_count_everywhere_at_once(library: Path, tmp_path: Path) -> None:
    ask_batch(bench(library, tmp_path, rounds=2))
    smiles = asked(bench(library, tmp_path, rounds=2))
    late = dict(list(smiles.items())[:2])
    rest = dict(list(smiles.items())[2:])
    tell_results(bench(library, tmp_path, rounds=2), results(tmp_path / "a.csv", rest))
    close_batch(bench(library, tmp_path, rounds=2), "the tubes froze")
    (before,) = campaign_status(bench(library, tmp_path, rounds=2)).rounds
    assert before.failed == 2
    top = next(iter(late))
    tell_results(bench(library, tmp_path, rounds=2), results(tmp_path / "b.csv", late, **{top: 99}))
    campaign = bench(library, tmp_path, rounds=2)
    (now,) = campaign_status(campaign).rounds
    assert (now.failed, now.best, now.best_so_far) == (0, 99, 99)
    first = best_measured(campaign, campaign.rounds())[0]
    assert (first.compound_id, first.value) == (top, "99")
    # A correction counts as well.
    path = results(tmp_path / "c.csv", {top: ""}, **{top: 55})
    assert tell_results(bench(library, tmp_path, rounds=2), path, revise=True).taken == 1
    assert campaign_status(bench(library, tmp_path, rounds=2)).rounds[0].best == 55
    # What was committed when the round was finished stays as it was.
    committed = campaign.folder.rounds()[0].labels
    assert committed["status"].to_pylist().count("failed") == 2


def test_late_results_of_a_round_that_a_model_chose_reach_the_scoreboard(
    library: Path, tmp_path: Path
) -> None:
    told_all(library, tmp_path)
    ask_batch(bench(library, tmp_path, rounds=2))
    smiles = asked(bench(library, tmp_path, rounds=2))
    close_batch(bench(library, tmp_path, rounds=2), "nothing came")
    assert update_scoreboard(bench(library, tmp_path, rounds=2)) == []
    tell_results(bench(library, tmp_path, rounds=2), results(tmp_path / "late.csv", smiles))
    (entry,) = update_scoreboard(bench(library, tmp_path, rounds=2))
    assert (entry["round"], entry["compared"]) == (1, 5)


def test_results_that_come_while_a_round_is_chosen_do_not_change_it(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path / "whole", tmp_path / "cut"):
        folder.mkdir()
        smiles = told_all(library, folder)
    ask_batch(bench(library, tmp_path / "whole", rounds=2))
    campaign = bench(library, tmp_path / "cut", rounds=2)

    def die(*_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(campaign.surrogate), "score", die)
    with pytest.raises(KeyboardInterrupt):
        ask_batch(campaign)
    monkeypatch.undo()
    name = next(iter(smiles))
    path = results(tmp_path / "cut" / "r.csv", {name: ""}, **{name: 99})
    tell_results(bench(library, tmp_path / "cut", rounds=2), path, revise=True)
    ask_batch(bench(library, tmp_path / "cut", rounds=2))
    choices = [
        bench(library, tmp_path / name, rounds=2).folder.choice(1) for name in ("whole", "cut")
    ]
    assert choices[0] == choices[1]
    status = campaign_status(bench(library, tmp_path / "cut", rounds=2))
    assert status.rounds[0].best == 99  # while it is told at once
    smiles = asked(bench(library, tmp_path / "cut", rounds=2))
    tell_results(
        bench(library, tmp_path / "cut", rounds=2), results(tmp_path / "cut" / "2.csv", smiles)
    )
    ask_batch(bench(library, tmp_path / "cut", rounds=2))
    learned = pq.read_table(tmp_path / "cut" / "c" / "training" / "round-002.parquet")
    values = dict(zip(*(learned[n].to_pylist() for n in ("compound_id", "value")), strict=True))
    assert values[name] == 99  # and taught to the next round


def test_a_batch_closed_with_no_result_goes_on_once_enough_is_told(
    library: Path, tmp_path: Path
) -> None:
    ask_batch(bench(library, tmp_path))
    smiles = asked(bench(library, tmp_path))
    assert close_batch(bench(library, tmp_path), "all was lost").missing == 12
    for _ in range(2):
        with pytest.raises(DatasetError, match="measured none of 12") as caught:
            ask_batch(bench(library, tmp_path))
        assert "hitsieve campaign tell" in str(caught.value.cure)
    few = dict(list(smiles.items())[:6])
    tell_results(bench(library, tmp_path), results(tmp_path / "a.csv", few))
    for _ in range(2):
        with pytest.raises(DatasetError, match="6 compounds of 'length' are measured") as caught:
            ask_batch(bench(library, tmp_path))
        assert "late and corrected ones count too" in str(caught.value.cure)
    assert not list((tmp_path / "c").glob("training/*"))
    tell_results(bench(library, tmp_path), results(tmp_path / "b.csv", smiles))
    assert ask_batch(bench(library, tmp_path)).waiting == 5
    learned = pq.read_table(tmp_path / "c" / "training" / "round-001.parquet")
    assert learned.num_rows == 12


def test_a_surrogate_that_refuses_its_labels_does_not_lock_the_round(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_all(library, tmp_path)
    campaign = bench(library, tmp_path, rounds=2)

    def refuse(*_arguments: object) -> str:
        raise DatasetError("too few for a test set")

    monkeypatch.setattr(type(campaign.surrogate), "train", refuse)
    with pytest.raises(DatasetError, match="too few for a test set"):
        ask_batch(campaign)
    monkeypatch.undo()
    assert not list((tmp_path / "c").glob("training/*"))
    assert not list((tmp_path / "c").glob("rounds/*.known.parquet"))
    assert ask_batch(bench(library, tmp_path, rounds=2)).waiting == 5


def test_the_audit_is_judged_anew_when_more_of_it_is_told(library: Path, tmp_path: Path) -> None:
    def opened() -> Campaign:
        return bench(library, tmp_path, initial=20, controls=0.5, rounds=1)

    ask_batch(opened())
    smiles = asked(opened())
    rest = dict(list(smiles.items())[8:])
    tell_results(opened(), results(tmp_path / "a.csv", rest))
    close_batch(opened(), "lost")
    path = opened().folder.estimate_path(0)
    before = path.read_bytes()
    tell_results(opened(), results(tmp_path / "b.csv", smiles))
    kept = path.read_bytes()
    assert kept != before  # it says which results it is of
    assert opened().folder.estimate(0) is not None
    tell_results(opened(), results(tmp_path / "c.csv", smiles))
    assert path.read_bytes() == kept


def test_a_dry_run_closes_nothing(library: Path, tmp_path: Path) -> None:
    ask_batch(bench(library, tmp_path))
    closed = close_batch(bench(library, tmp_path), "x", dry_run=True)
    assert (closed.round, closed.missing) == (0, 12)
    assert campaign_status(bench(library, tmp_path)).rounds[0].state == "waiting"
    assert ask_batch(bench(library, tmp_path)).waiting == 12


def test_two_campaigns_in_one_folder_do_not_take_each_others_results(
    library: Path, tmp_path: Path
) -> None:
    told_all(library, tmp_path)
    other = CampaignJob(
        campaign=CampaignConfig(library=library, folder=tmp_path / "d", initial=12),
        oracle=InboxConfig(folder=tmp_path / "inbox", target="ABL1", endpoint="pKd", unit="pX"),
    )
    with pytest.raises(UsageError, match=r"is of 'length', text_length in 1.*not of 'ABL1', pKd"):
        open_campaign(other, SerialExecutor())
    apart = other.model_copy(
        update={"oracle": InboxConfig(target="ABL1", endpoint="pKd", unit="pX")}
    )
    assert ask_batch(open_campaign(apart, SerialExecutor())).waiting == 12


def test_a_bound_above_all_exact_values_is_never_best(library: Path, tmp_path: Path) -> None:
    ask_batch(bench(library, tmp_path, rounds=2))
    smiles = asked(bench(library, tmp_path, rounds=2))
    poorer, better = list(smiles)[:2]
    tell_results(
        bench(library, tmp_path, rounds=2),
        results(tmp_path / "a.csv", smiles, **{poorer: "<90", better: ">5"}),
    )
    campaign = bench(library, tmp_path, rounds=2)
    exact = max(len(text) for name, text in smiles.items() if name not in {poorer, better})
    (one,) = campaign_status(campaign).rounds
    assert (one.best, one.best_so_far, one.bounds, one.failed) == (exact, exact, 2, 0)
    best = best_measured(campaign, campaign.rounds())
    assert float(best[0].value) == exact
    assert (best[-1].compound_id, best[-1].value, best[-1].rank) == (poorer, "< 90", None)
    assert "> 5" in {each.value for each in best}
    # Nor does it set the value to beat: no pick of the next round could reach it.
    ask_batch(campaign)
    chosen = bench(library, tmp_path, rounds=2).folder.choice(1)
    assert chosen is not None
    assert max(pick.value or 0 for pick in chosen.picks) > 0.01
