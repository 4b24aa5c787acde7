from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.chem.shape import IMATINIB, ShapeSettings
from hitsieve.engine import SerialExecutor
from hitsieve.errors import IncompleteError, InputError
from hitsieve.oracles import ShapeOracle, ShapeOracleConfig, measure

if TYPE_CHECKING:
    from pathlib import Path

FEW = ShapeSettings(conformers=2, reference_conformers=1)


def oracle(**changes: object) -> ShapeOracle:
    return ShapeOracle(ShapeOracleConfig(settings=FEW, **changes))  # type: ignore[arg-type]


def test_settings_that_decide_a_value_change_the_fingerprint() -> None:
    prints = {
        oracle().fingerprint,
        oracle(target="t").fingerprint,
        oracle(reference="CCO").fingerprint,
        ShapeOracle().fingerprint,
    }
    assert len(prints) == 4
    assert oracle(time_limit_s=5.0).fingerprint == oracle().fingerprint


def test_the_ligand_itself_scores_above_others_and_below_one() -> None:
    rows = oracle().measure([("a", IMATINIB), ("b", "CCCCCC")]).to_pylist()
    assert 0.5 < rows[0]["value"] < 0.9999
    assert rows[0]["value"] > rows[1]["value"]
    assert "2 conformers" in rows[0]["message"]


def test_no_conformer_is_a_failed_row_and_its_neighbor_is_fine() -> None:
    rows = oracle().measure([("a", "C1#CC1"), ("b", "CCCCCC")]).to_pylist()
    assert [row["code"] for row in rows] == ["no_conformer", "none"]
    assert rows[0]["value"] is None


def test_a_reference_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(InputError, match="no readable SMILES"):
        oracle(reference="nonsense").measure([("a", "CCO")])


def test_it_wastes_no_compound_on_it(tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match=r"(?s)did not start.*no readable SMILES"):
        measure(oracle(reference="nonsense"), [("a", "CCO")], SerialExecutor(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_of_several_references_the_best_counts() -> None:
    one, other = "Cc1ccccc1", "NCCCCCCN"
    several = oracle(reference=one, further=(other,))
    compounds = [("a", "Cc1ccccc1C"), ("b", "NCCCCCN")]
    apart = [
        oracle(reference=ligand).measure(compounds)["value"].to_pylist() for ligand in (one, other)
    ]
    table = several.measure(compounds)
    assert table["value"].to_pylist() == [max(pair) for pair in zip(*apart, strict=True)]
    assert [text[-1] for text in table["message"].to_pylist()] == ["1", "2"]
    assert several.fingerprint != oracle(reference=one).fingerprint
