from __future__ import annotations

import pytest

from hitsieve.errors import InputError
from hitsieve.library.readers.encodings import foreign_encoding, refuse_foreign_encoding


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-16", "UTF-16 (little endian)"),
        ("utf-32", "UTF-32 (little endian)"),
        ("utf-16-le", "UTF-16 without byte order mark"),
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("latin-1", ""),
    ],
)
def test_encodings_are_named(encoding: str, name: str) -> None:
    assert foreign_encoding("id,smiles\ncafé,CCO\n".encode(encoding)) == name


def test_one_nul_is_no_encoding() -> None:
    refuse_foreign_encoding(b"CCO\0CCN a\nCCC b\n", where="x")


def test_the_error_names_file_and_cure() -> None:
    with pytest.raises(InputError, match=r"x\.csv: .*UTF-16") as caught:
        refuse_foreign_encoding("id,smiles".encode("utf-16"), where="x.csv")
    assert "UTF-8" in caught.value.cure
