"""How fast records become a library, where the time goes, and whether memory stays flat.

Vendor records of the public Mcule sample in the folder named by HITSIEVE_DATA_MIRROR are built
into libraries in a temporary folder: read, standardized, keyed, featurized, written. Larger
inputs repeat the sample with new identifiers. Each build runs in a process of its own, so its
peak memory is its own. Rates are per processor second (a busy machine shares its cores), and the
rate of RDKit's parser alone, measured in the same process, stands beside each.

    python benchmarks/ingest.py --rows 100000 1000000
    python benchmarks/ingest.py --steps
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from hitsieve.chem import codes, descriptors, fingerprints, identity, molecule
from hitsieve.chem.standardize import Standardizer
from hitsieve.engine import open_executor
from hitsieve.graphs.bulk import bulk_graphs
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.properties import graph_properties
from hitsieve.library import LibraryConfig, build_library
from hitsieve.library.featurize import featurize_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

SAMPLE = "mcule_wong/mcule_1M_dev.parquet"
MIB = 1 << 20


def main() -> int:
    """Print the tables; without the data set, say so and do nothing."""
    arguments = _arguments()
    mirror = os.environ.get("HITSIEVE_DATA_MIRROR", "")
    path = Path(mirror) / SAMPLE
    if not mirror or not path.is_file():
        print(f"skipped: {SAMPLE} is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    if arguments.steps:
        _steps(path, arguments.step_records)
        return 0
    if arguments.child:
        _child(path, arguments.rows[0], arguments.workers[0], arguments.keep)
        return 0
    for workers in arguments.workers:
        for rows in arguments.rows:
            command = [sys.executable, __file__, "--child", "--rows", str(rows)]
            if arguments.keep:
                command += ["--keep", str(arguments.keep / f"{rows}-{workers}")]
            subprocess.run([*command, "--workers", str(workers)], check=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[0], help="0 is serial")
    parser.add_argument("--steps", action="store_true", help="time each step instead")
    parser.add_argument("--step-records", type=int, default=2_000)
    parser.add_argument("--keep", type=Path, help="a folder for the libraries; else they go")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _write_input(sample: Path, rows: int, target: Path) -> None:
    """Write the sample's records as often as needed, each with an identifier of its own."""
    schema = pa.schema([("id", pa.string()), ("smiles", pa.large_string())])
    smiles = pq.read_table(sample, columns=["smiles"]).column("smiles").combine_chunks()
    with pq.ParquetWriter(target, schema) as writer:
        for start in range(0, rows, len(smiles)):
            part = smiles.slice(0, min(rows - start, len(smiles)))
            ids = pa.array(f"M{number}" for number in range(start, start + len(part)))
            writer.write_table(pa.table([ids, part], schema))


def _child(sample: Path, rows: int, workers: int, keep: Path | None) -> None:
    """Build one library and print its row of the table."""
    with tempfile.TemporaryDirectory(prefix="hitsieve-ingest-") as folder:
        source = Path(folder) / "input.parquet"
        _write_input(sample, rows, source)
        parse = _rate(molecule.parse, _texts(sample, 2_000))
        output = (keep or Path(folder)) / "library"
        config = LibraryConfig(inputs=[str(source)], output=output)
        kind = "ray" if workers else "serial"
        with open_executor(kind, workers=workers or None) as executor, Workers() as seen:
            before, started = time.process_time(), time.monotonic()
            summary = build_library(config, executor)
            wall = time.monotonic() - started
        cpu = time.process_time() - before + sum(seen.cpu.values())
    counts = summary.manifest.counts
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    others = max(seen.peak.values(), default=0) / 1024
    print(
        f"{kind} {workers or 1} worker(s), {counts.records:>9,} records, {counts.kept:,} kept: "
        f"{rows / cpu:7,.0f} records/CPU-s, {rows / wall:7,.0f} records/s, "
        f"{parse * cpu / rows:4.1f} times RDKit's parse ({parse:,.0f}/s); "
        f"peak RSS {own:,.0f} MiB, largest worker {others:,.0f} MiB",
        flush=True,
    )


class Workers:
    """Looks once a second at the worker processes below this one: processor time, peak memory.

    They are no children that a parent waits for, so the system adds nothing up for us.
    """

    def __init__(self) -> None:
        self.cpu: dict[int, float] = {}
        self.peak: dict[int, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(1.0):
            for pid in _below(os.getpid()):
                with contextlib.suppress(OSError, IndexError, ValueError):
                    self._look(pid)

    def _look(self, pid: int) -> None:
        root = Path(f"/proc/{pid}")
        if not (root / "cmdline").read_bytes().startswith(b"ray::"):
            return
        fields = (root / "stat").read_text().rpartition(") ")[2].split()
        self.cpu[pid] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        lines = (root / "status").read_text().splitlines()
        self.peak[pid] = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _below(pid: int) -> set[int]:
    """Return the processes that descend from one."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            text = (folder / "stat").read_text()
            parents[int(folder.name)] = int(text.rpartition(") ")[2].split()[1])
    found = {pid}
    while more := {one for one, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def _texts(sample: Path, n: int) -> list[str]:
    column = pq.read_table(sample, columns=["smiles"]).column("smiles")
    texts: list[str] = column.take(pa.array(range(0, len(column), len(column) // n))).to_pylist()
    return texts[:n]


def _rate(work: Callable[[str], object], items: Sequence[str]) -> float:
    started = time.process_time()
    for item in items:
        work(item)
    return len(items) / (time.process_time() - started)


def _steps(sample: Path, n: int) -> None:
    """Print microseconds a record for each step, medians of five rounds in turns."""
    texts = _texts(sample, n)
    standardize, full = Standardizer(), Standardizer(fast_path=False)
    kept = [made for made in map(standardize, texts) if made.parent_smiles]
    smiles = [made.parent_smiles or "" for made in kept]

    def each(work: Callable[[molecule.Mol], object]) -> Callable[[], None]:
        def run() -> None:
            mols = [molecule.parse(text) for text in smiles]
            started = time.process_time()
            for mol in mols:
                work(mol)
            spent.append(time.process_time() - started)

        return run

    def bulk(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            started = time.process_time()
            work()
            spent.append(time.process_time() - started)

        return run

    spent: list[float] = []
    mols = [molecule.parse(text) for text in smiles]
    sizes = [mol.GetNumAtoms() for mol in mols]
    graphs = PackedGraphs.from_codes(codes.mol_codes(mol) for mol in mols)
    steps: dict[str, Callable[[], None]] = {
        "RDKit parse": bulk(lambda: [molecule.parse(text) for text in smiles]),
        "canonical SMILES": each(molecule.canonical_smiles),
        "InChIKey": each(identity.inchikey),
        "hash of the graph": each(identity.graph_hash),
        "standardizer": bulk(lambda: [standardize(text) for text in texts]),
        "standardizer, full path": bulk(lambda: [full(text) for text in texts[: n // 10]]),
        "Morgan fingerprint": each(fingerprints.morgan_bytes),
        "descriptors but log P, rotors": each(descriptors.quick_descriptors),
        "all descriptors, reference": each(descriptors.descriptors),
        "log P and rotors in bulk": bulk(lambda: graph_properties(graphs)),
        "graph codes, reference": each(codes.mol_codes),
        "graph codes in bulk, with parse": bulk(lambda: bulk_graphs(smiles, sizes)),
        "all features of a shard": bulk(lambda: featurize_all(smiles)),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(5):
        for name, run in steps.items():
            spent.clear()
            run()
            times[name].append(spent[0] / len(smiles) * (10 if "full" in name else 1))
    for name, rounds in times.items():
        print(f"{name:<34}{statistics.median(rounds) * 1e6:8.1f} us")


if __name__ == "__main__":
    sys.exit(main())
