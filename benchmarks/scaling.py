"""Rate and memory of screens by size of the library and number of workers.

Each screen is a command of its own, with workers of one thread: wall time from start to finished
files, the processor time of driver and workers, and the most memory either held. Larger libraries
repeat the shards of the given one with new ids. Weights are random.

    python benchmarks/scaling.py --library libraries/mcule-1m --compounds 100000 1000000 5000000
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from _bundles import write_random_bundle
from _chemprop import MCULE, mirror_file, run_measured
from _libraries import library_at, stretched
from ingest import Workers

from hitsieve.library import Library
from hitsieve.provenance import versions


def main() -> int:
    """Print the table; without the data or a library, say so and do nothing."""
    arguments = _arguments()
    if arguments.library is None and mirror_file(MCULE) is None:
        print(f"skipped: {MCULE} is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(arguments.work or scratch).resolve()
        work.mkdir(parents=True, exist_ok=True)
        base = library_at(arguments.library, work, min(arguments.compounds))
        bundle = work / "models" / "scaling" / "1"
        if not bundle.is_dir():
            write_random_bundle(bundle, base)
        print(f"torch {versions()['torch']}, ray {versions()['ray']}, {arguments.precision}")
        for compounds in arguments.compounds:
            library = stretched(base, work / f"stretched-{compounds}", compounds)
            for workers in arguments.workers:
                _screen(library, bundle, work / "screen", workers, arguments.precision)
            if not arguments.work:
                shutil.rmtree(library)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, nargs="+", default=[10_000, 40_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--library", type=Path, help="a library that is there already")
    parser.add_argument("--work", help="folder that keeps model and libraries")
    return parser.parse_args()


def _screen(library: Path, bundle: Path, output: Path, workers: int, precision: str) -> None:
    shutil.rmtree(output, ignore_errors=True)
    command = [
        sys.executable, "-m", "hitsieve", "screen", "run", library, "--model", bundle,
        "--out", output, "--executor", "ray", "--workers", workers, "--precision", precision,
    ]  # fmt: skip
    with Workers() as seen:
        driver = run_measured(command, 1)
    n = len(Library.open(library))
    busy = sum(seen.cpu.values())
    peaks = [peak / 1024 for peak in seen.peak.values()]
    print(
        f"{n:>10,} compounds, {workers} worker(s): {n / driver.wall:8,.0f} compounds/s, "
        f"{driver.wall:6.1f} s, workers {busy / n * 1e6:5.1f} us of processor time each; "
        f"peak RSS driver {driver.peak / 2**20:,.0f} MiB, "
        f"largest worker {max(peaks, default=0):,.0f} MiB",
        flush=True,
    )
    shutil.rmtree(output)


if __name__ == "__main__":
    sys.exit(main())
