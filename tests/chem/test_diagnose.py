from __future__ import annotations

import pytest

from hitsieve.chem.diagnose import explain
from hitsieve.chem.policy import ChemPolicy
from hitsieve.schema.codes import Code


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("CC(C", Code.SYNTAX, "extra open parentheses"),
        ("CC)C", Code.SYNTAX, "near position 3"),
        ("CC[N", Code.SYNTAX, "near position 4"),
        ("C1CC", Code.RING_CLOSURE, "unclosed ring"),
        ("C1C1", Code.RING_CLOSURE, "duplicates bond"),
        ("C%1CC", Code.RING_CLOSURE, "two digits"),
        ("O(C)(C)C", Code.VALENCE, "valence"),
        ("c1ccnc1", Code.AROMATICITY, "[nH]"),
        ("cccc", Code.AROMATICITY, "non-ring atom"),
        ("[99999999999C]", Code.SYNTAX, "too large"),
        ("aspirin", Code.NOT_SMILES_NAME, "name"),
        ("C" * 151 + "c", Code.TOO_LARGE, "152 heavy atoms"),
    ],
)
def test_the_reason_is_in_words(text: str, code: Code, words: str) -> None:
    refusal = explain(text, text, ChemPolicy())
    assert refusal.code == code
    assert words in refusal.message
    assert ";" in refusal.message
