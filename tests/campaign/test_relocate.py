"""A campaign goes on where its folder lies now, not where it lay when it began."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign.job import CampaignJob, Job, load_job, run_job, start_job
from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import NotFoundError
from hitsieve.library import LibraryConfig, build_library

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import sys
with open(sys.argv[2], "a") as log:
    print("compound_id,value")
    for line in open(sys.argv[1]):
        smiles, name = line.split()
        log.write(name + chr(10))
        print(name + "," + str(len(smiles)))
"""


@pytest.fixture
def project(library: Path, tmp_path: Path) -> Path:
    """A folder with a library, a program that counts what it measures, and a campaign begun."""
    here = tmp_path / "project"
    shutil.copytree(library, here / "libraries" / "m")
    (tmp_path / "length.py").write_text(SCRIPT)
    start_job(_job(tmp_path, here))
    return here


def _job(root: Path, project: Path, **changes: Any) -> CampaignJob:
    oracle = {
        "kind": "command",
        "target": "length",
        "endpoint": "e",
        "unit": "1",
        "higher_is_better": True,
        "argv": ["python", str(root / "length.py"), "{input}", str(root / "measured.txt")],
    }
    campaign = {"library": project / "libraries" / "m", "folder": project / "campaigns" / "c",
                "initial": 12, "batch": 4, "rounds": 1, **changes}  # fmt: skip
    quick = {"kind": "quick", "kinds": ["bit_process"]}
    return parse_config(CampaignJob, {"campaign": campaign, "oracle": oracle, "surrogate": quick})


def _run(job: Job) -> list[str]:
    with SerialExecutor() as executor:
        done = run_job(job, executor)
    return [pick.compound_id for one in done.rounds for pick in one.picks]


def _measured(root: Path) -> list[str]:
    path = root / "measured.txt"
    return path.read_text().split() if path.is_file() else []


def test_a_project_that_was_moved_goes_on_and_measures_nothing_again(
    project: Path, tmp_path: Path
) -> None:
    before = _run(load_job(project / "campaigns" / "c"))
    assert len(_measured(tmp_path)) == len(before) == 16
    moved = tmp_path / "laptop" / "project"
    moved.parent.mkdir()
    shutil.move(project, moved)
    job = load_job(moved / "campaigns" / "c")
    assert job.campaign.folder == moved / "campaigns" / "c"
    assert job.campaign.library == moved / "libraries" / "m"
    assert _run(job) == before
    assert len(_measured(tmp_path)) == 16
    assert not project.exists()
    start_job(_job(tmp_path, moved, rounds=2))
    assert _run(load_job(moved / "campaigns" / "c"))[:16] == before
    assert len(_measured(tmp_path)) == 20


def test_a_copy_leaves_the_original_alone(project: Path) -> None:
    first = project / "campaigns" / "c"
    shutil.copytree(first, project / "campaigns" / "copy")
    job = load_job(project / "campaigns" / "copy")
    assert job.campaign.library == project / "libraries" / "m"
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    _run(job)
    assert before == {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    assert (project / "campaigns" / "copy" / "labels").is_dir()


def test_another_library_of_that_name_is_not_taken(project: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.move(project, moved)
    shutil.rmtree(moved / "libraries" / "m")
    (tmp_path / "other.smi").write_text("CCO a\nCCCO b\nCCCCO c\nCCCCCO d\n")
    config = LibraryConfig(inputs=[str(tmp_path / "other.smi")], output=moved / "libraries" / "m")
    with SerialExecutor() as executor:
        build_library(config, executor)
    with pytest.raises(NotFoundError, match="the library of the campaign is no longer") as caught:
        load_job(moved / "campaigns" / "c")
    assert str(moved / "campaigns" / "c" / "campaign.yaml") in caught.value.cure


def test_paths_in_the_folder_move_with_it(project: Path, tmp_path: Path) -> None:
    asked = {"kind": "inbox", "target": "CDK2", "endpoint": "pIC50", "unit": "pX"}
    folder = project / "campaigns" / "bench"
    plain = _job(tmp_path, project, folder=folder)
    (project / "ours.txt").write_text("2O\n")
    campaign = {**plain.campaign.model_dump(), "exclude": [project / "ours.txt"]}
    start_job(parse_config(CampaignJob, {"campaign": campaign, "oracle": asked}))
    shutil.copytree(folder, tmp_path / "bench")
    job = load_job(tmp_path / "bench")
    assert isinstance(job, CampaignJob)
    assert job.oracle is not None
    assert getattr(job.oracle, "folder", None) == tmp_path / "bench" / "inbox"
    assert job.campaign.exclude == (project / "ours.txt",)


def test_a_file_of_a_campaign_that_began_elsewhere_is_no_campaign(
    project: Path, tmp_path: Path
) -> None:
    kept = project / "campaigns" / "c" / "campaign.yaml"
    shutil.copy(kept, tmp_path / "campaign.yaml")
    with pytest.raises(NotFoundError, match="no campaign was begun in") as caught:
        load_job(tmp_path)
    assert "campaign start" in caught.value.cure


def test_a_link_to_the_folder_is_the_folder(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project / "campaigns" / "c")
    assert load_job(tmp_path / "link").campaign.folder == project / "campaigns" / "c"
