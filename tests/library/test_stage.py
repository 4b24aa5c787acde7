from __future__ import annotations

import pytest

from hitsieve.chem.standardize import Standardizer
from hitsieve.library.readers import SourceRecord
from hitsieve.library.stage import STAGED, id_hash, join_parts, standardize_records
from hitsieve.schema import Code


@pytest.fixture
def records(good_smiles: list[str]) -> tuple[SourceRecord, ...]:
    texts = [*good_smiles[:20], "C1CC", "", None, *good_smiles[20:30]]
    found = [SourceRecord("x", i + 1, text, f"id{i}") for i, text in enumerate(texts)]
    broken = SourceRecord("x", 34, "a,b,c", problem=Code.RAGGED_ROW, message="3 fields")
    return (*found, broken)


def test_each_record_is_one_row_of_one_table(records: tuple[SourceRecord, ...]) -> None:
    staged = standardize_records(Standardizer(), records)
    assert staged.kept.schema == STAGED
    assert staged.kept.num_rows == 30
    assert staged.rejects.column("record").to_pylist() == [21, 22, 23, 34]
    assert staged.counts.records == len(records)
    assert staged.files == {"x": 34}
    buckets = staged.kept.column("bucket").to_pylist()
    assert buckets == sorted(buckets)


def test_parts_join_to_the_whole(records: tuple[SourceRecord, ...]) -> None:
    standardizer = Standardizer()
    whole = standardize_records(standardizer, records)
    parts = [
        (start, standardize_records(standardizer, records[start : start + 5]))
        for start in range(0, len(records), 5)
    ]
    joined = join_parts(records, parts)
    assert joined.kept.equals(whole.kept)
    assert joined.rejects.equals(whole.rejects)
    assert joined.counts == whole.counts
    assert joined.files == whole.files


def test_a_failed_record_keeps_its_place(records: tuple[SourceRecord, ...]) -> None:
    rest = standardize_records(Standardizer(), records[1:])
    joined = join_parts(records, [(0, (Code.TIMEOUT, "too slow")), (1, rest)])
    first = joined.rejects.to_pylist()[0]
    assert (first["record"], first["code"], first["status"]) == (1, "timeout", "failed")
    assert joined.counts.records == len(records)


def test_identifiers_hash_by_file() -> None:
    assert id_hash("x", "") == 0
    assert id_hash("x", "A") != id_hash("y", "A")
    assert id_hash("x", "A") % 2 == 1
