"""Show that imported checkpoints predict what Chemprop itself predicts.

Chemprop trains small models for a few epochs: regression on one and two targets, classification
on one and twelve, an ensemble of two files, and one with every option that can be imported. Each
is imported, and both sides predict the same vendor compounds of the Mcule sample, as standardized
SMILES.

    python benchmarks/chemprop_parity.py --chemprop-python ../chemprop/bin/python
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

import numpy as np
from _chemprop import (
    LIPO,
    MCULE,
    TOX21,
    chemprop_python,
    chemprop_version,
    mirror_file,
    missing,
    predict_command,
    read_predictions,
    run_measured,
    standardized,
    train_chemprop,
    write_csv,
)

from hitsieve.chem.standardize import Standardizer
from hitsieve.modeling.import_chemprop import ImportConfig, import_chemprop
from hitsieve.provenance import versions
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer

TOLERANCE = 1e-4
ODD = (
    "--batch-norm", "--aggregation", "mean", "--activation", "TANH", "--message-bias",
    "--ffn-num-layers", "2", "--ffn-hidden-dim", "200", "--message-hidden-dim", "128",
    "--depth", "4",
)  # fmt: skip


def main() -> int:
    """Print a row a model; end with 1 if one differs by more than the tolerance."""
    arguments = _arguments()
    python = arguments.chemprop_python
    reason = missing(python, MCULE, LIPO, TOX21)
    if reason:
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(arguments.work or scratch)
        work.mkdir(parents=True, exist_ok=True)
        smiles = standardized(arguments.compounds)
        batch = CompoundBatch.from_smiles(smiles)
        data = write_csv(work / "compounds.csv", smiles)
        print(f"chemprop {chemprop_version(python)}, torch {versions()['torch']}, {len(batch)} "
              "compounds; differences relative to |value| + spread of the values")  # fmt: skip
        print(f"{'model':<28}{'targets':>8}{'members':>8}{'largest':>12}")
        worst = 0.0
        for name, files in _models(python, work).items():
            settings = ImportConfig(name=name, files=files, trust=True, registry=work / "models")
            folder = import_chemprop(settings).entry.folder
            scorer = load_scorer(folder)
            run_measured(predict_command(python, data, files, work / f"{name}.csv"), 1)
            theirs = read_predictions(work / f"{name}.csv", scorer.targets)
            ours = scorer.score(batch).mean.astype(np.float64)
            relative = np.abs(ours - theirs) / (np.abs(theirs) + theirs.std(axis=0))
            strict = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-12)
            share = float((strict <= TOLERANCE).mean())
            print(f"{name:<28}{ours.shape[1]:>8}{len(files):>8}{relative.max():>12.1e}"
                  f"   {share:.3%} of values within {TOLERANCE:.0e} of |value| alone")  # fmt: skip
            worst = max(worst, float(relative.max()))
    print("within the tolerance" if worst <= TOLERANCE else "DIFFERENT")
    return int(worst > TOLERANCE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--compounds", type=int, default=20_000)
    parser.add_argument("--chemprop-python", default=chemprop_python())
    parser.add_argument("--work", help="folder that keeps models and predictions")
    return parser.parse_args()


def _models(python: str, work: Path) -> dict[str, tuple[Path, ...]]:
    lipo, tox = mirror_file(LIPO), mirror_file(TOX21)
    assert lipo is not None  # noqa: S101 - asked for by missing() before
    assert tox is not None  # noqa: S101 - as above
    two = _two_targets(lipo, work / "two_targets.csv")
    tox = _readable(tox, work / "tox.csv")
    one = ("-s", "smiles", "--target-columns", "lipo", "-t", "regression", "--epochs", "4")
    few = ("-s", "smiles", "--epochs", "3")
    kind = ("-t", "regression", "--target-columns")
    regression = train_chemprop(python, work / "reg", lipo, *one, "--ensemble-size", 2)
    two_tasks = train_chemprop(python, work / "two", two, *few, *kind, "lipo", "length")
    odd = train_chemprop(
        python, work / "odd", two, *few, *kind, "lipo", "--ignore-columns", "length", *ODD
    )
    clf = ("-t", "classification", "--target-columns")
    single = train_chemprop(python, work / "clf", tox, *few, *clf, "NR-AhR")
    twelve = train_chemprop(python, work / "tox", tox, *few, "-t", "classification")
    return {
        "regression": tuple(regression[:1]),
        "regression_ensemble": tuple(regression),
        "regression_two_targets": tuple(two_tasks),
        "classification": tuple(single),
        "classification_twelve": tuple(twelve),
        "other_options": tuple(odd),
    }


def _readable(source: Path, path: Path, most: int = 1500) -> Path:
    """Write the first rows whose structures can be kept; Chemprop stops at one that cannot."""
    standardize = Standardizer()
    with source.open(newline="", encoding="utf-8") as stream:
        head, *rows = csv.reader(stream)
    kept = [row for row in rows[:most] if standardize(row[head.index("smiles")]).kept]
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([head, *kept])
    return path


def _two_targets(source: Path, path: Path) -> Path:
    """Write molecules with two targets, one of them with gaps."""
    with source.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))[:2000]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["smiles", "lipo", "length"])
        for number, row in enumerate(rows):
            writer.writerow([row["smiles"], row["lipo"] if number % 3 else "", len(row["smiles"])])
    return path


if __name__ == "__main__":
    sys.exit(main())
