"""Error on activity cliffs: the default blend on the 20 targets of MoleculeACE, given splits.

One recipe for all targets, fitted to the training part alone; weights, penalties and intervals
come from compounds left out of it. Beside stand each member alone, the blend without networks,
and the published results, where a CSV file of them is named (van Tilborg and others,
10.1021/acs.jcim.2c01073). The data are read from the folder named by HITSIEVE_DATA_MIRROR.

    python benchmarks/moleculeace.py --all --published MoleculeACE_results.csv
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import yaml
from _blend import Parts, judge, mirror

from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.metrics.calibration import coverage, error_spread_correlation
from hitsieve.metrics.regression import rmse
from hitsieve.modeling.config import load_recipe
from hitsieve.provenance import versions

if TYPE_CHECKING:
    from _blend import Judged

    from hitsieve.modeling.config import Recipe

VALUE = "y [pEC50/pKi]"
LEVEL = 0.9
SMALL = ["CHEMBL4616_EC50", "CHEMBL4203_Ki"]


def main() -> int:
    """Print a row a target and the means; without the data set, say so and do nothing."""
    arguments = _arguments()
    folder = mirror("moleculeace")
    if folder is None:
        return 0
    torch.set_num_threads(1)
    overrides = yaml.safe_load(arguments.set) if arguments.set else {}
    recipe = load_recipe(arguments.recipe, overrides)
    known = {v: versions()[v] for v in ("hitsieve", "torch", "rdkit")}
    print(f"recipe {arguments.recipe} {arguments.set}, seed {arguments.seed}, {known}")
    published = _published(arguments.published)
    rows: list[dict[str, float | str]] = []
    for path in sorted(folder.glob("*.csv")):
        if not arguments.all and path.stem not in arguments.targets:
            continue
        row: dict[str, float | str] = {"target": path.stem, **_target(path, recipe, arguments)}
        row |= published.get(path.stem, {})
        rows.append(row)
        print(json.dumps(row), flush=True)
    if rows:
        _table(rows)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--set", default="", help="overrides of the recipe, as YAML")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--without-network", action="store_true", help="fingerprint models only")
    parser.add_argument("--targets", nargs="+", default=SMALL, help="these (the two smallest)")
    parser.add_argument("--all", action="store_true", help="all twenty: with networks an hour")
    parser.add_argument("--published", type=Path, help="the published table of results")
    return parser.parse_args()


def _target(path: Path, recipe: Recipe, arguments: argparse.Namespace) -> dict[str, float]:
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    y = np.array([[float(row[VALUE])] for row in rows])
    part = np.array([row["split"] for row in rows])
    train, test = np.flatnonzero(part == "train"), np.flatnonzero(part == "test")
    cliff = np.array([row["cliff_mol"] == "1" for row in rows])[test]
    started = time.process_time()
    judged = judge(
        [r["smiles"] for r in rows],
        y,
        Parts(train, test, "given"),
        "regression",
        recipe,
        arguments.seed,
        network=not arguments.without_network,
    )
    seconds = time.process_time() - started
    found: dict[str, float] = {"n": len(train)}
    truth = y[test, 0]
    for kind, said in judged.predictions.items():
        found[kind] = round(rmse(truth, said.mean[:, 0]), 4)
        found[f"{kind}, cliffs"] = round(rmse(truth[cliff], said.mean[cliff, 0]), 4)
    found |= _intervals(judged, truth)
    for kind, weights in judged.weights.items():
        found[f"weight of {kind}"] = round(weights[0], 3)
    return {**found, "cpu_s": round(seconds)}


def _intervals(judged: Judged, truth: np.ndarray) -> dict[str, float]:
    said, blend = judged.left_out, judged.predictions["blend"]
    known = np.isfinite(said.mean[:, 0])
    intervals = ConformalIntervals.fit(
        judged.labels[known], said.mean[known], said.std[known], LEVEL
    )
    lower, upper = intervals.interval(blend.mean, blend.std)
    return {
        "coverage": round(coverage(truth, lower[:, 0], upper[:, 0]), 3),
        "width": round(float((upper - lower).mean()), 3),
        "error~width": round(error_spread_correlation(truth, blend.mean[:, 0], blend.std[:, 0]), 3),
    }


def _published(path: Path | None) -> dict[str, dict[str, float]]:
    if path is None:
        return {}
    found: dict[str, dict[str, float]] = defaultdict(dict)
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            name, target = f"{row['algorithm']}/{row['descriptor']}", row["dataset"]
            if name == "SVM/ECFP":
                found[target]["SVM on ECFP"] = round(float(row["rmse"]), 4)
                found[target]["SVM on ECFP, cliffs"] = round(float(row["cliff_rmse"]), 4)
            best = min(found[target].get("best published", np.inf), float(row["rmse"]))
            found[target]["best published"] = round(best, 4)
    return dict(found)


def _table(rows: list[dict[str, float | str]]) -> None:
    names = [name for name in rows[0] if name != "target"]
    print("| target | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for row in rows:
        print(f"| {row['target']} | " + " | ".join(str(row.get(name, "")) for name in names) + " |")
    means = [np.mean([float(row[name]) for row in rows if name in row]) for name in names]
    print("| mean | " + " | ".join(f"{value:.3f}" for value in means) + " |")


if __name__ == "__main__":
    sys.exit(main())
