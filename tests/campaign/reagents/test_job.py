from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hitsieve.campaign.job import (
    CampaignJob,
    check_job,
    load_job,
    open_campaign,
    pool_words,
    read_job,
    run_job,
    start_job,
)
from hitsieve.campaign.reagents import ReagentCampaign
from hitsieve.campaign.reagents.job import ReagentJob
from hitsieve.campaign.status import campaign_status
from hitsieve.config import dump_config, parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, NotFoundError, UsageError


@pytest.fixture
def job(space: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A job whose paths are relative to the current folder."""
    monkeypatch.chdir(tmp_path)
    files = {role: [Path(name).name] for role, (name,) in space["reagents"]["urea"].items()}
    Path("not.txt").write_text("urea:i0.a0\n")
    return {
        "campaign": {
            "folder": "here",
            "name": "ureas",
            "library": {**space, "reagents": {"urea": files}},
            "warm_up": 1,
            "batch": 4,
            "rounds": 1,
            "exclude": ["not.txt"],
        },
        "oracle": {"kind": "shape", "reference": "CCCCNC(=O)NCCCC"},
    }


def test_reagents_make_another_kind_of_campaign(job: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "campaign.yaml"
    path.write_text(dump_config(parse_config(ReagentJob, job)))
    assert isinstance(read_job(path), ReagentJob)
    lab = "oracle: {kind: inbox, target: t, endpoint: e, unit: '1'}\n"
    path.write_text("campaign: {library: somewhere, folder: there}\n" + lab)
    assert isinstance(read_job(path), CampaignJob)
    with pytest.raises(NotFoundError, match="no configuration file"):
        read_job(tmp_path / "absent.yaml")
    path.write_text("campaign: [")
    with pytest.raises(ConfigError, match="not readable YAML"):
        read_job(path)


def test_a_campaign_is_begun_and_found_by_its_folder(
    job: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start_job(parse_config(ReagentJob, job))
    assert started == tmp_path / "here"
    monkeypatch.chdir("/")
    kept = load_job(started)
    assert isinstance(kept, ReagentJob)
    assert kept.campaign.exclude == (tmp_path / "not.txt",)
    assert kept.campaign.library.reactions == ("urea",), "a shipped one keeps its name"
    with SerialExecutor() as executor:
        opened = open_campaign(kept, executor)
        assert isinstance(opened, ReagentCampaign)
        status = campaign_status(opened)
    assert (status.name, status.pool, status.measured) == ("ureas", 900, 0)


def test_more_is_allowed_and_another_space_is_refused(job: dict[str, Any]) -> None:
    started = start_job(parse_config(ReagentJob, job))
    longer = {**job, "campaign": {**job["campaign"], "rounds": 9}}
    start_job(parse_config(ReagentJob, longer))
    assert load_job(started).campaign.rounds == 9
    path = Path("amine.smi")
    path.write_text("CCCN other\n" + path.read_text())
    with pytest.raises(UsageError, match=r"space\.reactions\.urea"):
        start_job(parse_config(ReagentJob, longer))


def test_it_runs_to_its_end(job: dict[str, Any]) -> None:
    small = {**job, "campaign": {**job["campaign"], "budget": {"measurements": 6}}}
    with SerialExecutor() as executor:
        found = run_job(parse_config(ReagentJob, small), executor)
    assert (found.measured, found.ending.why) == (6, "budget")


def test_all_it_needs_is_looked_at_before_it_begins(job: dict[str, Any]) -> None:
    assert check_job(parse_config(ReagentJob, job)) == []
    assert pool_words(parse_config(ReagentJob, job)) == "900 products of 1 reactions"
    absent = {**job, "campaign": {**job["campaign"], "exclude": ["absent.txt"]}}
    with pytest.raises(NotFoundError, match=r"absent\.txt"):
        check_job(parse_config(ReagentJob, absent))
    with pytest.raises(ConfigError, match="needs `reference`"):
        parse_config(ReagentJob, {**job, "oracle": {"kind": "shape"}})


def test_prices_that_are_not_understood_are_told(job: dict[str, Any]) -> None:
    rows = ["CCCN,a,12.5", "CCCCN,b,on request", "CCCCCN,c,"]
    Path("amine.csv").write_text("\n".join(["smiles,id,Price", *rows]) + "\n")
    files = {**job["campaign"]["library"]["reagents"]["urea"], "amine": ["amine.csv"]}
    library = {**job["campaign"]["library"], "reagents": {"urea": files}}
    budget = {"price": "Price", "measurements": 10}
    priced = {**job, "campaign": {**job["campaign"], "library": library, "budget": budget}}
    (told,) = check_job(parse_config(ReagentJob, priced))
    assert "'Price': 1 of 2 texts" in told
    assert "'on request' of b" in told


def test_a_campaign_over_reagents_goes_on_where_its_folder_is_now(
    job: dict[str, Any], tmp_path: Path
) -> None:
    first = start_job(parse_config(ReagentJob, job))
    with SerialExecutor() as executor:
        before = run_job(load_job(first), executor)
    moved = tmp_path / "elsewhere" / "ureas"
    moved.parent.mkdir()
    first.rename(moved)
    found = load_job(moved)
    assert isinstance(found, ReagentJob)
    assert found.campaign.folder == moved
    assert found.campaign.exclude == (tmp_path / "not.txt",)
    with SerialExecutor() as executor:
        after = run_job(found, executor)
    assert [one.picks for one in after.rounds] == [one.picks for one in before.rounds]
    assert not first.exists()
