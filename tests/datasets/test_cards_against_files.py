"""The packaged cards say what is in the public files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hitsieve.assays.audit import audit_split
from hitsieve.assays.cards import list_cards, load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.fetch import fetch
from hitsieve.assays.matrix import concat_labels, label_matrix
from hitsieve.assays.read import read_assay
from hitsieve.assays.splits import column_split
from hitsieve.chem.standardize import Standardizer
from hitsieve.provenance import sha256_file

ROWS = {
    "bbbp": 2039, "bace": 1513, "hiv": 41127, "clintox": 1478, "esol": 1128, "freesolv": 642,
    "lipo": 4200, "muv": 93087, "sider": 1427, "tox21": 7831, "toxcast": 8576,
    "chembl_time": 18620, "enamine10k_4unn": 10449, "johnson_mtb": 47217,
}  # fmt: skip


@pytest.fixture(scope="session")
def mirror() -> Path:
    folder = os.environ.get("HITSIEVE_DATA_MIRROR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HITSIEVE_DATA_MIRROR names no folder of public data sets")
    return Path(folder)


@pytest.mark.parametrize("name", list_cards())
def test_a_card_is_complete(name: str) -> None:
    card = load_card(name)
    assert card.license
    assert card.source
    assert card.notes
    for file in card.files:
        assert file.sha256
        assert file.url.startswith("https://") or "mirror folder" in card.notes


@pytest.mark.data
@pytest.mark.parametrize("name", list_cards())
def test_checksums_are_those_of_the_files(name: str, mirror: Path) -> None:
    for file in load_card(name).files:
        assert sha256_file(mirror / file.path) == file.sha256


@pytest.mark.data
@pytest.mark.parametrize("name", ["bace", "clintox", "esol", "freesolv", "lipo", "bbbp", "sider"])
def test_small_sets_have_the_published_number_of_rows(name: str, mirror: Path) -> None:
    raw = read_assay(mirror, load_card(name))
    assert len(raw) == ROWS[name]
    assert not raw.ragged


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ROWS))
def test_all_sets_have_the_published_number_of_rows(name: str, mirror: Path) -> None:
    assert len(read_assay(mirror, load_card(name))) == ROWS[name]


@pytest.mark.data
def test_from_mirror_to_matrix(mirror: Path, tmp_path: Path) -> None:
    names = ["muben/freesolv", "moleculeace/CHEMBL4203_Ki"]
    standardizer, tables = Standardizer(), []
    for name in names:
        card = load_card(name)
        labels, report = curate(read_assay(fetch(card, tmp_path, mirror), card), standardizer)
        assert report.labels == labels.num_rows
        tables.append(labels)
    matrix = label_matrix(tables[0])
    split = column_split(matrix.parts)
    assert [len(p) for p in split.parts.values()] == [509, 64, 65]
    assert audit_split(matrix.compound_ids, split).leaks[0].same_key == 0
    both = label_matrix(concat_labels(tables))
    assert both.targets == ["FreeSolv", "CHEMBL4203_Ki"]
    assert both.units == ["kcal/mol", "pX"]
    assert set(both.extras["cliff_mol"]) == {"", "0", "1"}
