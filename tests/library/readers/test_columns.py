from __future__ import annotations

import pytest

from hitsieve.errors import InputError
from hitsieve.library.config import FormatOptions
from hitsieve.library.readers.columns import choose_columns, find_smiles

OPTIONS = FormatOptions()


@pytest.mark.parametrize("name", ["smiles", "SMILES", "Canonical SMILES", " isomeric-smiles "])
def test_usual_names_are_known(name: str) -> None:
    assert find_smiles(["x", name]) == 1


def test_plain_smiles_wins_over_its_relatives() -> None:
    assert find_smiles(["canonical_smiles", "smiles"]) == 1


def test_vendor_columns_are_all_others() -> None:
    columns = choose_columns(["ID", "price", "smiles", ""], OPTIONS, where="x")
    assert (columns.smiles, columns.identifier) == (2, 0)
    assert columns.vendor == ((1, "price"), (3, "column_4"))


def test_a_repeated_name_is_refused_even_for_vendor_columns() -> None:
    with pytest.raises(InputError, match="'price'"):
        choose_columns(["smiles", "price", "price"], OPTIONS, where="x")


def test_an_absent_identifier_column_is_told() -> None:
    with pytest.raises(InputError, match="did you mean 'price'"):
        choose_columns(["smiles", "price"], FormatOptions(id_column="prices"), where="x")


def test_a_number_where_columns_have_names_says_when_numbers_count() -> None:
    with pytest.raises(InputError, match="'1'") as caught:
        choose_columns(["CCO", "a"], FormatOptions(smiles_column="1"), where="x")
    assert "--no-header" in caught.value.cure
