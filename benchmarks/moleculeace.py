"""Error on activity cliffs: the default blend on the 20 targets of MoleculeACE, given splits.

One recipe for all targets, fitted to the training part alone; weights, penalties and intervals
come from compounds left out of it. With ``--together`` one model learns all targets, as a project
with several assays would have it: a compound may then be asked for on one target and have been
measured on others, unless ``--unmeasured`` takes what is asked for on any target out of all
training parts. Beside stand each member alone, the blend without networks,
and the published results, where a CSV file of them is named (van Tilborg and others,
10.1021/acs.jcim.2c01073). The data are read from the folder named by HITSIEVE_DATA_MIRROR.

    python benchmarks/moleculeace.py --all --published MoleculeACE_results.csv
    python benchmarks/moleculeace.py --all --together --published MoleculeACE_results.csv
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import yaml
from _blend import Parts, judge, mirror

from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.metrics.calibration import (
    attainable_correlation,
    coverage,
    error_spread_correlation,
)
from hitsieve.metrics.regression import rmse
from hitsieve.modeling.config import load_recipe
from hitsieve.provenance import versions
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    paths = [
        path
        for path in sorted(folder.glob("*.csv"))
        if arguments.all or path.stem in arguments.targets
    ]
    rows: list[dict[str, float | str]] = []
    for found in (_together if arguments.together else _one_by_one)(paths, recipe, arguments):
        rows.append(found | published.get(str(found["target"]), {}))
        print(json.dumps(rows[-1]), flush=True)
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
    parser.add_argument("--together", action="store_true", help="one model for all targets")
    parser.add_argument(
        "--unmeasured", action="store_true", help="learn from no compound that is asked for"
    )
    parser.add_argument(
        "--validation", action="store_true", help="calibrate on a tenth that is not learned from"
    )
    parser.add_argument("--published", type=Path, help="the published table of results")
    return parser.parse_args()


def _read(path: Path) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Return SMILES, values (n,), which are of the test part, and which have a cliff."""
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    y = np.array([float(row[VALUE]) for row in rows])
    test = np.array([row["split"] == "test" for row in rows])
    return [r["smiles"] for r in rows], y, test, np.array([r["cliff_mol"] == "1" for r in rows])


def _one_by_one(
    paths: list[Path], recipe: Recipe, arguments: argparse.Namespace
) -> Iterator[dict[str, float | str]]:
    """Fit a model a target."""
    for path in paths:
        smiles, y, test, cliff = _read(path)
        started = time.process_time()
        train, kept = np.flatnonzero(~test), np.empty(0, int)
        if arguments.validation:
            shuffled = np.random.default_rng(arguments.seed).permutation(train)
            kept, train = np.split(shuffled, [len(train) // 10])
        parts = Parts(np.sort(train), np.concatenate([np.flatnonzero(test), kept]), "given")
        judged = judge(
            smiles, y[:, None], parts, "regression", recipe, arguments.seed,
            network=not arguments.without_network,
        )  # fmt: skip
        seconds = round(time.process_time() - started)
        if len(kept):
            judged = _held_out(judged, y[kept], int(test.sum()))
        rows = np.arange(int(test.sum()))
        row = _row(path.stem, judged, 0, rows, y[test], cliff[test])
        yield {**row, "n": len(parts.train), "cpu_s": seconds}


def _held_out(judged: Judged, y: np.ndarray, start: int) -> Judged:
    """Let compounds from ``start`` on, with values y, calibrate in place of left-out ones."""
    said = judged.predictions["blend"]
    kept = Prediction(said.mean[start:], said.std[start:])
    return replace(judged, labels=y[:, None], left_out=kept)


def _together(
    paths: list[Path], recipe: Recipe, arguments: argparse.Namespace
) -> Iterator[dict[str, float | str]]:
    """Fit one model to the training parts of all targets."""
    tables = [_read(path) for path in paths]
    smiles = sorted({text for table in tables for text in table[0]})
    place = {text: row for row, text in enumerate(smiles)}
    known, asked = np.full((2, len(smiles), len(paths)), np.nan)
    rows = [np.array([place[text] for text in table[0]]) for table in tables]
    for column, ((_, y, test, _), where) in enumerate(zip(tables, rows, strict=True)):
        known[where[~test], column], asked[where[test], column] = y[~test], y[test]
    wanted = np.flatnonzero(np.isfinite(asked).any(axis=1))
    if arguments.unmeasured:
        known[wanted] = np.nan
    started = time.process_time()
    learned = np.flatnonzero(np.isfinite(known).any(axis=1))
    judged = judge(
        smiles, known, Parts(learned, wanted, "given"), "regression", recipe, arguments.seed,
        network=not arguments.without_network,
    )  # fmt: skip
    seconds = round((time.process_time() - started) / len(paths))
    for column, (path, (_, y, test, cliff), where) in enumerate(
        zip(paths, tables, rows, strict=True)
    ):
        there = np.searchsorted(wanted, where[test])
        row = _row(path.stem, judged, column, there, y[test], cliff[test])
        yield {**row, "n": int(np.isfinite(known[:, column]).sum()), "cpu_s": seconds}


def _row(
    name: str, judged: Judged, column: int, rows: np.ndarray, truth: np.ndarray, cliff: np.ndarray
) -> dict[str, float | str]:
    """Judge one target's test part, whose compounds lie at ``rows`` of the predictions."""
    found: dict[str, float | str] = {"target": name}
    for kind, said in judged.predictions.items():
        values = said.mean[rows, column]
        found[kind] = round(rmse(truth, values), 4)
        found[f"{kind}, cliffs"] = round(rmse(truth[cliff], values[cliff]), 4)
    found |= _intervals(judged, column, rows, truth)
    for kind, weights in judged.weights.items():
        found[f"weight of {kind}"] = round(weights[column], 3)
    return found


def _intervals(
    judged: Judged, column: int, rows: np.ndarray, truth: np.ndarray
) -> dict[str, float]:
    said, blend = judged.left_out, judged.predictions["blend"]
    own = np.isfinite(said.mean[:, column])
    intervals = ConformalIntervals.fit(
        judged.labels[own, column : column + 1],
        said.mean[own, column : column + 1],
        said.std[own, column : column + 1],
        LEVEL,
    )
    mean, std = (part[rows, column : column + 1] for part in (blend.mean, blend.std))
    lower, upper = intervals.interval(mean, std)
    return {
        "coverage": round(coverage(truth, lower[:, 0], upper[:, 0]), 3),
        "width": round(float((upper - lower).mean()), 3),
        "error~width": round(error_spread_correlation(truth, mean[:, 0], std[:, 0]), 3),
        "attainable": round(attainable_correlation(std[:, 0], seed=0), 3),
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
