"""What a screen costs on any number of workers, from the cost of its parts.

A worker is one core. With S compounds a shard, T targets and n = ceil(N / S) shards, a shard takes

    shard = S (read + batch + compute + T (table + write)) + T commit

and a screen of N compounds on W workers

    wall = start + max(ceil(n / W) shard, n driver)

because shards are given out one by one, and one driver gives them out. Money is W wall price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

HOUR_S = 3600.0
PRICE = 0.04
"""US dollars of a core-hour: list prices of general-purpose virtual machines, on demand, lie
between 0.03 and 0.05; machines that may be taken away cost a third to a half."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Measured parts: microseconds a compound, of one core, unless the name says otherwise.

    Parameters
    ----------
    read, batch, compute
        Checksum and Parquet to Arrow; Arrow to packed graphs; equal environments, network and
        domain.
    table, write
        For each target: sort, intervals and checks; Parquet, checksum and flush.
    commit_ms
        A commit record, for each target and shard.
    driver_ms
        What the driver does for each shard.
    start_s
        A worker's start: imports, verified bundle, golden molecules.
    shard_rows
        Compounds in a shard.
    """

    read: float
    batch: float
    compute: float
    table: float
    write: float
    commit_ms: float
    driver_ms: float
    start_s: float
    shard_rows: int

    def shard_s(self, targets: int) -> float:
        """Return the seconds of a shard."""
        each = self.read + self.batch + self.compute + targets * (self.table + self.write)
        return self.shard_rows * each / 1e6 + targets * self.commit_ms / 1e3


@dataclass(frozen=True, slots=True)
class Cost:
    """What a screen costs: hours on the wall, hours of cores, US dollars.

    ``driver`` is the share of the wall time that the driver works.
    """

    hours: float
    core_hours: float
    dollars: float
    driver: float


def cost(parts: Parts, compounds: int, workers: int, targets: int, price: float = PRICE) -> Cost:
    """Return what a screen of ``compounds`` on ``workers`` cores costs."""
    shards = math.ceil(compounds / parts.shard_rows)
    driver = shards * parts.driver_ms / 1e3
    wall = parts.start_s + max(math.ceil(shards / workers) * parts.shard_s(targets), driver)
    core_hours = workers * wall / HOUR_S
    return Cost(wall / HOUR_S, core_hours, core_hours * price, driver / wall)


def table(parts: Parts, compounds: int, workers: tuple[int, ...], targets: tuple[int, ...]) -> str:
    """Return a Markdown table: a row for each number of targets and of workers."""
    lines = [
        "| targets | workers | wall hours | core-hours | US dollars | driver busy |",
        "|---|---|---|---|---|---|",
    ]
    for many in targets:
        for each in workers:
            found = cost(parts, compounds, each, many)
            lines.append(
                f"| {many} | {each:,} | {found.hours:.2f} | {found.core_hours:.1f} | "
                f"{found.dollars:.2f} | {found.driver:.1%} |"
            )
    return "\n".join(lines)
