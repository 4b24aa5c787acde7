from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, FingerprintError, InputError
from hitsieve.library import Library
from hitsieve.library.config import AddConfig
from hitsieve.library.growth import add_release
from hitsieve.library.growth.diff import summarize
from hitsieve.library.rejects import write_repair_list

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Build = Callable[..., Library]

OLD = ["CCO A1", "c1ccccc1O A2", "c1ccccc1N A3", "not-a-structure A4", "CCN A5"]
NEW = ["CCO A1", "Nc1ccccc1 A3b", "c1ccncc1 A6", "also-none A5"]


def write(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def grow(base: Library, *inputs: Path, output: Path, **settings: Any) -> Library:
    config = AddConfig(
        library=base.root, inputs=[str(path) for path in inputs], output=output, **settings
    )
    with SerialExecutor() as executor:
        add_release(config, executor)
    library = Library.open(output)
    library.verify()
    return library


def rows_of(library: Library) -> dict[str, dict[str, Any]]:
    rows = [row for table in library.iter_tables() for row in table.to_pylist()]
    return {row["compound_id"]: row for row in rows}


def sources_of(library: Library) -> dict[str, list[str]]:
    return {row["smiles"]: row["source_ids"] for row in rows_of(library).values()}


@pytest.fixture
def base(build: Build, tmp_path: Path) -> Library:
    return build(write(tmp_path / "2025" / "acme.smi", OLD), output="base", supplier="acme")


def test_a_release_brings_new_structures_and_marks_withdrawn_ones(
    base: Library, tmp_path: Path
) -> None:
    release = write(tmp_path / "2026" / "acme.smi", NEW)
    grown = grow(base, release, output=tmp_path / "grown", supplier="acme")
    assert sources_of(grown) == {
        "CCO": ["A1"],
        "Oc1ccccc1": ["A2"],
        "Nc1ccccc1": ["A3", "A3b"],
        "CCN": ["A5"],
        "c1ccncc1": ["A6"],
    }
    marks = grown.withdrawn().to_pylist()
    # A5 is listed still, only its structure cannot be read: that withdraws nothing.
    assert {(m["source_id"], m["supplier"], m["release"]) for m in marks} == {
        ("A2", "acme", "acme.smi@2"),
        ("A3", "acme", "acme.smi@2"),
    }
    assert grown.manifest.origin is not None
    assert grown.manifest.origin.changes == {
        "new": 1, "gained": 1, "relisted": 1, "withdrawn": 2, "returned": 0, "reused": 0,
        "repaired": 0,
    }  # fmt: skip


def test_every_record_of_all_releases_is_accounted_for(base: Library, tmp_path: Path) -> None:
    grown = grow(base, write(tmp_path / "new.smi", NEW), output=tmp_path / "grown", supplier="acme")
    counts = grown.manifest.counts
    assert counts.records == len(OLD) + len(NEW)
    assert counts.compounds == len(grown) == 5
    assert counts.kept == counts.compounds + counts.duplicates
    refused = grown.rejects().to_pylist()
    assert [(row["source_file"], row["record"]) for row in refused] == [
        ("acme.smi", 4),
        ("new.smi", 4),
    ]
    assert counts.rejected == 2
    assert [entry.files for entry in grown.manifest.releases] == [["acme.smi"], ["new.smi"]]


def test_only_new_structures_are_featurized(
    base: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hitsieve.library import shard

    seen: list[str] = []
    featurize_all = shard.featurize_all

    def spy(smiles: list[str]) -> shard.Featurized:
        seen.extend(smiles)
        return featurize_all(smiles)

    monkeypatch.setattr(shard, "featurize_all", spy)
    grow(base, write(tmp_path / "new.smi", NEW), output=tmp_path / "grown")
    assert seen == ["c1ccncc1"]


def test_growing_equals_building_from_all_files(
    build: Build, tmp_path: Path, good_smiles: list[str]
) -> None:
    first = write(tmp_path / "a.smi", [f"{s} a{i}" for i, s in enumerate(good_smiles[:20])])
    second = write(tmp_path / "b.smi", [f"{s} b{i}" for i, s in enumerate(good_smiles[15:])])
    base = build(first, output="base", shard_rows=16)
    grown = grow(base, second, output=tmp_path / "grown")
    whole = build(first, second, output="whole", shard_rows=16)
    assert rows_of(grown) == rows_of(whole)
    assert len(base.shards) < len(grown.shards)
    assert grown.manifest.counts == whole.manifest.counts
    for shard in grown.shards:
        ids = grown.read_shard(shard.name, ["compound_id"]).column(0).to_pylist()
        assert ids == sorted(ids)
    found = grown.lookup(list(rows_of(whole)), ["compound_id"])
    assert found.num_rows == len(whole)


def test_unchanged_shards_are_the_same_files(
    build: Build, tmp_path: Path, good_smiles: list[str]
) -> None:
    lines = [f"{s} a{i}" for i, s in enumerate(good_smiles)]
    base = build(write(tmp_path / "a.smi", lines), output="base", shard_rows=4, supplier="s")
    again = write(tmp_path / "b.smi", [*lines[1:], "c1ccncc1 new"])
    grown = grow(base, again, output=tmp_path / "grown", supplier="s")
    assert grown.manifest.origin is not None
    changes = grown.manifest.origin.changes
    assert (changes["relisted"], changes["new"], changes["withdrawn"]) == (59, 1, 1)
    assert changes["reused"] == len(base.shards) - 1
    assert summarize(base, grown)["equal_shards"] == len(base.shards) - 1


def test_what_is_listed_again_returns(base: Library, tmp_path: Path) -> None:
    second = grow(base, write(tmp_path / "2.smi", NEW), output=tmp_path / "g2", supplier="acme")
    third = grow(
        second, write(tmp_path / "3.smi", OLD[:3]), output=tmp_path / "g3", supplier="acme"
    )
    marks = {(m["source_id"], m["release"]) for m in third.withdrawn().to_pylist()}
    assert marks == {("A3b", "3.smi"), ("A5", "3.smi"), ("A6", "3.smi")}
    assert third.manifest.origin is not None
    assert third.manifest.origin.changes["returned"] == 2


def test_others_and_partial_releases_withdraw_nothing(base: Library, tmp_path: Path) -> None:
    release = write(tmp_path / "new.smi", NEW)
    kinds: list[dict[str, Any]] = [{}, {"supplier": "other"}, {"supplier": "acme", "partial": True}]
    for number, settings in enumerate(kinds):
        grown = grow(base, release, output=tmp_path / f"g{number}", **settings)
        assert grown.withdrawn().num_rows == 0


def test_an_interrupted_addition_goes_on_to_the_same_bytes(
    build: Build, tmp_path: Path, good_smiles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hitsieve.store.ledger import Ledger

    base = build(
        write(tmp_path / "a.smi", good_smiles[:40]), output="base", shard_rows=8, supplier="s"
    )
    release = write(tmp_path / "b.smi", [*good_smiles[30:], "bad"])
    grow(base, release, output=tmp_path / "whole", supplier="s", chunk_records=10)
    commit = Ledger.commit
    left = [0]

    def dying(self: Ledger, record: Any) -> bool:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return commit(self, record)

    for steps in (1, 2, 2, 2):
        monkeypatch.setattr(Ledger, "commit", dying)
        left[0] = steps
        with pytest.raises(KeyboardInterrupt):
            grow(base, release, output=tmp_path / "killed", supplier="s", chunk_records=10)
    monkeypatch.undo()
    grow(base, release, output=tmp_path / "killed", supplier="s", chunk_records=10)
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")


def files_of(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "runs" not in path.parts
    }


def test_repaired_rejects_take_the_place_of_the_refused_records(
    base: Library, tmp_path: Path
) -> None:
    repaired = tmp_path / "repaired.csv"
    repaired.write_text("smiles,id,rejected_record\nCCCl,A4,acme.smi#4\n")
    grown = grow(base, repaired, output=tmp_path / "grown", supplier="acme", partial=True)
    assert sources_of(grown)["CCCl"] == ["A4"]
    assert grown.rejects().num_rows == 0
    counts = grown.manifest.counts
    assert (counts.records, counts.rejected) == (len(OLD), 0)
    assert grown.manifest.origin is not None
    assert grown.manifest.origin.changes["repaired"] == 1


def test_a_mark_of_no_refused_record_is_refused(base: Library, tmp_path: Path) -> None:
    path = tmp_path / "repaired.csv"
    path.write_text("smiles,id,rejected_record\nCCCl,A4,acme.smi#4\n")
    grown = grow(base, path, output=tmp_path / "grown", supplier="acme", partial=True)
    (tmp_path / "again.csv").write_text("smiles,id,rejected_record\nCCCl,A4b,acme.smi#4\n")
    with pytest.raises(InputError, match=r"1 of 1 repaired records .* first 'acme\.smi#4'"):
        grow(grown, tmp_path / "again.csv", output=tmp_path / "twice")
    assert not (tmp_path / "twice" / "manifest.json").exists()


def test_a_first_mark_far_down_a_list_counts(base: Library, tmp_path: Path) -> None:
    new = "".join(f"{'C' * n}N,N{n},\n" for n in range(2, 140))
    path = tmp_path / "repaired.csv"
    path.write_text(f"smiles,id,rejected_record\n{new}CCCl,A4,acme.smi#4\n")
    grown = grow(base, path, output=tmp_path / "grown")
    assert grown.rejects().num_rows == 0
    assert grown.manifest.counts.records == len(OLD) + 138


def test_wrong_requests_are_refused_before_any_work(base: Library, tmp_path: Path) -> None:
    release = write(tmp_path / "new.smi", NEW)
    with pytest.raises(ConfigError, match="is the library itself"):
        grow(base, release, output=base.root)
    with pytest.raises(InputError, match="this very file already"):
        grow(base, tmp_path / "2025" / "acme.smi", output=tmp_path / "grown")
    other = tmp_path / "other"
    shutil.copytree(base.root, other)
    text = (other / "manifest.json").read_text()
    (other / "manifest.json").write_text(text.replace(base.manifest.standardizer, "0" * 16))
    with pytest.raises(FingerprintError, match="standardizer 0000"):
        grow(Library.open(other), release, output=tmp_path / "grown")
    assert not (tmp_path / "grown" / "manifest.json").exists()


def test_a_repaired_record_keeps_what_its_supplier_said(build: Build, tmp_path: Path) -> None:
    """Twice through a rejects list, with columns and cells that look like the list's own."""
    head = "smiles,cat_no,id,message,vendor_code,note\n"
    rows = "CC(C,=A1,7,hello,x,\"=1+1\"\nCCQ,-B,8,there,'=y,'plain\nCCO,C,9,ok,,\n"
    (tmp_path / "x.csv").write_text(head + rows)
    library = build(tmp_path / "x.csv", output="base", id_column="cat_no")
    expected = {
        "CC(C)C": ("=A1", {"id": "7", "message": "hello", "vendor_code": "x", "note": "=1+1"}),
        "CCN": ("-B", {"id": "8", "message": "there", "vendor_code": "'=y", "note": "'plain"}),
        "CCO": ("C", {"id": "9", "message": "ok"}),
    }
    for number, (wrong, right) in enumerate([("CC(C", "CC(C)C"), ("CCQ", "CCN")]):
        path = tmp_path / f"repaired-{number}.csv"
        write_repair_list(library.iter_rejects, path)
        with path.open(newline="") as stream:
            lines = list(csv.reader(stream))
        lines = [[right, *line[1:]] if line[0] == wrong else line for line in lines]
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows(lines)
        library = grow(library, path, output=tmp_path / f"grown-{number}")
        assert library.manifest.origin.changes["repaired"] >= 1
    assert not library.rejects().num_rows
    for row in rows_of(library).values():
        name, vendor = expected.pop(row["smiles"])
        (told,) = map(json.loads, row["vendor"])
        told.pop("rejected_record", None)
        assert (row["source_ids"], told) == ([name], vendor)
    assert not expected


def test_a_release_that_may_be_cut_short_withdraws_nothing(tmp_path: Path) -> None:
    asked = {
        "library": tmp_path,
        "inputs": ["x.smi.gz"],
        "output": tmp_path / "out",
        "supplier": "acme",
        "allow_truncated": True,
    }
    with pytest.raises(ConfigError, match="taken for withdrawn; add partial: true"):
        parse_config(AddConfig, asked)
    assert parse_config(AddConfig, {**asked, "partial": True}).partial
    assert not parse_config(AddConfig, {**asked, "supplier": ""}).partial
