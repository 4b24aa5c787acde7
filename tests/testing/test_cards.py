from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.assays.cards import load_card
from hitsieve.assays.read import read_assay
from hitsieve.testing.cards import write_card

if TYPE_CHECKING:
    from pathlib import Path

COLUMN = {"endpoint": "y", "unit": "units", "direction": "lower", "task": "regression"}


def test_what_is_written_is_read_by_its_card(tmp_path: Path) -> None:
    lines = ["smiles,y,part", "CCO,1.5,train", 'CCN,"2,5",test']
    path = write_card(tmp_path, "mine", lines, {"y": COLUMN}, split_column="part")
    card = load_card(path)
    assert (card.name, card.split_column, list(card.columns)) == ("mine", "part", ["y"])
    assert card.columns["y"].direction == "lower"
    read = read_assay(path.parent, card)
    assert read.structures == ["CCO", "CCN"]
    assert read.cells["y"] == ["1.5", "2,5"]
