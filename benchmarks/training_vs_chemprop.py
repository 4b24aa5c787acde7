"""Train the same network on the same molecules with hitsieve and with Chemprop.

Lipophilicity of the MoleculeNet set, divided at random once; default network of Chemprop (hidden
300, depth 3), equal batch size and epochs, one thread each. The cost of an epoch is the difference
of two runs of different length, so that start, reading and featurizing drop out; processor time is
told beside wall time, because it does not depend on what else the machine does. Accuracy is that
of the longer run on the test part, both with the learning-rate schedules of their own.

    python benchmarks/training_vs_chemprop.py --chemprop-python ../chemprop/bin/python
"""

from __future__ import annotations

import argparse
import csv
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from _chemprop import (
    CODE,
    LIPO,
    chemprop_python,
    chemprop_version,
    mirror_file,
    missing,
    read_predictions,
    run_measured,
)

from hitsieve.chem.standardize import Standardizer
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.networks.config import NetworkConfig
from hitsieve.provenance import versions
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.training.config import TrainingConfig
from hitsieve.training.data import TrainingSet
from hitsieve.training.ensemble import rebuild
from hitsieve.training.loop import fit

if TYPE_CHECKING:
    from hitsieve.training.fitted import FittedNetwork

PARTS = ("train", "val", "test")


def main() -> int:
    """Print the table; without Chemprop or the data, say so and do nothing."""
    arguments = _arguments()
    reason = missing(arguments.chemprop_python, LIPO)
    if reason:
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = _divided(work)
        trained = [row for row in rows if row["split"] == "train"]
        print(
            f"chemprop {chemprop_version(arguments.chemprop_python)}, torch {versions()['torch']}, "
            f"{len(trained)} molecules, batch size {arguments.batch_size}, one thread; "
            f"{arguments.epochs} and {arguments.fewer} epochs"
        )
        found: dict[str, list[tuple[float, float, float]]] = {"chemprop": [], "hitsieve": []}
        for _ in range(arguments.repeats):
            found["chemprop"].append(_chemprop(arguments, work))
            found["hitsieve"].append(_hitsieve(arguments, rows))
        print(f"{'':<12}{'compounds/s':>14}{'CPU us each':>14}{'test RMSE':>12}")
        each = {}
        for who, runs in found.items():
            wall, cpu, error = (statistics.median(column) for column in zip(*runs, strict=True))
            n = len(trained) * (arguments.epochs - arguments.fewer)
            each[who] = (wall, cpu)
            print(f"{who:<12}{n / wall:>14,.0f}{cpu / n * 1e6:>14.0f}{error:>12.3f}")
        (a, b), (c, d) = each["chemprop"], each["hitsieve"]
        print(f"{'ratio':<12}{a / c:>14.1f}{b / d:>14.1f}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--fewer", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--chemprop-python", default=chemprop_python())
    return parser.parse_args()


def _divided(work: Path) -> list[dict[str, str]]:
    """Write the standardized molecules with their parts as Chemprop reads them."""
    source = mirror_file(LIPO)
    assert source is not None  # noqa: S101 - asked for by missing() before
    standardize = Standardizer()
    with source.open(newline="", encoding="utf-8") as stream:
        table = list(csv.DictReader(stream))
    parts = np.random.default_rng(0).choice(PARTS, len(table), p=(0.8, 0.1, 0.1))
    rows = []
    for row, part in zip(table, parts, strict=True):
        parent = standardize(row["smiles"]).parent_smiles
        if parent:
            rows.append({"smiles": parent, "lipo": row["lipo"], "split": str(part)})
    with (work / "data.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def _chemprop(arguments: argparse.Namespace, work: Path) -> tuple[float, float, float]:
    runs = []
    for epochs in (arguments.fewer, arguments.epochs):
        shutil.rmtree(work / "out", ignore_errors=True)
        command = [
            arguments.chemprop_python, "-c", CODE, "train", "-i", work / "data.csv",
            "-o", work / "out", "-s", "smiles", "--target-columns", "lipo", "-t", "regression",
            "--splits-column", "split", "--epochs", epochs, "--batch-size", arguments.batch_size,
            "--accelerator", "cpu", "--use-cuikmolmaker-featurization", "-q",
        ]  # fmt: skip
        runs.append(run_measured(command, 1))
    predicted = read_predictions(work / "out" / "model_0" / "test_predictions.csv", ["lipo"])
    with (work / "data.csv").open(newline="", encoding="utf-8") as stream:
        truth = [float(row["lipo"]) for row in csv.DictReader(stream) if row["split"] == "test"]
    error = float(np.sqrt(np.mean((predicted[:, 0] - truth) ** 2)))
    return runs[1].wall - runs[0].wall, runs[1].cpu - runs[0].cpu, error


def _hitsieve(
    arguments: argparse.Namespace, rows: list[dict[str, str]]
) -> tuple[float, float, float]:
    graphs = PackedGraphs.from_smiles([row["smiles"] for row in rows])
    y = np.array([[float(row["lipo"])] for row in rows], np.float32)
    data = TrainingSet(graphs, y, np.zeros_like(y, np.int8), ("regression",))
    train, stop, test = (
        np.array([n for n, row in enumerate(rows) if row["split"] == part]) for part in PARTS
    )
    network = NetworkConfig(readout="norm")
    wall, cpu, fitted = [], [], []
    for epochs in (2, arguments.fewer, arguments.epochs):  # the first warms up
        config = TrainingConfig(
            epochs=epochs, batch_size=arguments.batch_size, warmup=1, patience=epochs
        )
        started, used = time.perf_counter(), time.process_time()
        fitted.append(fit(network, config, data.take(train), data.take(stop), 0))
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    error = _error(fitted[-1], network, [rows[n]["smiles"] for n in test], y[test, 0])
    return wall[2] - wall[1], cpu[2] - cpu[1], error


def _error(
    fitted: FittedNetwork, network: NetworkConfig, smiles: list[str], truth: np.ndarray
) -> float:
    target = TargetConfig(
        name="lipo", endpoint="logD", unit="log units", direction="higher", task="regression",
        mean=float(fitted.mean[0]), std=float(fitted.std[0]),
    )  # fmt: skip
    scorer = GnnScorer(rebuild([fitted], network), [target])
    mean = scorer.score(CompoundBatch.from_smiles(smiles)).mean[:, 0]
    return float(np.sqrt(np.mean((mean - truth) ** 2)))


if __name__ == "__main__":
    sys.exit(main())
