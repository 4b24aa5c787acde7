from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign.excluded import Excluded, find_excluded, read_excluded, read_names
from hitsieve.errors import NotFoundError
from hitsieve.library import Library

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


def test_no_list_and_no_file(pool: Library, tmp_path: Path) -> None:
    assert find_excluded(pool, []) == Excluded(frozenset(), 0, ())
    with pytest.raises(NotFoundError, match="no exclusion list"):
        read_names([tmp_path / "none.txt"])
