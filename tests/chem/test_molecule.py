from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hitsieve.chem.molecule import (
    canonical_smiles,
    captured_log,
    parse,
    parse_extended,
    parse_raw,
)

if TYPE_CHECKING:
    import pytest


def test_any_writing_has_one_canonical_smiles() -> None:
    assert canonical_smiles(parse("OCC")) == canonical_smiles(parse("C(O)C")) == "CCO"


def test_raw_reading_keeps_what_sanitization_would_change() -> None:
    assert parse("O(C)(C)C") is None
    assert parse_raw("O(C)(C)C").GetNumAtoms() == 4
    assert parse_raw("[H]C").GetNumAtoms() == 2


def test_names_and_extensions_are_read_where_asked() -> None:
    assert parse_extended("CC |(0,0,;1.5,0,)|") is not None
    assert parse_extended("CC |^9:9|") is None
    assert parse("CC name") is None


def test_the_log_is_captured_and_never_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with captured_log() as outer:
        with captured_log() as inner:
            parse("CC(C")
        parse("C1CC")
    parse("CC)C")
    assert any("parentheses" in line for line in inner)
    assert any("unclosed ring" in line for line in outer)
    assert not any("parentheses" in line for line in outer)
    assert not logging.getLogger("rdkit").propagate
    assert capfd.readouterr() == ("", "")


def test_the_captured_log_is_bounded() -> None:
    with captured_log() as lines:
        for _ in range(30):
            parse("CC(C")
    assert len(lines) == 20
