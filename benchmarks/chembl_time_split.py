"""Many targets at once on ChEMBL, newer compounds asked for, beside a random forest each.

DeepChem's set of 691 targets with gaps comes divided by time; its training part teaches, its
validation part is asked for. The network learns all targets together and each has a compound's
measured ones only; random forests (Morgan bits), Gaussian processes and extra trees (counts,
descriptors) are fitted to one target each; the blend weighs all but the forests by left-out
training compounds. The data are read from the folder named by HITSIEVE_DATA_MIRROR.

    python benchmarks/chembl_time_split.py --targets 200 --members 5
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
import time
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from _blend import Parts, judge, mirror, packable

from hitsieve.chem.fingerprints import morgan_from_smiles, unpack_bits
from hitsieve.metrics.regression import pearson, rmse
from hitsieve.modeling.config import load_recipe
from hitsieve.provenance import versions
from hitsieve.scoring.trees import ForestConfig, fit_forest

if TYPE_CHECKING:
    from pathlib import Path

KINDS: Final = ("gaussian_process", "support_vectors", "extra_trees")
FEWEST: Final = 10
"""Compounds a target must have in the part that is asked for: fewer give no correlation."""


def main() -> int:
    """Print a line a model; without the data set, say so and do nothing."""
    arguments = _arguments()
    folder = mirror("deepchem")
    if folder is None:
        return 0
    torch.set_num_threads(1)
    smiles, y, train, asked = _read(folder, arguments.targets)
    known = {v: versions()[v] for v in ("hitsieve", "torch", "rdkit", "scikit-learn")}
    print(f"{y.shape[1]} targets, {len(train)} and {len(asked)} compounds, {known}", flush=True)
    overrides = {
        "training": {"members": arguments.members, "epochs": arguments.epochs},
        "blend": {"members": arguments.beside},
    }
    started = time.process_time()
    recipe = load_recipe("default", overrides)
    judged = judge(smiles, y, Parts(train, asked, "time"), "regression", recipe, arguments.seed)
    found = {kind: said.mean for kind, said in judged.predictions.items()}
    print(f"network, members and blend: {time.process_time() - started:.0f} s of processor time")
    started = time.process_time()
    found["random forest, one a target"] = _forests(smiles, y, train, asked, arguments.seed)
    print(f"forests: {time.process_time() - started:.0f} s of processor time")
    for name, values in found.items():
        print(json.dumps({"model": name, **_judge(y[asked], values)}), flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--targets", type=int, default=4, help="the most measured ones")
    parser.add_argument("--members", type=int, default=2, help="networks")
    parser.add_argument("--epochs", type=int, default=8, help="passes over the data")
    parser.add_argument(
        "--beside",
        nargs="+",
        default=["gaussian_process", "extra_trees"],
        choices=KINDS,
        help="members beside the networks",
    )
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _read(folder: Path, targets: int) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    smiles: list[str] = []
    rows: list[list[float]] = []
    newer: list[bool] = []
    for part in ("train", "valid"):
        with gzip.open(folder / f"chembl_5thresh_ts_{part}.csv.gz", "rt") as stream:
            table = csv.reader(stream)
            next(table)
            for row in table:
                smiles.append(row[0])
                rows.append([float(text) if text else np.nan for text in row[1:]])
                newer.append(part == "valid")
    y, late = np.array(rows), np.array(newer)
    fine = np.array([packable(text) for text in smiles])
    y[~fine] = np.nan
    enough = np.isfinite(y[late]).sum(axis=0) >= FEWEST
    sizes = np.where(enough, np.isfinite(y[~late]).sum(axis=0), 0)
    chosen = np.sort(np.argsort(-sizes, kind="stable")[: min(targets, int(enough.sum()))])
    y = y[:, chosen]
    measured = np.flatnonzero(np.isfinite(y).any(axis=1))
    kept = [smiles[row] for row in measured]
    late = late[measured]
    return kept, y[measured], np.flatnonzero(~late), np.flatnonzero(late)


def _forests(
    smiles: list[str], y: np.ndarray, train: np.ndarray, asked: np.ndarray, seed: int
) -> np.ndarray:
    bits = unpack_bits(morgan_from_smiles(smiles)).astype(np.float32)
    found = np.empty((len(asked), y.shape[1]))
    for column in range(y.shape[1]):
        rows = train[np.isfinite(y[train, column])]
        forest = fit_forest(
            bits[rows], y[rows, column], "regression", seed, ForestConfig(trees=100)
        )
        found[:, column] = forest.tree_values(bits[asked]).mean(axis=1)
    return found


def _judge(truth: np.ndarray, values: np.ndarray) -> dict[str, float]:
    errors, squares = [], []
    for column in range(truth.shape[1]):
        rows = np.isfinite(truth[:, column])
        pair = truth[rows, column], values[rows, column].astype(float)
        errors.append(rmse(*pair))
        squares.append(np.nan_to_num(pearson(*pair)) ** 2)
    known = np.isfinite(truth)
    return {
        "mean RMSE": round(float(np.mean(errors)), 4),
        "mean R2": round(float(np.mean(squares)), 4),
        "R2 of all": round(float(pearson(truth[known], values[known].astype(float))) ** 2, 4),
    }


if __name__ == "__main__":
    sys.exit(main())
