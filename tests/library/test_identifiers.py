from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import InputError
from hitsieve.library import identifiers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np

    from hitsieve.library import Library

    Build = Callable[..., Library]


def _ids(library: Library) -> dict[str, list[str]]:
    return {
        row["smiles"]: row["source_ids"]
        for table in library.iter_tables(["smiles", "source_ids"])
        for row in table.to_pylist()
    }


def test_one_name_for_two_structures_is_refused_naming_the_records(
    build: Build, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,smiles\nA1,CCO\nA2,CCN\nA1,CCC\n")
    with pytest.raises(InputError, match=r"1 identifiers .* 'A1' in x\.csv: records 1, 3") as e:
        build(path)
    assert "duplicate_ids: suffix" in e.value.cure


def test_suffixes_follow_the_source_order_and_a_refused_build_goes_on(
    build: Build, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,smiles\nA1,CCO\nA1,CCC\nA1,OCC\nA1,CCN\nA2,CCF\n")
    with pytest.raises(InputError):
        build(path, chunk_records=2)
    library = build(path, chunk_records=2, duplicate_ids="suffix")
    assert _ids(library) == {
        "CCO": ["A1", "A1"],
        "CCC": ["A1~2"],
        "CCN": ["A1~3"],
        "CCF": ["A2"],
    }


def test_the_same_name_in_two_files_or_for_one_structure_is_fine(
    build: Build, tmp_path: Path
) -> None:
    (tmp_path / "a.smi").write_text("CCO 1\nOCC 1\nCCN\nCCC\n")
    (tmp_path / "b.smi").write_text("CCF 1\n")
    library = build(tmp_path / "a.smi", tmp_path / "b.smi")
    assert library.manifest.counts.kept == 5


@pytest.mark.parametrize("rows_a_pass", [1, 7, 1000])
def test_passes_find_the_same(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_a_pass: int
) -> None:
    found: list[list[int]] = []
    original = identifiers.conflicting_hashes

    def spy(root: Path, chunks: int, rows: int) -> np.ndarray:
        result = original(root, chunks, rows)
        found.append(result.tolist())
        return result

    lines = [f"{'C' * (i % 7 + 2)}O N{i % 10}\n" for i in range(100)]
    path = tmp_path / "x.smi"
    path.write_text("".join(lines))
    monkeypatch.setattr(identifiers, "conflicting_hashes", spy)
    build(path, output="one", duplicate_ids="suffix", chunk_records=9)
    monkeypatch.setattr(identifiers, "ROWS_A_PASS", rows_a_pass)
    build(path, output="two", duplicate_ids="suffix", chunk_records=30)
    assert found[0] == found[1]
    assert len(found[0]) == 10
