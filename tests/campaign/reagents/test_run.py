from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign.reagents import ReagentCampaignConfig, ReagentStanding, run_reagent_campaign
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.engine import SerialExecutor
from hitsieve.errors import DatasetError, UsageError
from hitsieve.library.enumerate import EnumerationConfig
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Told = Callable[[str, int, int], None]


def _run(
    space: dict[str, Any],
    folder: Path,
    oracle: FakeOracle | None = None,
    told: Told | None = None,
    **changes: Any,
) -> ReagentStanding:
    config = ReagentCampaignConfig.model_validate(
        {
            "folder": folder, "space": space, "evaluations": 110, "warm_up": 1, "batch": 20,
            "shortlist": 12, **changes,
        }
    )  # fmt: skip
    with SerialExecutor() as executor:
        return run_reagent_campaign(config, oracle or FakeOracle(), executor, progress=told)


def _picks(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "rounds").iterdir())}


def test_finds_the_longest_of_nine_hundred(space: dict[str, Any], tmp_path: Path) -> None:
    log = tmp_path / "log"
    found = _run(space, tmp_path / "c", FakeOracle(log=log))
    assert found.combinations == 900
    assert found.measured == 110
    best = found.best(10, higher_is_better=True)
    assert best[0]["value"] == len("CCCCCCCCCCCCCCCOCCNC(=O)NCCCCCCCCCCCCCCCCOC")
    assert best[-1]["value"] >= best[0]["value"] - 4
    assert best[0]["product"] == "urea:i29.a29"
    measured = log.read_text().splitlines()
    assert len(measured) == len(set(measured)) == 110


def test_lower_may_be_better(space: dict[str, Any], tmp_path: Path) -> None:
    oracle = FakeOracle()
    oracle.higher_is_better = False
    found = _run(space, tmp_path / "c", oracle)
    assert found.best(1, higher_is_better=False)[0]["product"] == "urea:i0.a0"


def test_interrupted_anywhere_it_makes_the_same_picks(
    space: dict[str, Any], tmp_path: Path
) -> None:
    _run(space, tmp_path / "whole")
    whole = _picks(tmp_path / "whole")
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
            _run(space, folder, FakeOracle(log=log), told)
        _run(space, folder, FakeOracle(log=log))
        assert _picks(folder) == whole
        measured = log.read_text().splitlines()
        assert len(measured) == len(set(measured)) == 110


def test_more_evaluations_prolong_it(space: dict[str, Any], tmp_path: Path) -> None:
    first = _run(space, tmp_path / "c", evaluations=70)
    longer = _run(space, tmp_path / "c", evaluations=110)
    assert longer.measured == 110
    assert [one.picks for one in longer.rounds[: len(first.rounds)]] == [
        one.picks for one in first.rounds
    ]


def test_another_seed_is_another_campaign(space: dict[str, Any], tmp_path: Path) -> None:
    _run(space, tmp_path / "c", evaluations=40)
    with pytest.raises(UsageError, match="another campaign"):
        _run(space, tmp_path / "c", evaluations=40, seed=8)


def test_a_small_space_is_measured_to_its_end(space: dict[str, Any], tmp_path: Path) -> None:
    for role in ("isocyanate", "amine"):
        path = tmp_path / f"{role}.smi"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:5]))
    found = _run(space, tmp_path / "c", evaluations=100, batch=7)
    whole = SynthonSpace(EnumerationConfig.model_validate(space))
    made = [whole.make((0, i, j)) for i in range(5) for j in range(5)]
    distinct = {one.compound_id for one in made if one is not None}
    assert 15 < found.measured == len(distinct) < 25, "two ways lead to some ureas"


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
    found = _run(both, tmp_path / "c", evaluations=130)
    names = [name for one in found.rounds for name in one.surrogate["products"]]
    assert {name.partition(":")[0] for name in names} == {"urea", "amide_coupling"}
    assert found.best(1, higher_is_better=True)[0]["product"] == "urea:i29.a29"


def test_failures_are_counted_and_not_learned_from(space: dict[str, Any], tmp_path: Path) -> None:
    clean = _run(space, tmp_path / "clean", evaluations=40)
    sick = {pick.compound_id: "fail" for pick in clean.rounds[0].picks}
    with pytest.raises(DatasetError, match="too few products"):
        _run(space, tmp_path / "c", FakeOracle(sick), evaluations=40)
