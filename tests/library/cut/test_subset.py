from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rdkit import Chem

from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, InputError, NotFoundError, UsageError
from hitsieve.library import Library
from hitsieve.library.config import AddConfig
from hitsieve.library.cut import SubsetConfig, SubsetSummary, cut_subset
from hitsieve.library.cut.selection import parse_window
from hitsieve.library.growth import add_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Build = Callable[..., Library]


@pytest.fixture
def base(build: Build, tmp_path: Path, good_smiles: list[str]) -> Library:
    path = tmp_path / "in.smi"
    lines = [f"{smiles} id{number}" for number, smiles in enumerate(good_smiles)]
    path.write_text("\n".join([*lines, f"{good_smiles[0]} again", "bad"]) + "\n")
    return build(path, output="base", shard_rows=8, supplier="s")


def cut(base: Library, output: Path, **conditions: Any) -> tuple[Library, SubsetSummary]:
    values = {"library": base.root, "output": output, **conditions}
    with SerialExecutor() as executor:
        summary = cut_subset(SubsetConfig.model_validate(values), executor)
    library = Library.open(output)
    library.verify()
    return library, summary


def rows_of(library: Library) -> list[dict[str, Any]]:
    rows = [row for table in library.iter_tables() for row in table.to_pylist()]
    return sorted(rows, key=lambda row: str(row["compound_id"]))


def test_blanks_around_an_identifier_do_not_hide_it(build: Build, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("smiles,id\nCCO, A1 \nCCN,A2\nCCC, A3\n")
    library = build(tmp_path / "x.csv", output="blanks", id_column="id")
    (tmp_path / "ids.txt").write_text("A1\nA2\nA9\n")
    found, summary = cut(library, tmp_path / "cut", ids=[tmp_path / "ids.txt"])
    assert [row["source_ids"] for row in rows_of(found)] == [[" A1 "], ["A2"]]
    assert summary.not_found == ("A9",)


@pytest.mark.parametrize("text", ["mw=nan:5", "mw=inf:", "mw=5", "mw=5:1"])
def test_a_window_of_no_finite_bounds_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no property window"):
        parse_window(text)


def test_windows_and_substructures_take_what_they_say(base: Library, tmp_path: Path) -> None:
    found, _ = cut(
        base,
        tmp_path / "cut",
        properties={"mw": {"minimum": 130, "maximum": 180}, "hbd": {"maximum": 1}},
        present=["c1ccccc1"],
        absent=["[F,Cl]"],
    )
    halogen = Chem.MolFromSmarts("[F,Cl]")
    wanted = [
        row
        for row in rows_of(base)
        if 130 <= row["mw"] <= 180
        and row["hbd"] <= 1
        and not Chem.MolFromSmiles(row["smiles"]).HasSubstructMatch(halogen)
    ]
    assert 5 < len(wanted) < len(base)
    assert rows_of(found) == wanted
    counts = found.manifest.counts
    assert counts.records == counts.compounds == len(found)
    assert found.manifest.origin is not None
    assert found.manifest.origin.changes["left_out"] == len(base) - len(found)


def test_a_subset_is_found_by_key_in_its_own_shards(base: Library, tmp_path: Path) -> None:
    found, _ = cut(base, tmp_path / "cut", properties={"mw": {"maximum": 170}})
    assert len(found.shards) < len(base.shards)
    ids = [row["compound_id"] for row in rows_of(found)]
    assert found.lookup(ids, ["compound_id"]).num_rows == len(ids)


def test_lists_name_compounds_in_any_way_and_tell_what_is_absent(
    base: Library, tmp_path: Path, good_smiles: list[str]
) -> None:
    rows = rows_of(base)
    (tmp_path / "ids.txt").write_text(
        f"{rows[0]['compound_id']}\n{rows[1]['inchikey']}\n\nid7\nagain\nid999\n"
    )
    # Another way of writing a structure, one that is absent, and one nobody can read.
    other = Chem.MolToSmiles(Chem.MolFromSmiles(good_smiles[9]), doRandom=True)
    (tmp_path / "list.smi").write_text(f"{other} x\nCCO y\nnonsense z\n")
    found, summary = cut(
        base, tmp_path / "cut", ids=[tmp_path / "ids.txt"], structures=[str(tmp_path / "list.smi")]
    )
    names = {name for row in rows_of(found) for name in row["source_ids"]}
    assert {"id7", "again", "id0", "id9"} <= names
    assert {rows[0]["compound_id"], rows[1]["compound_id"]} <= {
        row["compound_id"] for row in rows_of(found)
    }
    assert summary.not_found == ("CCO", "id999", "nonsense")


def test_samples_are_exact_repeatable_and_nested(base: Library, tmp_path: Path) -> None:
    one, _ = cut(base, tmp_path / "one", sample=20, seed=3)
    two, _ = cut(base, tmp_path / "two", sample=5, seed=3)
    other, _ = cut(base, tmp_path / "other", sample=20, seed=4)
    ids = [{row["compound_id"] for row in rows_of(library)} for library in (one, two, other)]
    assert [len(found) for found in ids] == [20, 5, 20]
    assert ids[1] < ids[0] != ids[2]
    everything, _ = cut(base, tmp_path / "everything", sample=10_000)
    assert rows_of(everything) == rows_of(base)


def test_withdrawn_compounds_are_left_out_or_stay_marked(
    base: Library, tmp_path: Path, good_smiles: list[str]
) -> None:
    lines = [f"{smiles} id{number}" for number, smiles in enumerate(good_smiles)]
    (tmp_path / "new.smi").write_text("\n".join(lines[5:]) + "\n")
    config = AddConfig(
        library=base.root, inputs=[str(tmp_path / "new.smi")], output=tmp_path / "grown",
        supplier="s",
    )  # fmt: skip
    with SerialExecutor() as executor:
        add_release(config, executor)
    grown = Library.open(tmp_path / "grown")
    listed, _ = cut(grown, tmp_path / "listed", available=True)
    assert len(listed) == 55
    assert listed.withdrawn().num_rows == 0
    heavy, _ = cut(grown, tmp_path / "all", properties={"mw": {"minimum": 1}})
    assert len(heavy) == 60
    assert heavy.withdrawn().num_rows == grown.withdrawn().num_rows == 6


def test_an_interrupted_cut_goes_on_to_the_same_bytes(
    base: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hitsieve.store.ledger import Ledger

    cut(base, tmp_path / "whole", sample=20, absent=["F"])
    commit = Ledger.commit
    left = [0]

    def dying(self: Ledger, record: Any) -> bool:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return commit(self, record)

    for steps in (2, 3, 4):
        left[0] = steps
        monkeypatch.setattr(Ledger, "commit", dying)
        with pytest.raises(KeyboardInterrupt):
            cut(base, tmp_path / "killed", sample=20, absent=["F"])
        monkeypatch.undo()
    with pytest.raises(ConfigError, match="seed was 0, is 1"):
        cut(base, tmp_path / "killed", sample=20, absent=["F"], seed=1)
    cut(base, tmp_path / "killed", sample=20, absent=["F"])
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")


def files_of(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_an_empty_subset_is_a_library(base: Library, tmp_path: Path) -> None:
    found, _ = cut(base, tmp_path / "cut", present=["[Si]"])
    assert len(found) == 0
    assert len(found.shards) == 1


def test_wrong_requests_are_named(base: Library, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no condition is given"):
        cut(base, tmp_path / "cut")
    with pytest.raises(ValueError, match=r"no property 'weight'"):
        cut(base, tmp_path / "cut", properties={"weight": {}})
    with pytest.raises(ValueError, match="mw has neither a minimum nor a maximum"):
        cut(base, tmp_path / "cut", properties=dict([parse_window("mw=:")]))
    with pytest.raises(ValueError, match="is above maximum"):
        cut(base, tmp_path / "cut", properties={"mw": {"minimum": 5, "maximum": 1}})
    with pytest.raises(ValueError, match="no valid SMARTS"):
        cut(base, tmp_path / "cut", present=["c1("])
    with pytest.raises(NotFoundError, match="no list"):
        cut(base, tmp_path / "cut", ids=[tmp_path / "absent.txt"])
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))
    with pytest.raises(InputError, match="no UTF-8"):
        cut(base, tmp_path / "cut", ids=[tmp_path / "latin.txt"])
    with pytest.raises(ConfigError, match="is the library itself"):
        cut(base, base.root, sample=2)
