"""How many planted label errors stand among the labels that their neighbors contradict most.

2 % of the labels of public sets are made wrong, by each kind of error in turn: a value mirrored at
the median, the values of two compounds swapped, a slip of three pX units, or a class turned
around. The label audit of a training (:mod:`hitsieve.assays.suspects`) then lists 5 %. Sets come
from the folder named by HITSIEVE_DATA_MIRROR.

    python benchmarks/planted_errors.py --seeds 10
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

from hitsieve.assays.cards import load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.read import read_assay
from hitsieve.assays.suspects import LISTED_SHARE, contradictions
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.standardize import Standardizer

SETS = ("moleculeace/CHEMBL4616_EC50", "moleculeace/CHEMBL4203_Ki", "esol", "bace", "bbbp")
PLANTED = 0.02
SLIP = 3.0


def main() -> int:
    """Print a row a set and kind of error; without the data sets, say so and do nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="choices of the wrong labels")
    seeds = parser.parse_args().seeds
    mirror = Path(os.environ.get("HITSIEVE_DATA_MIRROR", ""))
    if not (mirror / "moleculeace").is_dir():
        print("skipped: moleculeace is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    print("set, labels, planted, kind, found (mean, spread, least over seeds), times chance, s")
    for name in SETS:
        table, report = curate(read_assay(mirror, load_card(name)), Standardizer())
        values = table["value"].to_numpy()
        morgan = np.asarray(morgan_from_smiles(table["smiles"].to_pylist()))
        classes = report.targets[0].task == "classification"
        for kind in ("turned",) if classes else ("mirrored", "swapped", "slipped"):
            _report(name, kind, values, morgan, seeds)
    return 0


def _report(name: str, kind: str, values: np.ndarray, morgan: np.ndarray, seeds: int) -> None:
    count, listed = round(PLANTED * len(values)), int(np.ceil(LISTED_SHARE * len(values)))
    found, started = [], time.perf_counter()
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        wrong = rng.choice(len(values), count, replace=False)
        labels = values.copy()
        labels[wrong] = _wrong(kind, values, wrong, rng)
        worst = np.argsort(-np.abs(contradictions(morgan, labels)))[:listed]
        found.append(float(np.isin(wrong, worst).mean()))
    each = (time.perf_counter() - started) / seeds
    times = float(np.mean(found)) * len(values) / listed
    print(
        f"{name:28s} {len(values):5d} {count:3d} {kind:9s} {np.mean(found):5.1%} "
        f"{np.std(found, ddof=1):5.1%} {min(found):5.1%}   {times:4.1f}   {each:.2f}"
    )


def _wrong(
    kind: str, values: np.ndarray, places: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    if kind == "turned":
        return np.asarray(1 - values[places])
    if kind == "mirrored":
        return np.asarray(2 * np.median(values) - values[places])
    if kind == "swapped":
        return np.asarray(values[rng.permutation(places)])
    return np.asarray(values[places] + SLIP * rng.choice([-1.0, 1.0], len(places)))


if __name__ == "__main__":
    raise SystemExit(main())
