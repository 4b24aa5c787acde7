from __future__ import annotations

from rdkit import Chem

from hitsieve.chem.crippen import logp_types


def test_every_row_of_the_table_is_there_and_readable() -> None:
    types = logp_types()
    assert len(types) == 110
    assert types[0] == ("[CH4]", 0.1441)
    assert all(Chem.MolFromSmarts(pattern) is not None for pattern, _ in types)


def test_the_compiled_rows_replace_those_of_the_file() -> None:
    patterns = dict(logp_types())
    assert patterns["[#1][!#6;!#7;!#8]"] == -0.2677
    assert "[#1][!C;!N;!O]" not in patterns
