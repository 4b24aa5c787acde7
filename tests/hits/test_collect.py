"""A hit list is the top of all scores, joined with the right library and the right model."""

from __future__ import annotations

import dataclasses
import json
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.errors import ChecksumError, NotFoundError, SchemaError
from hitsieve.hits import collect, collect_all, export
from hitsieve.library import Library
from hitsieve.registry.bundle import read_bundle, write_bundle
from hitsieve.schema import WITHDRAWN
from hitsieve.scoring.load import load_scorer
from hitsieve.screen import top_hits
from hitsieve.screen.plan import load_plan

if TYPE_CHECKING:
    from pathlib import Path


def test_the_list_is_the_top_of_a_full_sort(tiny: Any) -> None:
    files = (tiny.screen / "scores").rglob("*.parquet")
    rows = pa.concat_tables([pq.read_table(path) for path in files]).to_pylist()
    best = sorted(rows, key=lambda r: (-r["score"], r["compound_id"]))[:30]
    found = collect(tiny.screen, "logP", k=30).hits.to_pylist()
    assert [(h["compound_id"], h["score"]) for h in found] == [
        (r["compound_id"], r["score"]) for r in best
    ]


def test_every_row_carries_its_own_library_row(tiny: Any) -> None:
    library = {
        row["compound_id"]: row
        for table in Library.open(tiny.library).iter_tables()
        for row in table.to_pylist()
    }
    for hit in collect(tiny.screen, "logP", k=200).hits.to_pylist():
        row = library[hit["compound_id"]]
        assert (hit["smiles"], hit["source_ids"], hit["mw"]) == (
            row["smiles"], row["source_ids"], row["mw"],
        )  # fmt: skip


def test_a_screened_training_compound_is_its_own_neighbor(tiny: Any) -> None:
    found = collect(tiny.screen, "logP", k=200)
    assert found.hits.num_rows == 127  # all were measured
    for hit in found.hits.to_pylist():
        assert hit["nearest_similarity"] == pytest.approx(1.0)
        assert not hit["novel"]
        assert hit["domain_reason"]
    assert len(found.known) == 127


def test_facts_name_model_screen_and_library(tiny: Any) -> None:
    hit = collect(tiny.screen, "logP", k=1).hits.to_pylist()[0]
    assert (hit["model"], hit["screen"], hit["library"]) == ("clogp@1", "first", "library")
    assert (hit["endpoint"], hit["unit"]) == ("clogp", "log units")


def test_a_hit_that_no_supplier_lists_any_more_says_so(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, kept = collect(tiny.screen, "logP", k=2).hits.to_pylist()
    assert gone["available"]
    assert kept["available"]
    marks = WITHDRAWN.build(
        {
            "compound_id": [gone["compound_id"]] * len(gone["source_ids"]),
            "source_id": gone["source_ids"],
            "supplier": [""] * len(gone["source_ids"]),  # whose file this library is made of
            "release": ["acme@2"] * len(gone["source_ids"]),
        }
    )
    monkeypatch.setattr(Library, "withdrawn", lambda _: marks)
    hits = collect(tiny.screen, "logP", k=2).hits
    assert hits.column("available").to_pylist() == [False, True]


def test_none_asked_none_given(tiny: Any) -> None:
    assert collect(tiny.screen, "logP", k=0).hits.num_rows == 0


def test_all_lists_are_one_here(tiny: Any) -> None:
    lists = collect_all(tiny.screen, k=2)
    assert [(item.target.name, item.model.reference) for item in lists] == [("logP", "clogp@1")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"targets": ["logp"]}, r"no target 'logp' \(did you mean 'logP'"),
        ({"model": "clogp@2"}, r"by model 'clogp@2' \(did you mean 'clogp@1'"),
    ],
)
def test_what_is_not_there_is_named(tiny: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(NotFoundError, match=message):
        collect_all(tiny.screen, **options)


@pytest.fixture
def moved(tiny: Any, tmp_path: Path) -> Path:
    """Copy everything, and remove the screen's knowledge of where the original was."""
    for name in ("library", "models"):
        shutil.copytree(getattr(tiny, name), tmp_path / name)
    shutil.copytree(tiny.screen, tmp_path / "screen")
    path = tmp_path / "screen" / "screen.json"
    plan = json.loads(path.read_text())
    plan["library"] = str(tmp_path / "gone")
    for model in plan["models"]:
        model["folder"] = str(tmp_path / "gone" / model["reference"])
    path.write_text(json.dumps(plan))
    return tmp_path


def _other_model(tiny: Any, folder: Path) -> None:
    """Write a model of the same name and version with another card."""
    contents = read_bundle(tiny.models / "clogp" / "1").contents
    card = contents.card.model_copy(update={"summary": "another"})
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_bundle(folder, dataclasses.replace(contents, card=card))


def test_library_and_model_may_move(tiny: Any, moved: Path) -> None:
    with pytest.raises(NotFoundError, match="clogp@1 is no longer at"):
        collect(moved / "screen", "logP")
    with pytest.raises(NotFoundError, match="the library of the screen is no longer at"):
        collect(moved / "screen", "logP", registry=moved / "models")
    found = collect(moved / "screen", "logP", library=moved / "library", registry=moved / "models")
    there = collect(tiny.screen, "logP")
    assert found.hits.column("compound_id") == there.hits.column("compound_id")


def test_a_project_that_was_moved_as_a_whole_needs_no_word_of_it(
    tiny: Any, moved: Path, tmp_path: Path
) -> None:
    path = moved / "screen" / "screen.json"
    plan = json.loads(path.read_text())
    plan["library"] = "/cluster/project/library"
    for model in plan["models"]:
        model["folder"] = "/cluster/project/models/clogp/1"
    path.write_text(json.dumps(plan))
    here = tmp_path / "laptop" / "project"
    (here / "screens").mkdir(parents=True)
    shutil.move(moved / "screen", here / "screens" / "first")
    for name in ("library", "models"):
        shutil.move(moved / name, here / name)
    found = collect(here / "screens" / "first", "logP")
    assert found.hits.column("compound_id") == collect(tiny.screen, "logP").hits["compound_id"]
    other = tmp_path / "other"
    _other_model(tiny, other / "clogp" / "1")
    hidden = collect(here / "screens" / "first", "logP", registry=other)
    assert hidden.hits.equals(found.hits)


def test_another_model_of_the_name_is_refused(tiny: Any, moved: Path) -> None:
    shutil.rmtree(moved / "models" / "clogp" / "1")
    _other_model(tiny, moved / "models" / "clogp" / "1")
    with pytest.raises(ChecksumError, match="is not the model that scored"):
        collect(moved / "screen", "logP", library=moved / "library", registry=moved / "models")


def test_another_library_is_refused(tiny: Any, moved: Path) -> None:
    path = moved / "library" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["shards"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest))
    with pytest.raises(SchemaError, match="is not the library that was screened"):
        collect(tiny.screen, "logP", library=moved / "library")


def test_the_plan_is_that_of_the_screen(tiny: Any) -> None:
    assert collect(tiny.screen, "logP").plan.fingerprint == load_plan(tiny.screen).fingerprint


def test_a_list_of_the_domain_is_the_top_of_what_lies_in_it(tiny: Any) -> None:
    everything = collect(tiny.screen, "logP", k=200)
    inside = [h["compound_id"] for h in everything.hits.to_pylist() if h["in_domain"]]
    assert 0 < everything.outside == 127 - len(inside)
    found = collect(tiny.screen, "logP", k=20, in_domain=True)
    assert found.hits.column("compound_id").to_pylist() == inside[:20]
    assert found.in_domain
    assert found.outside == 0


def test_plain_strings_name_places_too(tiny: Any, tmp_path: Path) -> None:
    asked = {"library": str(tiny.library), "registry": str(tiny.models)}
    found = collect(str(tiny.screen), "logP", k=5, **asked)  # type: ignore[arg-type]
    assert found.hits.equals(collect(tiny.screen, "logP", k=5).hits)
    assert collect_all(str(tiny.screen), k=5)[0].hits.equals(found.hits)
    target = str(tmp_path / "best.csv")
    assert export(found.hits, target) == export(found.hits, tmp_path / "again.csv")
    assert top_hits(str(tiny.screen), "logP", k=5).num_rows == 5
    bundle = str(tiny.models / "clogp" / "1")
    assert load_scorer(bundle).name == "clogp@1"
    assert read_bundle(bundle).digest == found.bundle.digest
