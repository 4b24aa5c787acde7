"""Accuracy and calibration on the scaffold splits of MUBen, beside its published ensembles.

One recipe for all sets (Li and others, MUBen, arXiv 2306.10060). With ``--fit train+valid`` the
model learns from both parts, and its probabilities and intervals are calibrated on compounds
left out of it; with ``--fit train`` it learns from the training part, and they are calibrated on
the validation part, as ``hitsieve train`` does. The data are read from the folder named by
HITSIEVE_DATA_MIRROR.

    python benchmarks/muben.py --all --without-network --published muben/primary
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
import yaml
from _blend import Parts, judge, mirror
from scipy.stats import norm

from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.metrics.calibration import (
    attainable_correlation,
    coverage,
    error_spread_correlation,
    nll_gaussian,
)
from hitsieve.metrics.classification import brier, ece, log_loss, roc_auc
from hitsieve.metrics.regression import mae, rmse
from hitsieve.modeling.config import load_recipe
from hitsieve.provenance import versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from _blend import Task

    from hitsieve.modeling.config import Recipe

SETS: Final[dict[str, Task]] = {
    "freesolv": "regression",
    "esol": "regression",
    "bace": "classification",
    "bbbp": "classification",
    "lipo": "regression",
    "tox21": "classification",
    "hiv": "classification",
}
PUBLISHED: Final = ("DNN-rdkit", "Uni-Mol")
COLUMNS: Final = {
    "regression": {"rmse": "rmse", "mae": "mae", "nll": "nll"},
    "classification": {"roc_auc": "roc-auc", "brier": "brier", "ece": "ece", "nll": "nll"},
}
LEVEL: Final = 0.9
CONSTANT: Final = 0.5 * np.log(2 * np.pi)
"""The published likelihoods of regression leave this term out; so do ours here."""


def main() -> int:
    """Print the table; without the data sets, say so and do nothing."""
    arguments = _arguments()
    folder = mirror("muben_scaffold_splits")
    if folder is None:
        return 0
    torch.set_num_threads(1)
    recipe = load_recipe("default", yaml.safe_load(arguments.set) if arguments.set else {})
    known = {v: versions()[v] for v in ("hitsieve", "torch", "rdkit")}
    print(f"fit {arguments.fit}, {arguments.set}, seed {arguments.seed}, {known}")
    for name in SETS if arguments.all else arguments.sets:
        print(json.dumps(_set(folder / name, SETS[name], recipe, arguments)), flush=True)
        for model in PUBLISHED if arguments.published else ():
            found = _published(arguments.published / f"{model}-{name}.csv", SETS[name])
            print(json.dumps({"set": name, "model": f"{model} ensemble", **found}), flush=True)
        if arguments.published:
            print(json.dumps(_deterministic(arguments.published, name)), flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", default=["freesolv", "esol"], choices=list(SETS))
    parser.add_argument("--all", action="store_true", help="all sets: with networks an hour")
    parser.add_argument("--fit", default="train+valid", choices=["train", "train+valid"])
    parser.add_argument("--without-network", action="store_true", help="fingerprint models only")
    parser.add_argument("--set", default="", help="overrides of the recipe, as YAML")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--published", type=Path, help="folder of the published tables")
    return parser.parse_args()


def _read(folder: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    smiles, rows, parts = [], [], []
    for part in ("train", "valid", "test"):
        path = folder / f"{part}.csv"
        plain = path.is_file()
        with path.open() if plain else gzip.open(f"{path}.gz", "rt") as stream:
            for row in csv.DictReader(stream):
                labels, masks = (np.array(json.loads(row[c]), float) for c in ("labels", "masks"))
                smiles.append(row["smiles"])
                rows.append(np.where(masks > 0, labels, np.nan))
                parts.append(part)
    return smiles, np.stack(rows), np.array(parts)


def _set(
    folder: Path, task: Task, recipe: Recipe, arguments: argparse.Namespace
) -> dict[str, float | str]:
    smiles, y, part = _read(folder)
    both = arguments.fit == "train+valid"
    train = np.flatnonzero(part != "test" if both else part == "train")
    asked = np.flatnonzero(part == "test" if both else part != "train")
    started = time.process_time()
    judged = judge(
        smiles,
        y,
        Parts(train, asked, "scaffold"),
        task,
        recipe,
        arguments.seed,
        network=not arguments.without_network,
    )
    blend, test = judged.predictions["blend"], part[asked] == "test"
    known = (judged.labels, judged.left_out.mean, judged.left_out.std)
    if not both:
        known = (y[asked][~test], blend.mean[~test], blend.std[~test])
    finish = _regression if task == "regression" else _classification
    found: dict[str, float | str] = {"set": folder.name, "model": "hitsieve", "n": len(train)}
    found |= finish(known, y[asked][test], blend.mean[test], blend.std[test])
    measure = rmse if task == "regression" else roc_auc
    for kind, said in judged.predictions.items():
        found[kind] = _mean(measure, y[asked][test], said.mean[test])
    return {**found, "cpu_s": round(time.process_time() - started)}


def _regression(
    known: tuple[np.ndarray, ...], truth: np.ndarray, mean: np.ndarray, std: np.ndarray
) -> dict[str, float]:
    y, center, deviation = known
    fitted = np.isfinite(center).all(axis=1)
    intervals = ConformalIntervals.fit(y[fitted], center[fitted], deviation[fitted], LEVEL)
    lower, upper = intervals.interval(mean, std)
    spread = (upper - lower)[:, 0] / (2 * norm.ppf((1 + LEVEL) / 2))
    values = truth[:, 0]
    return {
        "rmse": round(rmse(values, mean[:, 0]), 4),
        "mae": round(mae(values, mean[:, 0]), 4),
        "nll": round(nll_gaussian(values, mean[:, 0], spread) - CONSTANT, 4),
        "coverage": round(coverage(values, lower[:, 0], upper[:, 0]), 3),
        "error~width": round(error_spread_correlation(values, mean[:, 0], spread), 3),
        "attainable": round(attainable_correlation(spread, seed=0), 3),
    }


def _classification(
    known: tuple[np.ndarray, ...], truth: np.ndarray, mean: np.ndarray, std: np.ndarray
) -> dict[str, float]:
    del std  # a probability says what is known
    y = np.where(np.isfinite(known[1]), known[0], np.nan)
    scaling = TemperatureScaling.fit(y, np.nan_to_num(known[1], nan=0.5))
    warmed = scaling.apply(mean)
    measures = {"roc_auc": roc_auc, "brier": brier, "ece": ece, "nll": log_loss}
    found = {name: _mean(measure, truth, warmed) for name, measure in measures.items()}
    return {**found, "ece before": _mean(ece, truth, mean)}


def _mean(measure: Callable[..., float], truth: np.ndarray, values: np.ndarray) -> float:
    found = []
    for column in range(truth.shape[1]):
        rows = np.isfinite(truth[:, column])
        found.append(measure(truth[rows, column], values[rows, column].astype(float)))
    return round(float(np.mean(found)), 4)


def _published(path: Path, task: Task) -> dict[str, float]:
    with path.open(newline="") as stream:
        rows = [r for r in csv.DictReader(stream) if r["method"].endswith("DeepEnsembles")]
    columns = COLUMNS[task]
    return {ours: round(float(rows[0][f"{theirs}-mean"]), 4) for ours, theirs in columns.items()}


def _deterministic(folder: Path, name: str) -> dict[str, float | str]:
    """Return the best that any published model reaches alone, column by column."""
    found: dict[str, float | str] = {"set": name, "model": "best published without ensemble"}
    for ours, theirs in COLUMNS[SETS[name]].items():
        values = []
        for path in sorted(folder.glob(f"*-{name}.csv")):
            with path.open(newline="") as stream:
                rows = [r for r in csv.DictReader(stream) if r["method"].endswith("-none")]
            values += [float(r[f"{theirs}-mean"]) for r in rows if r.get(f"{theirs}-mean")]
        found[ours] = round(max(values) if ours == "roc_auc" else min(values), 4)
    return found


if __name__ == "__main__":
    sys.exit(main())
