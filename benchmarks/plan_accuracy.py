"""How near `hitsieve screen plan` comes to what the same screen then takes.

Each setting is planned, then run, both as commands from start to end: time from the command to
its end, bytes of the screen's score files, peak resident memory of the largest worker, and the
share of compounds outside of the model's domain.

    python benchmarks/plan_accuracy.py --library libraries/vendor --repeats 3
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc
from _screens import add_options, missing, prepare, timed
from ingest import Workers

from hitsieve.store.reader import dataset

if TYPE_CHECKING:
    from _screens import Materials

MIB = 1 << 20
SETTINGS = {"serial": ("--executor", "serial"), "ray": ("--executor", "ray")}


def main() -> int:
    """Print the table; without the data, say so and do nothing."""
    arguments = _arguments()
    reason = missing(arguments)
    if reason:
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory(prefix="hitsieve-plan-") as scratch:
        work = arguments.work or Path(scratch)
        materials = prepare(arguments, work)
        print(f"{'':<12}{'':<18}{'planned':>12}{'taken':>12}{'error':>9}")
        for name in arguments.executors:
            for _ in range(arguments.repeats):
                with tempfile.TemporaryDirectory(dir=scratch) as folder:
                    _compare(materials, name, Path(folder) / "screen")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--executors", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--repeats", type=int, default=1)
    return parser.parse_args()


def _compare(materials: Materials, name: str, output: Path) -> None:
    options = SETTINGS[name]
    planning_s, plan = timed(materials.command("plan", output, *options))
    with Workers() as seen:
        seconds, run = timed(materials.command("run", output, "--no-reuse", *options))
    size = sum(path.stat().st_size for path in output.rglob("*.parquet"))
    _row(name, "seconds", plan["seconds"], seconds)
    _row(name, "MiB of scores", plan["output_bytes"] / MIB, size / MIB)
    if seen.peak:  # a serial run has no workers
        each = plan["memory"] / plan["workers"]
        _row(name, "MiB a worker", each / MIB, max(seen.peak.values()) / 1024)
    planned = statistics.fmean(entry["share"] for entry in plan["outside_share"])
    _row(name, "outside of domain", planned, _outside(output))
    rate = run["compounds"] / seconds
    print(f"{name:<12}planned in {planning_s:.1f} s; {run['compounds']:,} compounds, {rate:,.0f}/s")


def _row(name: str, what: str, planned: float, taken: float) -> None:
    print(f"{name:<12}{what:<18}{planned:>12.4g}{taken:>12.4g}{planned / taken - 1:>9.1%}")


def _outside(folder: Path) -> float:
    column = dataset(folder).to_table(columns=["in_domain"]).column("in_domain")
    return 1.0 - float(pc.mean(column).as_py())


if __name__ == "__main__":
    sys.exit(main())
