from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.library.growth.diff import Change, diff_libraries, summarize

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]


def test_differences_are_found_whatever_the_shards(
    build: Build, tmp_path: Path, good_smiles: list[str]
) -> None:
    (tmp_path / "a.smi").write_text("".join(f"{s} n{i}\n" for i, s in enumerate(good_smiles[:50])))
    lines = [f"{s} n{i}\n" for i, s in enumerate(good_smiles)][10:]
    (tmp_path / "b.smi").write_text("".join([*lines, f"{good_smiles[20]} second\n"]))
    old = build(tmp_path / "a.smi", output="old", shard_rows=8)
    new = build(tmp_path / "b.smi", output="new", shard_rows=30)
    assert len(old.shards) > len(new.shards)
    found = list(diff_libraries(old, new))
    by_change: dict[str, list[Change]] = {}
    for change in found:
        by_change.setdefault(change.change, []).append(change)
    assert {c.source_ids for c in by_change["removed"]} == {(f"n{i}",) for i in range(10)}
    assert {c.source_ids for c in by_change["added"]} == {(f"n{i}",) for i in range(50, 60)}
    assert [c.source_ids for c in by_change["sources"]] == [("second",)]
    back = list(diff_libraries(new, old))
    assert [c.source_ids for c in back if c.change == "sources"] == [("-second",)]
    summary = summarize(old, new)
    assert summary["compounds"] == {"old": 50, "new": 50}
    assert (summary["kept"], summary["added"], summary["removed"]) == (40, 10, 10)
    assert summary["same_chemistry"]


def test_a_library_equals_itself(build: Build, tmp_path: Path) -> None:
    (tmp_path / "a.smi").write_text("CCO a\nCCN b\n")
    library = build(tmp_path / "a.smi")
    assert list(diff_libraries(library, library)) == []
    assert summarize(library, library)["equal_shards"] == len(library.shards)
