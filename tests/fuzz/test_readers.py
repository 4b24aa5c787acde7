"""No file brings a build down: it is refused as a whole, or every record becomes one row."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import shutil
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from rdkit import Chem

from hitsieve.engine import SerialExecutor
from hitsieve.errors import HitsieveError
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.library.inputs import check_inputs, records_of

DATA: Final = Path(__file__).resolve().parents[1] / "data"
TOKENS: Final = (
    *(
        b"\n",
        b"\r\n",
        b"\r",
        b",",
        b'"',
        b'""',
        b"\t",
        b";",
        b"|",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
    ),
    *(
        b"$$$$\n",
        b"M  END\n",
        b"V3000",
        b"> <ID>\n",
        b"smiles",
        b"id",
        b"PAR1",
        b"\x1f\x8b",
        b"BZh9",
    ),
    *(b"\xff\xfe", b"C" * 5000, b"CCO", b"[Na+].[Cl-]", b"999999999", b"-1", b"NA", b" ", b"\xe9"),
)


def _files() -> dict[str, bytes]:
    lines = (DATA / "fuzz" / "seeds.smi").read_bytes()
    pairs = [line.rsplit(b" ", 1) for line in lines.splitlines()[:12]]
    smi = b"".join(b"%s %s%d\n" % (text, name, i) for i, (text, name) in enumerate(pairs))
    rows = b"".join(b'%s%d,"%s",x\n' % (name, i, text) for i, (text, name) in enumerate(pairs))
    table = b"id,smiles,note\n" + rows
    columns = {"smiles": [t.decode() for t, _ in pairs], "id": [f"P{i}" for i in range(len(pairs))]}
    parquet = io.BytesIO()
    pq.write_table(pa.table(columns), parquet)
    blocks = [Chem.MolToMolBlock(Chem.MolFromSmiles(s)) for s in ("CCO", "c1ccncc1", "CC(=O)O")]
    blocks.append(Chem.MolToV3KMolBlock(Chem.MolFromSmiles("C[C@H](F)Cl")))
    sdf = "".join(f"{b}> <ID>\nS{i}\n\n$$$$\n" for i, b in enumerate(blocks)).encode()
    return {
        ".smi": smi,
        ".txt": smi,
        ".csv": table,
        ".tsv": table.replace(b",", b"\t"),
        ".sdf": sdf,
        ".parquet": parquet.getvalue(),
        ".csv.gz": gzip.compress(table, mtime=0),
        ".smi.bz2": bz2.compress(smi),
        ".sdf.zst": pa.compress(sdf, codec="zstd", asbytes=True),
        **{f"-{name}": data for name, data in _nasty()},
    }


def _nasty() -> list[tuple[str, bytes]]:
    endings = {"csv": ".csv", "sdf": ".sdf", "gz": ".smi.gz"}
    with (DATA / "nasty" / "nasty_inputs.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] in endings]
    # What unpacks to gigabytes has its own test; trying its mutants would leave no time for others.
    rows = [row for row in rows if row["id"] != "gz-bomb"]
    found = []
    for row in rows:
        text = row["input"]
        # The file is part of the repository and its expressions are literal bytes and repeats.
        value = eval(text[3:]) if text.startswith("py:") else text  # noqa: S307
        data = value if isinstance(value, bytes) else value.encode()
        if len(data) < 1 << 16:
            found.append((row["id"] + endings[row["kind"]], data))
    return found


FILES: Final = _files()
# A few bytes may unpack to a million lines; a build of them tells no more than one of these.
RECORDS: Final = 200


def _mutated(name: str, edits: list[tuple[int, float, bytes]]) -> tuple[str, bytes]:
    data = FILES[name]
    for kind, place, token in edits:
        at = int(place * len(data))
        if kind == 0:
            data = data[:at] + token + data[at:]
        elif kind == 1:
            data = data[:at] + token + data[at + len(token) :]
        elif kind == 2:
            data = data[:at] + data[at + len(token) :]
        elif kind == 3:
            data = data[:at]
        else:
            data = (
                data[:at] + bytes([data[at] ^ (1 << len(token) % 8)]) + data[at + 1 :]
                if data
                else data
            )
    return name, data


MUTATED = st.builds(
    _mutated,
    st.sampled_from(sorted(FILES)),
    st.lists(
        st.tuples(st.integers(0, 4), st.floats(0, 1, exclude_max=True), st.sampled_from(TOKENS)),
        max_size=5,
    ),
)


def _check(folder: Path, name: str, data: bytes, *, allow_truncated: bool, build: bool) -> None:
    path = folder / f"x{name}"
    path.write_bytes(data)
    config = LibraryConfig(
        inputs=[str(path)],
        output=folder / "library",
        allow_truncated=allow_truncated,
        max_line_bytes=4096,
        duplicate_ids="suffix",
        limit=RECORDS,
        chunk_records=20,
        shard_rows=20,
    )
    try:
        inputs = check_inputs(config.inputs, config, config.output)
        records = list(islice(records_of(inputs, config), RECORDS))
        if build:
            with SerialExecutor() as executor:
                build_library(config, executor)
    except HitsieveError as error:
        assert error.message  # noqa: PT017 - any refusal in the program's own words will do
        return
    finally:
        path.unlink()
    assert [record.record for record in records] == list(range(1, len(records) + 1))
    if build:
        library = Library.open(config.output)
        counts = library.manifest.counts
        assert counts.records == len(records)
        ids = [i for t in library.iter_tables(["source_records"]) for i in t[0].to_pylist()]
        assert sum(map(len, ids)) + library.rejects().num_rows == len(records)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_any_file_is_refused_or_every_record_is_a_row(campaign: Any, tmp_path: Path) -> None:
    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(MUTATED, st.booleans(), st.integers(0, 19))
    def one(file: tuple[str, bytes], allow_truncated: bool, dice: int) -> None:  # noqa: FBT001 - drawn by position
        if campaign.over:
            return
        name, data = file
        campaign.note(name.encode() + b"\n" + data)
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        try:
            _check(folder, name, data, allow_truncated=allow_truncated, build=dice == 0)
        finally:
            shutil.rmtree(folder)

    for number in campaign.rounds():
        seed(number)(one)()
