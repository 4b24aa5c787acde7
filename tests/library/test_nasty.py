"""Every nasty input ends as its row says, alone and among good compounds."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]

# What of a broken file ends how: the file as a whole, or counts of kept and refused records.
REFUSED_FILES = {
    "csv-no-smiles-col": "'name', 'structure_text'",
    "csv-utf16": "UTF-16",
    "csv-dup-header": "'smiles'",
    "csv-empty-file": "empty",
    "csv-dup-ids": "'A1'",
    "gz-truncated": r"last good record is number [\d,]+",
    "gz-not-gz": "not compressed",
}
COUNTS = {
    "csv-quoted-newline": (2, {}),
    "csv-ragged": (1, {"ragged_row": 1}),
    "csv-header-only": (0, {}),
    "gz-bomb": (0, {"line_too_long": 1}),
    "parquet-binary-col": (1, {"undecodable": 1, "empty": 1}),
}
# Readable records that the policy refuses for what they are: inorganic.
POLICY = {"perchlorate": "no_carbon", "hydrogen-as-atom-name": "no_carbon"}
SDF_ROWS = {"sdf-bad-counts": 2}
SUFFIX = {"csv": ".csv", "sdf": ".sdf", "gz": ".smi.gz"}


def _by_id(nasty: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in nasty if row["id"] == name)


def _file(folder: Path, row: dict[str, Any]) -> Path:
    value = row["value"]
    if row["kind"] == "parquet":
        path = folder / f"{row['id']}.parquet"
        pq.write_table(pa.table({"smiles": pa.array(value, pa.binary())}), path)
        return path
    path = folder / f"{row['id']}{SUFFIX[row['kind']]}"
    path.write_bytes(value if isinstance(value, bytes) else value.encode())
    return path


def test_every_nasty_file_is_covered(nasty: list[dict[str, Any]]) -> None:
    files = {row["id"] for row in nasty if row["kind"] in {"csv", "gz", "parquet"}}
    assert files == set(REFUSED_FILES) | set(COUNTS)


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_a_broken_file_is_refused_before_anything_is_written(
    build: Build, tmp_path: Path, nasty: list[dict[str, Any]], name: str
) -> None:
    path = _file(tmp_path, _by_id(nasty, name))
    with pytest.raises(InputError, match=REFUSED_FILES[name]) as caught:
        build(path)
    assert path.name in caught.value.message
    assert caught.value.cure
    assert not (tmp_path / "library" / "manifest.json").exists()
    if name != "csv-dup-ids":  # two structures can only be told after standardizing
        assert not (tmp_path / "library").exists()


@pytest.mark.parametrize("name", COUNTS)
def test_good_records_of_an_odd_file_are_kept(
    build: Build, tmp_path: Path, nasty: list[dict[str, Any]], name: str
) -> None:
    library = build(_file(tmp_path, _by_id(nasty, name)))
    kept, refused = COUNTS[name]
    counts = library.manifest.counts
    codes = library.rejects().column("code").to_pylist()
    assert counts.kept == kept
    assert {code: codes.count(code) for code in codes} == refused
    assert counts.records == kept + len(codes)


def test_every_nasty_sdf_record_is_one_row(
    build: Build, tmp_path: Path, nasty: list[dict[str, Any]]
) -> None:
    for row in (row for row in nasty if row["kind"] == "sdf"):
        library = build(_file(tmp_path, row), output=row["id"])
        counts = library.manifest.counts
        assert counts.records == SDF_ROWS.get(row["id"], 1)
        # Lone methane carbons are intact records below the policy's size.
        codes = set(library.rejects().column("code").to_pylist())
        if row["expected"] != "reject":
            assert codes == {"too_small"}
        else:
            assert counts.kept == 0
            assert codes - {"too_small"}, row["id"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_good_compounds_come_out_unharmed_among_all_nasty_ones(
    build: Build, tmp_path: Path, nasty: list[dict[str, Any]], good_smiles: list[str], kind: str
) -> None:
    bad = [(row["id"], row["value"]) for row in nasty if row["kind"] == "smiles"]
    rows: list[tuple[str, str]] = [(f"G{i}", smiles) for i, smiles in enumerate(good_smiles)] + bad
    random.Random(5).shuffle(rows)  # noqa: S311 - any fixed order will do
    path = tmp_path / f"all.{kind}"
    _write(path, rows)
    library = build(path, chunk_records=17, shard_rows=30)
    plain = tmp_path / "good.smi"
    plain.write_text("".join(f"{s} G{i}\n" for i, s in enumerate(good_smiles)))
    alone = build(plain, output="alone")

    assert library.manifest.counts.records == len(rows)
    expected = {row["id"]: row["expected"] for row in nasty if row["kind"] == "smiles"}
    kept = [
        name for t in library.iter_tables(["source_ids"]) for n in t[0].to_pylist() for name in n
    ]
    refused = library.rejects().column("source_id").to_pylist()
    assert sorted(kept + refused) == sorted(name for name, _ in rows)
    codes = dict(zip(refused, library.rejects().column("code").to_pylist(), strict=True))
    unexpected = {name: codes[name] for name in refused if expected.get(name) != "reject"}
    assert unexpected == POLICY
    assert {name for name in kept if expected.get(name) == "reject"} == set()
    columns = ["compound_id", "smiles", "morgan", "atom_codes", "mw"]
    ids = [i for t in alone.iter_tables(["compound_id"]) for i in t[0].to_pylist()]
    assert library.lookup(ids, columns).equals(alone.lookup(ids, columns))


def _write(path: Path, rows: list[tuple[str, str]]) -> None:
    if path.suffix == ".parquet":
        names, texts = zip(*rows, strict=True)
        pq.write_table(pa.table({"id": names, "smiles": texts}), path)
        return
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "smiles"])
        writer.writerows(rows)
