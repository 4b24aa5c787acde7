from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.chem.identity import bucket
from hitsieve.library.distinct import distinct_compounds
from hitsieve.library.layout import BUCKETS, REVERSED, staged_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]


def _stage(root: Path, chunks: Sequence[Sequence[int]]) -> int:
    """Write the columns that are counted, each chunk sorted by bucket as the first stage does."""
    for index, compounds in enumerate(chunks):
        hashes = np.array([number * 0x9E3779B97F4A7C15 % 2**64 for number in compounds], np.uint64)
        buckets = np.array([REVERSED[bucket(str(n), BUCKETS)] for n in compounds], np.uint16)
        order = np.argsort(buckets, kind="stable")
        columns = {"bucket": buckets[order], "compound_hash": hashes[order]}
        path = root / staged_path(index)
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.table(columns)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    return sum(map(len, chunks))


def test_duplicates_within_and_between_chunks_count_once(tmp_path: Path) -> None:
    records = _stage(tmp_path, [[1, 2, 2, 3], [], [3, 4, 1]])
    assert distinct_compounds(tmp_path, 3, records) == 4


def test_nothing_staged_is_nothing(tmp_path: Path) -> None:
    assert distinct_compounds(tmp_path, 0, 0) == 0


@pytest.mark.parametrize("copies", [1, 5])
def test_a_share_of_the_buckets_stands_for_all(tmp_path: Path, copies: int) -> None:
    records = _stage(tmp_path, [range(20_000)] * copies)
    found = distinct_compounds(tmp_path, copies, records, counted_records=records // 4)
    # A quarter of the buckets holds 5,000 compounds: two standard errors are 2.5 %.
    assert found == pytest.approx(20_000, rel=0.025)
    assert distinct_compounds(tmp_path, copies, records) == 20_000


def test_compounds_listed_many_times_do_not_make_more_shards(
    build: Build, tmp_path: Path, good_smiles: list[str]
) -> None:
    lines = [f"{smiles} {n}_{{}}" for n, smiles in enumerate(good_smiles[:40])]
    for name, copies in (("once", 1), ("often", 8)):
        text = "\n".join(line.format(copy) for copy in range(copies) for line in lines)
        (tmp_path / f"{name}.smi").write_text(text)
    once = build(tmp_path / "once.smi", output="once", shard_rows=8)
    often = build(tmp_path / "often.smi", output="often", shard_rows=8)
    assert len(once.shards) == len(often.shards) == 4
