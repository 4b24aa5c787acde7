"""Chemprop with its defaults on the activity cliffs of MoleculeACE, on the same given splits.

A tenth of the training part, drawn at random, is Chemprop's validation part, as its own splitter
would have it. One model a target. Finished targets are kept as JSON in HITSIEVE_BENCH_CACHE,
where that is set, so that a run can go on. The data are read from the folder named by
HITSIEVE_DATA_MIRROR.

    python benchmarks/moleculeace_chemprop.py --chemprop-python ../cpvenv/bin/python
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from _blend import mirror
from _chemprop import CODE, chemprop_python, chemprop_version, read_predictions, run_measured

from hitsieve.metrics.regression import rmse

VALUE = "y [pEC50/pKi]"


def main() -> int:
    """Print a line a target; without data or Chemprop, say so and do nothing."""
    arguments = _arguments()
    folder = mirror("moleculeace")
    if folder is None:
        return 0
    version = chemprop_version(arguments.chemprop_python)
    if not version:
        print(f"skipped: {arguments.chemprop_python} has no chemprop; see CHEMPROP_PYTHON")
        return 0
    print(f"chemprop {version}, {arguments.epochs} epochs, seed {arguments.seed}")
    rows = []
    for path in sorted(folder.glob("*.csv")):
        if arguments.targets and path.stem not in arguments.targets:
            continue
        rows.append(_kept(path, arguments, version))
        print(json.dumps(rows[-1]), flush=True)
    if rows:
        for name in ("chemprop", "chemprop, cliffs"):
            print(f"mean of {len(rows)}: {name} {np.mean([float(r[name]) for r in rows]):.3f}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--chemprop-python", default=chemprop_python())
    parser.add_argument(
        "--targets", nargs="*", default=["CHEMBL4616_EC50"], help="these; none means all twenty"
    )
    parser.add_argument("--epochs", type=int, default=50, help="Chemprop's default is 50")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _kept(path: Path, arguments: argparse.Namespace, version: str) -> dict[str, float | str]:
    folder = os.environ.get("HITSIEVE_BENCH_CACHE", "")
    name = f"chemprop-{version}-{arguments.epochs}-{arguments.seed}-{path.stem}.json"
    kept = Path(folder) / name
    if folder and kept.is_file():
        found: dict[str, float | str] = json.loads(kept.read_text())
        return found
    found = _target(path, arguments)
    if folder:
        kept.write_text(json.dumps(found))
    return found


def _target(path: Path, arguments: argparse.Namespace) -> dict[str, float | str]:
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    train = [n for n, row in enumerate(rows) if row["split"] == "train"]
    drawn = np.random.default_rng(arguments.seed).permutation(train)[: len(train) // 10]
    valid = set(drawn.tolist())
    test = [row for row in rows if row["split"] == "test"]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with (work / "data.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(("smiles", "y", "split"))
            for number, row in enumerate(rows):
                part = "val" if number in valid else row["split"]
                writer.writerow((row["smiles"], row[VALUE], part))
        command = [
            arguments.chemprop_python, "-c", CODE, "train", "-i", work / "data.csv",
            "-o", work / "out", "-s", "smiles", "--target-columns", "y", "-t", "regression",
            "--splits-column", "split", "--epochs", arguments.epochs, "--accelerator", "cpu",
            "--pytorch-seed", arguments.seed, "--use-cuikmolmaker-featurization", "-q",
        ]  # fmt: skip
        run = run_measured(command, 1)
        said = read_predictions(work / "out" / "model_0" / "test_predictions.csv", ["y"])[:, 0]
    truth = np.array([float(row[VALUE]) for row in test])
    cliff = np.array([row["cliff_mol"] == "1" for row in test])
    return {
        "target": path.stem,
        "n": len(train),
        "chemprop": round(rmse(truth, said), 4),
        "chemprop, cliffs": round(rmse(truth[cliff], said[cliff]), 4),
        "cpu_s": round(run.cpu),
    }


if __name__ == "__main__":
    sys.exit(main())
