"""How fast one GPU scores a featurized library, and how near that is to what it could do.

The default D-MPNN with random weights, in fp32 and bf16. Codes lie in memory as a shard's do; they
travel as bytes and are expanded on the device. Two floors are measured on the same device: the
arithmetic of the network over the rate of its matrix products, and the bytes that its layers must
move over the rate of a plain copy. Without a GPU it says so and does nothing.

    python benchmarks/gpu.py --library libraries/mcule-1m --processes 4
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from _chemprop import MCULE, mirror_file
from _libraries import library_at

from hitsieve.graphs.packed import GRAPH_COLUMNS, PackedGraphs, concat
from hitsieve.library import Library
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import GraphNetwork, build_network
from hitsieve.provenance import versions
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.device import DEVICE_ATOMS, DeviceScorer
from hitsieve.scoring.gnn import GnnScorer
from scoring import flops

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.scoring.precision import Precision

TARGET = TargetConfig(
    name="t", endpoint="pIC50", unit="pX", direction="higher", task="regression", std=1.0
)
KINDS: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}


def main() -> int:
    """Print the table; without a GPU or the data, say so and do nothing."""
    arguments = _arguments()
    if not torch.cuda.is_available():
        print("skipped: no GPU")
        return 0
    if arguments.library is None and mirror_file(MCULE) is None:
        print(f"skipped: {MCULE} is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        library = library_at(arguments.library, Path(scratch), arguments.compounds)
        graphs = _graphs(library, arguments.compounds)
    if not arguments.child:
        name = torch.cuda.get_device_name()
        print(f"torch {versions()['torch']}, {name}, {len(graphs)} compounds, one process")
        for precision in KINDS:
            _alone(graphs, precision, arguments)
    if arguments.processes > 1:
        _together(arguments, library)
    if arguments.child:
        network = _network()
        scorer = DeviceScorer([network], [TARGET], device="cuda", precision="bf16")
        print(_rate(lambda: scorer.member_values(graphs), arguments.repeats) * len(graphs))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--atoms", type=int, default=DEVICE_ATOMS, help="atoms in one pass")
    parser.add_argument("--compile", action="store_true", help="let torch compile the network")
    parser.add_argument("--processes", type=int, default=1, help="processes that share the GPU")
    parser.add_argument("--library", type=Path, help="a library that is there already")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _graphs(library: Path, compounds: int) -> PackedGraphs:
    opened, parts = Library.open(library), []
    for shard in opened.shards:
        table = opened.read_shard(shard.name, columns=list(GRAPH_COLUMNS))
        parts.append(PackedGraphs.from_table(table))
        if sum(map(len, parts)) >= compounds:
            break
    return concat(parts)


def _network() -> GraphNetwork:
    torch.manual_seed(0)
    return build_network(NetworkConfig(), 1).eval()


def _alone(graphs: PackedGraphs, precision: Precision, arguments: argparse.Namespace) -> None:
    network, kind = _network(), KINDS[precision]
    scorer = DeviceScorer(
        [network],
        [TARGET],
        device="cuda",
        precision=precision,
        max_atoms=arguments.atoms,
        compiled=arguments.compile,
    )
    few = graphs.take(range(min(1000, len(graphs))))
    here = _few(GnnScorer([network], [TARGET]), few)
    largest = float(abs(scorer.member_values(few)[0] - here).max())
    rate = _rate(lambda: scorer.member_values(graphs), arguments.repeats) * len(graphs)
    arithmetic = _matrix_rate(kind) / flops(network, graphs)
    memory = _copy_rate() / _bytes(network, graphs, kind.itemsize)
    print(
        f"{precision}: {rate:12,.0f} compounds/s, {rate / arithmetic:6.1%} of the matrix floor, "
        f"{rate / memory:6.1%} of the memory floor; largest difference from the processor "
        f"{largest:.1e}",
        flush=True,
    )


def _few(scorer: GnnScorer, graphs: PackedGraphs) -> object:
    import numpy as np
    import pyarrow as pa

    from hitsieve.scoring.batch import CompoundBatch

    n = len(graphs)
    names = pa.array([str(place) for place in range(n)])
    batch = CompoundBatch(names, names, graphs, np.zeros((n, 256), np.uint8))
    return scorer.member_values(batch)[0]


def _together(arguments: argparse.Namespace, library: Path) -> None:
    command = [sys.executable, __file__, "--child", "--library", str(library)]
    command += ["--compounds", str(arguments.compounds), "--repeats", str(arguments.repeats)]
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(arguments.processes)
    ]
    rates = [float(child.communicate()[0].split()[-1]) for child in children]
    print(f"bf16, {len(rates)} processes on one GPU: {sum(rates):12,.0f} compounds/s")


def _rate(call: Callable[[], object], repeats: int) -> float:
    seconds = []
    for _ in range(repeats + 1):
        torch.cuda.synchronize()
        started = time.perf_counter()
        call()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return 1 / statistics.median(seconds[1:])  # the first warms up


def _matrix_rate(kind: torch.dtype) -> float:
    size = 8192
    left = torch.randn(size, size, device="cuda").to(kind)
    return _rate(lambda: left @ left, 10) * 2 * size**3


def _copy_rate() -> float:
    source = torch.zeros(2**30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    return _rate(lambda: target.copy_(source), 10) * 2 * len(source)


def _bytes(network: GraphNetwork, graphs: PackedGraphs, item: int) -> float:
    """Return the bytes a mean compound must move if each product and sum is one kernel.

    Hidden states of directed bonds are written once at the start; each round reads and writes
    them for the product, and reads the product for each bond behind and writes the sum.
    """
    edges, atoms = 2 * graphs.n_bonds.mean(), graphs.n_atoms.mean()
    behind = edges * (edges / atoms - 1)
    passes = edges + (network.config.depth - 1) * (2 * edges + behind + edges)
    finish = 2 * edges + edges + 2 * atoms
    return float((passes + finish) * network.config.hidden * item)


if __name__ == "__main__":
    sys.exit(main())
