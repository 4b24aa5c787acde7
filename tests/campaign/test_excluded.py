from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign.excluded import Excluded, find_excluded, read_excluded, read_names
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import InputError, NotFoundError
from hitsieve.library import Library, LibraryConfig, build_library

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pool(library: Path) -> Library:
    return Library.open(library)


@pytest.fixture(scope="module")
def ids(pool: Library) -> dict[str, str]:
    """Structure keys by suppliers' identifiers."""
    return {
        name: row["compound_id"]
        for table in pool.iter_tables(["compound_id", "source_ids"])
        for row in table.to_pylist()
        for name in row["source_ids"]
    }


def test_any_identifier_keeps_a_compound_out(
    pool: Library, ids: dict[str, str], tmp_path: Path
) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text(f"# sold out\n5N since May\n{ids['7O']}\n\n")
    second.write_text("5N\n9O")
    found = find_excluded(pool, [first, second])
    assert found == Excluded(frozenset({ids["5N"], ids["7O"], ids["9O"]}), 3, ())
    assert found.sentence == ""
    assert read_excluded(pool, [first, second]) == found.ids


def test_a_compound_named_twice_in_two_ways_is_known_by_both(
    pool: Library, ids: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(f"5N\n{ids['5N']}\n")
    assert find_excluded(pool, [tmp_path / "a.txt"]) == Excluded(frozenset({ids["5N"]}), 2, ())


def test_names_of_no_compound_are_counted_and_shown(pool: Library, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("5N\n" + "\n".join(f"gone-{i}" for i in range(7)))
    found = find_excluded(pool, [tmp_path / "a.txt"])
    assert len(found.ids) == 1
    assert found.unknown == tuple(f"gone-{i}" for i in range(7))
    assert "7 of 8 names" in found.sentence
    assert found.sentence.endswith("gone-0, gone-1, gone-2, gone-3, gone-4, …")


def test_a_name_with_blanks_is_found_where_it_is_all_of_its_line(tmp_path: Path) -> None:
    source = tmp_path / "lib.csv"
    source.write_text("smiles,id\nCCCCO,AB 12\nCCCCN,AB\nCCCCS,CD\n")
    with SerialExecutor() as executor:
        build_library(LibraryConfig(inputs=[str(source)], output=tmp_path / "lib"), executor)
    library = Library.open(tmp_path / "lib")
    names = {
        name: row["compound_id"]
        for table in library.iter_tables(["compound_id", "source_ids"])
        for row in table.to_pylist()
        for name in row["source_ids"]
    }
    listed = tmp_path / "a.txt"
    listed.write_text("AB 12\nCD sold out\nEF 7\n")
    found = find_excluded(library, [listed])
    assert found == Excluded(frozenset({names["AB 12"], names["CD"]}), 3, ("EF",))
    assert read_names([listed]) == {"AB 12", "AB", "CD sold out", "CD", "EF 7", "EF"}


def test_a_byte_order_mark_hides_no_name(
    pool: Library, ids: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf5N\r\n7O\r\n")
    found = find_excluded(pool, [tmp_path / "a.txt"])
    assert found == Excluded(frozenset({ids["5N"], ids["7O"]}), 2, ())


def test_a_list_in_another_encoding_is_refused_by_name_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("5N\n7O\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"a\.txt: the text is encoded as UTF-16"):
        read_names([tmp_path / "a.txt"])
    (tmp_path / "b.txt").write_bytes("5N\ncaf\xe9\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"b\.txt, line 2: byte 0xe9"):
        read_names([tmp_path / "b.txt"])


def test_no_list_and_no_file(pool: Library, tmp_path: Path) -> None:
    assert find_excluded(pool, []) == Excluded(frozenset(), 0, ())
    with pytest.raises(NotFoundError, match="no exclusion list"):
        read_names([tmp_path / "none.txt"])
