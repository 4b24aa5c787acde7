"""``hitsieve hits`` shows and writes the same list."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from hitsieve.schema import SCORES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]


def test_the_list_is_shown_tab_separated(hitsieve: Run, tiny: Any) -> None:
    lines = hitsieve("hits", tiny.screen, "--top", "5").stdout.splitlines()
    assert lines[0].startswith("target\trank\tcompound_id\tscore")
    assert [line.split("\t")[1] for line in lines[1:]] == ["1", "2", "3", "4", "5"]


def test_every_format_holds_the_same_compounds(hitsieve: Run, tiny: Any, tmp_path: Path) -> None:
    names = ("hits.csv", "hits.sdf", "hits.parquet", "hits.html")
    files = [argument for name in names for argument in ("--out", name)]
    result = hitsieve("hits", tiny.screen, "--top", "7", *files, "--json")
    assert result.exit_code == 0, result.stderr
    ids = [hit["compound_id"] for hit in json.loads(result.stdout)]
    assert len(ids) == 7
    rows = csv.DictReader(io.StringIO((tmp_path / "hits.csv").read_text()))
    assert [row["compound_id"] for row in rows] == ids
    table = pq.read_table(tmp_path / "hits.parquet")
    assert table.column("compound_id").to_pylist() == ids
    for name in ("hits.sdf", "hits.html"):
        text = (tmp_path / name).read_text()
        assert all(compound in text for compound in ids)


def test_files_leave_stdout_empty(hitsieve: Run, tiny: Any) -> None:
    result = hitsieve("hits", tiny.screen, "--out", "hits.csv")
    assert result.stdout == ""
    assert "wrote hits.csv" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--out", "hits.xlsx"], 2, "cannot write hits as 'hits.xlsx'"),
        (["--target", "logp"], 3, "did you mean 'logP'"),
        (["--by", "clogp@7"], 3, "did you mean 'clogp@1'"),
        (["--top", "0"], 2, "--top"),
        (["--library", "nowhere"], 3, "nowhere"),
    ],
)
def test_wrong_requests_end_with_their_code(
    hitsieve: Run, tiny: Any, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    result = hitsieve("hits", tiny.screen, *arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert not list(tmp_path.glob("hits.*"))


def test_a_quarantined_model_is_warned_of(hitsieve: Run, tiny: Any, tmp_path: Path) -> None:
    shutil.copytree(tiny.models, tmp_path / "models")
    asked = ("hits", tiny.screen, "--top", "3")
    assert "quarantined" not in hitsieve(*asked).stderr
    hitsieve("models", "quarantine", "clogp@1", "--reason", "wrong <plates>")
    names = ("hits.html", "hits.csv", "hits.sdf", "hits.parquet")
    result = hitsieve(*asked, *(part for name in names for part in ("--out", name)), "--json")
    assert result.exit_code == 0
    records = json.loads(result.stdout)
    assert len(records) == 3
    told = records[0]["quarantined"]
    assert told.startswith("clogp@1 is quarantined since 20")
    assert told.endswith("wrong <plates>")
    rows = csv.DictReader(io.StringIO((tmp_path / "hits.csv").read_text()))
    assert [row["quarantined"] for row in rows] == [told] * 3
    table = pq.read_table(tmp_path / "hits.parquet")
    assert table.column("quarantined").to_pylist() == [told] * 3
    assert (tmp_path / "hits.sdf").read_text().count(f">  <quarantined>\n{told}\n") == 3
    warning = next(line for line in result.stderr.splitlines() if line.startswith("warning"))
    assert "clogp@1 is quarantined since 20" in warning
    assert "wrong <plates>" in warning
    page = (tmp_path / "hits.html").read_text()
    assert "A model of this screen is quarantined" in page
    assert "clogp@1: wrong &lt;plates&gt;" in page
    assert "Since 20" in page
    hitsieve("models", "lift", "clogp@1", "--reason", "read anew")
    free = hitsieve(*asked, "--out", "free.sdf", "--json")
    assert "quarantined" not in free.stderr
    assert {record["quarantined"] for record in json.loads(free.stdout)} == {""}
    assert "quarantined" not in (tmp_path / "free.sdf").read_text()


def test_hits_outside_the_domain_are_counted_and_can_be_left_out(hitsieve: Run, tiny: Any) -> None:
    everything = hitsieve("hits", tiny.screen, "--top", "200", "--json")
    flags = [hit["in_domain"] for hit in json.loads(everything.stdout)]
    outside = flags.count(False)
    assert outside
    assert f"logP: {outside} of {len(flags)} hits lie outside the domain" in everything.stderr
    assert "--in-domain" in everything.stderr
    inside = hitsieve("hits", tiny.screen, "--top", "200", "--in-domain", "--json")
    assert [hit["in_domain"] for hit in json.loads(inside.stdout)] == [True] * flags.count(True)
    assert "outside the domain" not in inside.stderr


def test_an_empty_list_says_why(hitsieve: Run, tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Callable[..., Any] = lambda *_, **__: SCORES.empty()  # noqa: E731
    monkeypatch.setattr(sys.modules["hitsieve.hits.collect"], "top_hits", nothing)
    assert "no compound has a score yet" in hitsieve("hits", tiny.screen).stderr
    told = hitsieve("hits", tiny.screen, "--in-domain")
    assert "no compound inside the domain has a score" in told.stderr
    assert told.stdout.startswith("target\trank")
