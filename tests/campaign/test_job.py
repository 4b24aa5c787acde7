from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hitsieve.campaign.job import CampaignJob, load_job, open_campaign, run_job, start_job
from hitsieve.campaign.panel import Panel, PanelSurrogate
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.surrogate import GraphSurrogate
from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, NotFoundError, UsageError
from hitsieve.oracles.inbox import InboxOracle

COMMAND = {
    "kind": "command",
    "argv": ["true", "{input}"],
    "endpoint": "e",
    "unit": "1",
    "higher_is_better": True,
}
WISH = {"target": "a", "transform": {"low": 0, "high": 1}}


def job(library: Path, folder: Path, **changes: Any) -> CampaignJob:
    campaign = {"library": library, "folder": folder, "initial": 12, "batch": 5, "rounds": 0}
    values = {"campaign": {**campaign, **changes.pop("campaign", {})}, **changes}
    return parse_config(CampaignJob, values)


def test_a_campaign_is_all_in_its_folder(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    started = start_job(job(library, Path("here")))
    assert started == tmp_path / "here"
    again = load_job(started)
    assert again.campaign.folder == started
    assert again.campaign.library.is_absolute()
    start_job(job(library, Path("here"), campaign={"rounds": 3}))
    assert load_job(started).campaign.rounds == 3
    with pytest.raises(UsageError, match="another campaign"):
        start_job(job(library, Path("here"), campaign={"seed": 99}))
    assert load_job(started).campaign.seed == 7
    with pytest.raises(NotFoundError, match="no campaign in"):
        load_job(tmp_path)


def test_the_surrogate_is_what_was_asked_for(library: Path, tmp_path: Path) -> None:
    for kind, wanted in (("quick", QuickSurrogate), ("graph", GraphSurrogate)):
        opened = open_campaign(
            job(library, tmp_path / kind, surrogate={"kind": kind}), SerialExecutor()
        )
        assert isinstance(opened.surrogate, wanted)
        assert opened.oracle.name == "shape"


def test_a_panel_needs_an_oracle_for_each_target(library: Path, tmp_path: Path) -> None:
    panel = [{**COMMAND, "target": name} for name in ("a", "b")]
    opened = open_campaign(
        job(library, tmp_path / "x", panel=panel, objective={"components": [WISH]}),
        SerialExecutor(),
    )
    assert isinstance(opened.oracle, Panel)
    assert isinstance(opened.surrogate, PanelSurrogate)
    missing = {"components": [{**WISH, "target": "c"}]}
    with pytest.raises(ConfigError, match="the objective names"):
        open_campaign(
            job(library, tmp_path / "y", panel=panel, objective=missing), SerialExecutor()
        )
    with pytest.raises(ConfigError, match="given together"):
        job(library, tmp_path, panel=panel)


def test_a_job_runs(library: Path, tmp_path: Path) -> None:
    script = "import sys; print('compound_id,value')\nfor line in open(sys.argv[1]):"
    script += "\n    smiles, name = line.split(); print(name + ',' + str(len(smiles)))"
    (tmp_path / "length.py").write_text(script)
    oracle = {
        **COMMAND,
        "target": "length",
        "argv": ["python", str(tmp_path / "length.py"), "{input}"],
        "files": [str(tmp_path / "length.py")],
    }
    settings = job(library, tmp_path / "c", oracle=oracle, campaign={"initial": 3})
    with SerialExecutor() as executor:
        found = run_job(settings, executor)
    assert found.measured == 3
    assert all(value > 2 for value in found.rounds[0].values)


INBOX = {"kind": "inbox", "target": "CDK2", "endpoint": "pIC50", "unit": "pX"}


def test_a_laboratory_keeps_its_inbox_in_the_folder_of_the_campaign(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    started = start_job(job(library, Path("here"), oracle=INBOX))
    opened = open_campaign(load_job(started), SerialExecutor())
    assert isinstance(opened.oracle, InboxOracle)
    assert opened.oracle.config.folder == tmp_path / "here" / "inbox"
    plain = open_campaign(job(library, Path("there"), oracle=INBOX), SerialExecutor())
    assert isinstance(plain.oracle, InboxOracle)
    assert plain.oracle.config.folder == Path("there") / "inbox"
    named = start_job(job(library, Path("else"), oracle={**INBOX, "folder": "bench"}))
    assert load_job(named).oracle.folder == tmp_path / "bench"  # type: ignore[union-attr]
