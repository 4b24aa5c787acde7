from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hitsieve.campaign.job import (
    CampaignJob,
    check_job,
    load_job,
    open_campaign,
    run_job,
    start_job,
)
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.panel_surrogate import PanelSurrogate
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.surrogate import GraphSurrogate
from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, DatasetError, NotFoundError, UsageError
from hitsieve.library import Library
from hitsieve.oracles import ShapeOracleConfig, label_rows
from hitsieve.oracles.inbox import InboxOracle
from hitsieve.oracles.protocol import Measurement
from hitsieve.store.files import write_parquet_atomic
from hitsieve.testing.oracle_kit import FakeOracle

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
    if not {"oracle", "panel"} & set(values):
        values["oracle"] = {"kind": "shape", "reference": "CCCCO"}
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


def test_what_nobody_asked_for_is_not_measured(library: Path, tmp_path: Path) -> None:
    for oracle in (None, {"kind": "shape"}):
        with pytest.raises(ConfigError, match=r"nothing measures|needs `reference`"):
            job(library, tmp_path, oracle=oracle)
    panel = {"panel": [{**COMMAND, "target": "a"}], "objective": {"components": [WISH]}}
    with pytest.raises(ConfigError, match="instead of `oracle`"):
        job(library, tmp_path, oracle={**COMMAND, "target": "b"}, **panel)
    # As older versions kept it beside a panel.
    kept = ShapeOracleConfig().model_dump(mode="json")
    assert job(library, tmp_path, oracle=kept, **panel).panel


def test_a_kept_shape_names_its_reference(library: Path, tmp_path: Path) -> None:
    started = start_job(job(library, tmp_path / "c"))
    assert load_job(started).oracle.reference == "CCCCO"  # type: ignore[union-attr]


def table_of(library: Path, path: Path) -> None:
    pairs = [
        (row["compound_id"], row["smiles"])
        for table in Library.open(library).iter_tables(["compound_id", "smiles"])
        for row in table.to_pylist()
    ]
    found = [Measurement(float(len(smiles))) for _, smiles in pairs]
    write_parquet_atomic(path, label_rows(FakeOracle(), pairs, found))


def lookup(path: Path) -> dict[str, Any]:
    return {"kind": "lookup", "labels": path, "target": "length", "higher_is_better": True}


def test_all_is_opened_before_it_begins_and_nothing_written(library: Path, tmp_path: Path) -> None:
    table_of(library, tmp_path / "labels.parquet")
    good = {"oracle": lookup(tmp_path / "labels.parquet")}
    assert check_job(job(library, tmp_path / "c", **good)) == []
    assert not (tmp_path / "c").exists()
    with pytest.raises(NotFoundError, match="no-labels"):
        check_job(job(library, tmp_path / "c", oracle=lookup(tmp_path / "no-labels.parquet")))
    with pytest.raises(NotFoundError, match="no-library"):
        check_job(job(tmp_path / "no-library", tmp_path / "c", **good))
    with pytest.raises(NotFoundError, match="no exclusion list"):
        check_job(job(library, tmp_path / "c", campaign={"exclude": [tmp_path / "x"]}, **good))
    with pytest.raises(DatasetError, match="has 60 compounds, round 0 measures 61"):
        check_job(job(library, tmp_path / "c", campaign={"initial": 61}, **good))
    unheard = {"surrogate": {"kind": "graph", "recipe": "unheard-of"}, **good}
    with pytest.raises(NotFoundError, match="recipe"):
        check_job(job(library, tmp_path / "c", **unheard))
    assert not (tmp_path / "c").exists()
    start_job(job(library, tmp_path / "c", **good))
    with pytest.raises(UsageError, match=r"config\.seed was 7 and is 8"):
        check_job(job(library, tmp_path / "c", campaign={"seed": 8}, **good))


def test_names_that_exclude_nothing_are_told(library: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("5N sold out\nNOBODY\n7Z\n")
    (said,) = check_job(job(library, tmp_path / "c", campaign={"exclude": [tmp_path / "x"]}))
    assert "2 of 3 names are of no compound" in said
    assert "7Z, NOBODY" in said


@pytest.mark.parametrize("asked", [{"prune": {"loss": 0.02}}, {"fine_tune": True}, {"rescore": 9}])
def test_what_graph_networks_do_not_do_is_said(
    library: Path, tmp_path: Path, asked: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match="goes with `kind: quick`"):
        job(library, tmp_path, surrogate={"kind": "graph", **asked})
