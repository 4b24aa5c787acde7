from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.campaign.picks import CONTROL
from hitsieve.campaign.reagents import ReagentCampaign, ReagentCampaignConfig, run_reagent_campaign
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.engine import SerialExecutor
from hitsieve.errors import DatasetError, UsageError
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.campaign.loop import CampaignSummary
    from hitsieve.campaign.state import Round

    Told = Callable[[str, int, int], None]

LONGEST = "urea:i29.a29"


def _config(space: dict[str, Any], folder: Path, **changes: Any) -> ReagentCampaignConfig:
    return ReagentCampaignConfig.model_validate(
        {
            "folder": folder, "library": space, "warm_up": 1, "batch": 20, "shortlist": 12,
            "budget": {"measurements": 110}, **changes,
        }
    )  # fmt: skip


def _run(
    space: dict[str, Any],
    folder: Path,
    oracle: FakeOracle | None = None,
    told: Told | None = None,
    **changes: Any,
) -> CampaignSummary:
    config = _config(space, folder, **changes)
    with SerialExecutor() as executor:
        return run_reagent_campaign(config, oracle or FakeOracle(), executor, progress=told)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "rounds").iterdir())}


def _best(rounds: tuple[Round, ...], *, higher: bool = True) -> list[tuple[float, str]]:
    rows = [
        (value, name)
        for one in rounds
        for value, name in zip(one.values, one.surrogate["products"], strict=True)
        if not np.isnan(value)
    ]
    return sorted(rows, key=lambda row: (-row[0] if higher else row[0], row[1]))


def test_finds_the_longest_of_nine_hundred(space: dict[str, Any], tmp_path: Path) -> None:
    log = tmp_path / "log"
    found = _run(space, tmp_path / "c", FakeOracle(log=log))
    assert found.measured == 110
    assert found.ending.why == "budget"
    best = _best(found.rounds)
    assert best[0] == (len("CCCCCCCCCCCCCCCOCCNC(=O)NCCCCCCCCCCCCCCCCOC"), LONGEST)
    assert best[9][0] >= best[0][0] - 4
    measured = log.read_text().splitlines()
    assert len(measured) == len(set(measured)) == 110


def test_lower_may_be_better(space: dict[str, Any], tmp_path: Path) -> None:
    oracle = FakeOracle()
    oracle.higher_is_better = False
    found = _run(space, tmp_path / "c", oracle)
    assert _best(found.rounds, higher=False)[0][1] == "urea:i0.a0"
    picks = [pick for one in found.rounds[1:] for pick in one.picks]
    values = [value for one in found.rounds[1:] for value in one.values]
    error = [pick.predicted - value for pick, value in zip(picks, values, strict=True)]
    assert np.abs(error).mean() < 2, "predictions are in the unit of the endpoint"


def test_interrupted_anywhere_it_makes_the_same_picks(
    space: dict[str, Any], tmp_path: Path
) -> None:
    _run(space, tmp_path / "whole", controls=0.2)
    whole = _files(tmp_path / "whole")
    assert any(name.endswith("estimate.json") for name in whole)
    for stop in (3, 35, 60, 85):
        folder = tmp_path / f"cut-{stop}"
        calls = 0

        def told(_stage: str, _done: int, _total: int, stop: int = stop) -> None:
            nonlocal calls
            calls += 1
            if calls == stop:
                raise KeyboardInterrupt

        log = tmp_path / f"log-{stop}"
        with pytest.raises(KeyboardInterrupt):
            _run(space, folder, FakeOracle(log=log), told, controls=0.2)
        _run(space, folder, FakeOracle(log=log), controls=0.2)
        assert _files(folder) == whole
        measured = log.read_text().splitlines()
        assert len(measured) == len(set(measured)) == 110


def test_more_measurements_prolong_it(space: dict[str, Any], tmp_path: Path) -> None:
    first = _run(space, tmp_path / "c", budget={"measurements": 70})
    longer = _run(space, tmp_path / "c")
    assert longer.measured == 110
    assert [one.picks for one in longer.rounds[: len(first.rounds)]] == [
        one.picks for one in first.rounds
    ]


def test_another_seed_is_another_campaign(space: dict[str, Any], tmp_path: Path) -> None:
    _run(space, tmp_path / "c", rounds=0)
    with pytest.raises(UsageError, match="another campaign"):
        _run(space, tmp_path / "c", rounds=0, seed=8)


def test_a_small_space_is_measured_to_its_end(space: dict[str, Any], tmp_path: Path) -> None:
    for role in ("isocyanate", "amine"):
        path = tmp_path / f"{role}.smi"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:5]))
    found = _run(space, tmp_path / "c", batch=7, shortlist=2)
    config = _config(space, tmp_path / "x")
    whole = SynthonSpace(config.library, config.budget)
    made = [whole.make((0, i, j)) for i in range(5) for j in range(5)]
    distinct = {one.compound_id for one in made if one is not None}
    assert 15 < found.measured == len(distinct) < 25, "two ways lead to some ureas"
    assert found.ending.why == "pool_exhausted"


def test_reactions_share_a_round(space: dict[str, Any], tmp_path: Path) -> None:
    acids = tmp_path / "acid.smi"
    acids.write_text("".join(f"{'C' * n}C(=O)O c{n}\n" for n in range(1, 12)))
    amines = space["reagents"]["urea"]["amine"]
    both = {
        "reactions": ["urea", "amide_coupling"],
        "reagents": {
            **space["reagents"],
            "amide_coupling": {"acid": [str(acids)], "amine": amines},
        },
        "product": {},
    }
    found = _run(both, tmp_path / "c", budget={"measurements": 130})
    names = [name for one in found.rounds for name in one.surrogate["products"]]
    assert {name.partition(":")[0] for name in names} == {"urea", "amide_coupling"}
    assert _best(found.rounds)[0][1] == LONGEST


def test_failures_are_counted_and_not_learned_from(space: dict[str, Any], tmp_path: Path) -> None:
    clean = _run(space, tmp_path / "clean", rounds=0)
    sick = {pick.compound_id: "fail" for pick in clean.rounds[0].picks}
    with pytest.raises(DatasetError, match="too few products"):
        _run(space, tmp_path / "c", FakeOracle(sick))


def test_rounds_end_it_too(space: dict[str, Any], tmp_path: Path) -> None:
    found = _run(space, tmp_path / "c", rounds=1, budget={})
    assert (found.ending.why, found.measured) == ("rounds", 30 + 20)


def test_no_progress_ends_it(space: dict[str, Any], tmp_path: Path) -> None:
    stop = {"top": 3, "patience": 2}
    found = _run(space, tmp_path / "c", stop=stop, budget={"measurements": 800})
    assert found.ending.why == "no_progress"
    assert found.measured < 400
    assert _best(found.rounds)[0][1] == LONGEST


def test_a_stop_by_hand_ends_it(space: dict[str, Any], tmp_path: Path) -> None:
    _run(space, tmp_path / "c", rounds=1)
    with SerialExecutor() as executor:
        campaign = ReagentCampaign(_config(space, tmp_path / "c"), FakeOracle(), executor)
        campaign.folder.stop("enough")
        found = campaign.run()
    assert (found.ending.why, found.measured) == ("by_hand", 50)


def _audited(found: CampaignSummary) -> set[str]:
    return {name for one in found.rounds for name in one.audit}


def test_the_audit_is_measured_and_never_learned_from(
    space: dict[str, Any], tmp_path: Path
) -> None:
    found = _run(space, tmp_path / "c", controls=0.3)
    measured = [pick for one in found.rounds for pick in one.picks]
    audit = _audited(found)
    assert len(audit) == round(0.3 * 110)
    assert audit <= {pick.compound_id for pick in measured}
    spoiled = FakeOracle(dict.fromkeys(audit, "fail"))
    again = _run(space, tmp_path / "d", spoiled, controls=0.3)
    assert [one.picks for one in again.rounds] == [one.picks for one in found.rounds]
    # Whatever the campaign is after, the audit is the same random sample.
    oracle = FakeOracle()
    oracle.higher_is_better = False
    assert _audited(_run(space, tmp_path / "e", oracle, controls=0.3)) == audit


def test_the_share_found_is_estimated_each_round(space: dict[str, Any], tmp_path: Path) -> None:
    found = _run(space, tmp_path / "c", controls=0.3, stop={"top": 20})
    kept = [
        json.loads((tmp_path / "c" / "rounds" / f"round-{n:03d}.estimate.json").read_text())
        for n in range(len(found.rounds))
    ]
    assert kept[0]["method"] == "design"
    assert kept[-1]["method"] == "model"
    config = _config(space, tmp_path / "c")
    whole = SynthonSpace(config.library, config.budget)
    made = [whole.make((0, i, j)) for i in range(30) for j in range(30)]
    values = np.array(list({one.compound_id: len(one.smiles) for one in made if one}.values()))
    better = np.sort(values)[-20]
    reached = sum(value > better for value, _ in _best(found.rounds))
    assert kept[1]["high"] < 0.9
    assert kept[-1]["low"] > 0.9
    assert reached == (values > better).sum()


def test_enough_found_ends_it(space: dict[str, Any], tmp_path: Path) -> None:
    stop = {"top": 20, "share_found": 0.3}
    found = _run(space, tmp_path / "c", controls=0.2, stop=stop, budget={"measurements": 500})
    assert found.ending.why == "share_found"
    assert "of the true top 20" in found.ending.words


def test_what_is_excluded_is_never_picked(space: dict[str, Any], tmp_path: Path) -> None:
    first = _run(space, tmp_path / "c")
    best = max(first.rounds, key=lambda one: max(one.values))
    key = best.picks[int(np.argmax(best.values))].compound_id
    (tmp_path / "not.txt").write_text(f"# ours\n{key} by key\nurea:i29.a28\n")
    found = _run(space, tmp_path / "d", exclude=[tmp_path / "not.txt"], controls=0.2)
    picked = {pick.compound_id for one in found.rounds for pick in one.picks}
    names = {name for one in found.rounds for name in one.surrogate["products"]}
    assert key not in picked
    assert not {LONGEST, "urea:i29.a28"} & names


def _priced(space: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Longer reagents cost more; the last amine says no price."""
    files = {}
    for role, (name,) in space["reagents"]["urea"].items():
        rows = [line.split() for line in Path(name).read_text().splitlines()]
        lines = [
            f"{smiles},{label},{'' if label == 'a29' else 5 + n},{n}"
            for n, (smiles, label) in enumerate(rows)
        ]
        path = tmp_path / f"{role}.csv"
        path.write_text("\n".join(["smiles,id,Price,Days", *lines]) + "\n")
        files[role] = [str(path)]
    return {**space, "reagents": {"urea": files}}


def test_money_is_spent_on_what_reagents_cost_together(
    space: dict[str, Any], tmp_path: Path
) -> None:
    budget = {"money": 2500, "measuring": 2.0, "price": "Price"}
    found = _run(_priced(space, tmp_path), tmp_path / "c", budget=budget, rounds=500)
    assert found.ending.why == "budget"
    picks = [
        (pick, name)
        for one in found.rounds
        for pick, name in zip(one.picks, one.surrogate["products"], strict=True)
    ]
    for pick, name in picks:
        first, second = name.removeprefix("urea:").split(".")
        assert second != "a29", "what has no price cannot be had"
        price = 10 + int(first[1:]) + int(second[1:])
        assert (pick.price, pick.cost) == (price, price + 2)
    spent = sum(pick.cost for pick, _ in picks)
    assert 2500 - 12 < spent <= 2500, "until nothing can be paid any more"


def test_reagents_that_come_too_late_are_in_no_product(
    space: dict[str, Any], tmp_path: Path
) -> None:
    budget = {"measurements": 60, "lead_time": "days", "max_lead_time": 9}
    found = _run(_priced(space, tmp_path), tmp_path / "c", budget=budget, controls=0.2)
    picks = [pick for one in found.rounds for pick in one.picks]
    assert len(picks) == 60
    assert max(pick.days for pick in picks) == 9


def test_no_reagent_gets_more_than_its_share(space: dict[str, Any], tmp_path: Path) -> None:
    def most(found: CampaignSummary) -> int:
        last = found.rounds[2]
        names = [
            name.removeprefix("urea:").split(".")
            for pick, name in zip(last.picks, last.surrogate["products"], strict=True)
            if pick.reason != CONTROL
        ]
        assert len(names) == 20
        return max(
            max(np.unique([pair[role] for pair in names], return_counts=True)[1]) for role in (0, 1)
        )

    assert most(_run(space, tmp_path / "c", rounds=2, exploit=1.0)) > 2
    assert most(_run(space, tmp_path / "d", rounds=2, exploit=1.0, reagent_cap=0.1)) == 2
