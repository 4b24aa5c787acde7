"""How many compounds a second the default network scores on this machine, on one thread.

The molecules are vendor compounds of the public Mcule sample in the folder named by
HITSIEVE_DATA_MIRROR. Prepared graphs are scored, as a screen does; the time to prepare them
from SMILES is given beside. The floor is the arithmetic of the network as its equations are
written over the matrix rate measured in the same run; sharing equal work can pass it.

    python benchmarks/scoring.py --compounds 20000
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import torch

from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import GraphNetwork, build_network
from hitsieve.provenance import versions
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.gnn import GnnScorer

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.scoring.precision import Precision

SAMPLE = "mcule_wong/mcule_1M_dev.parquet"


def main() -> int:
    """Print the table; without the data set, say so and do nothing."""
    arguments = _arguments()
    mirror = os.environ.get("HITSIEVE_DATA_MIRROR", "")
    path = Path(mirror) / SAMPLE
    if not mirror or not path.is_file():
        print(f"skipped: {SAMPLE} is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    torch.set_num_threads(1)
    smiles = _sample(path, arguments.compounds)
    started = time.perf_counter()
    batch = CompoundBatch.from_smiles(smiles)
    prepared = len(batch) / (time.perf_counter() - started)
    rates = {"fp32": _matrix_rate(torch.float32), "bf16": _matrix_rate(torch.bfloat16)}
    told = ", ".join(f"{rate / 1e9:.0f} GFLOP/s in {name}" for name, rate in rates.items())
    print(f"torch {versions()['torch']}, 1 thread, {told} products")
    print(f"{len(batch)} compounds, {batch.graphs.n_atoms.mean():.1f} atoms each")
    print(f"from SMILES to batch    {prepared:10,.0f} compounds/s")
    for members, targets in ((1, 1), (1, 100), (5, 1)):
        for precision, rate in rates.items():
            scorer = _scorer(NetworkConfig(), members, targets, precision)
            found = _rate(lambda s=scorer: s.score(batch), len(batch), arguments.repeats)
            floor = rate / (members * flops(scorer.members[0], batch.graphs))
            label = f"{precision}, members {members}, targets {targets}"
            print(f"{label:<32}{found:10,.0f} compounds/s, {found / floor:6.1%} of the floor")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def _sample(path: Path, n: int) -> list[str]:
    table = pq.read_table(path, columns=["smiles"])
    rows = np.random.default_rng(0).choice(len(table), size=min(n, len(table)), replace=False)
    texts: list[str] = table.column("smiles").take(np.sort(rows)).to_pylist()
    return texts


def _scorer(network: NetworkConfig, members: int, targets: int, precision: Precision) -> GnnScorer:
    torch.manual_seed(0)
    columns = [
        TargetConfig(
            name=f"t{number}", endpoint="pIC50", unit="pX", direction="higher", task="regression"
        )
        for number in range(targets)
    ]
    networks = [build_network(network, targets) for _ in range(members)]
    return GnnScorer(networks, columns, precision=precision)


def _rate(call: Callable[[], object], n: int, repeats: int) -> float:
    seconds = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return n / statistics.median(seconds[1:])  # the first warms up


def _matrix_rate(kind: torch.dtype) -> float:
    size, left = 1024, torch.randn(8192, 1024).to(kind)
    right = torch.randn(size, size).to(kind)
    rate = _rate(lambda: left @ right, 1, 10)
    return rate * 2 * left.shape[0] * size * size


def flops(network: GraphNetwork, graphs: PackedGraphs) -> float:
    """Return products and sums of all matrix products for one mean compound."""
    hidden, depth = network.config.hidden, network.config.depth
    edges, atoms = 2 * graphs.n_bonds.mean(), graphs.n_atoms.mean()
    inputs = network.vocabulary.n_atom_features + network.vocabulary.n_bond_features
    start = edges * inputs * hidden
    passing = (depth - 1) * edges * hidden * hidden
    finish = atoms * (network.vocabulary.n_atom_features + hidden) * hidden
    head = hidden * network.config.head_hidden
    return 2.0 * float(start + passing + finish + head)


if __name__ == "__main__":
    sys.exit(main())
