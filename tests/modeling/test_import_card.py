"""The card of a model that was trained elsewhere says what is not known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.chem.policy import ChemPolicy
from hitsieve.modeling.config import CardData
from hitsieve.modeling.import_card import imported_card
from hitsieve.modeling.labels import Labels, TargetFacts, load_labels
from hitsieve.provenance import sha256_file
from hitsieve.registry.card import render_card

if TYPE_CHECKING:
    from pathlib import Path

FACTS = (
    TargetFacts("potency", "pIC50", "pX", "higher", "regression"),
    TargetFacts("amine", "active", "class", "lower", "classification"),
)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "one.ckpt", tmp_path / "two.ckpt"]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


@pytest.fixture
def labels(tmp_path: Path, both: Path) -> Labels:
    return load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)


def test_without_data_it_promises_nothing(files: list[Path]) -> None:
    card = imported_card("theirs", files[:1], FACTS, None)
    assert card.data == ()
    assert card.metrics == ()
    assert card.leaks == {}
    assert "1 Chemprop v2 checkpoint;" in card.summary
    assert "pIC50 of potency (pX); active of amine (class)" in card.summary
    assert [t.train for t in card.targets] == [0, 0]
    assert "no compound counts as inside" in card.domain
    assert any("not named at import" in text for text in card.warnings)
    assert any("accuracy was not measured here" in text for text in card.warnings)


def test_files_are_known_by_their_checksums(files: list[Path]) -> None:
    card = imported_card("theirs", files, FACTS, None)
    assert "2 Chemprop v2 checkpoints" in card.summary
    for path in files:
        assert sha256_file(path)[:16] in card.recipe
    assert "torch" in card.versions


def test_data_named_at_import_is_counted_and_its_doubts_are_told(
    files: list[Path], labels: Labels
) -> None:
    doubtful = Labels(
        labels.matrix,
        labels.facts,
        labels.sources,
        labels.curation,
        labels.checksums,
        labels.reports,
        ("potency: 1 outlier among 168 labels.",),
    )
    card = imported_card("theirs", files, FACTS, doubtful)
    known = (~np.isnan(labels.matrix.y)).sum(axis=0).tolist()
    assert [(t.train, t.valid, t.test) for t in card.targets] == [(n, 0, 0) for n in known]
    assert card.data == labels.sources
    assert card.curation == labels.curation
    assert "data set named at import" in card.domain
    assert "potency: 1 outlier among 168 labels." in card.warnings
    assert not any("not named at import" in text for text in card.warnings)


def test_it_can_be_read_as_a_page(files: list[Path]) -> None:
    page = render_card(imported_card("theirs", files, FACTS, None))
    assert "> **Warning:** Imported: its accuracy was not measured here." in page
    assert "| potency | pIC50 | pX | higher | regression | 0 | 0 | 0 |" in page
    assert "explicit hydrogens" in page
