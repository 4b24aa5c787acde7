"""Share of the best docking scores found by campaigns, by MolPAL's protocol.

The pool is Enamine10k with Vina scores against thymidylate kinase (Graff, Shakhnovich and Coley,
Chem. Sci. 2021, 12, 7866) in the folder named by HITSIEVE_DATA_MIRROR: a random 1 % at first,
then five rounds of 1 %, chosen by prediction. Found is the share of the 100 best scores, ties
counting, and by identity. Published for 6 %: random forest 53.0 ± 5.0, neural network 66.8.
Without arguments only the baseline runs; ``--repeats 5 --default`` is the full size.

    python benchmarks/campaign_enamine.py --repeats 5 --default
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
from pathlib import Path

import numpy as np
from _campaigns import PairForest, found_each_round, library_of, lookup, places, replay, show

from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate

TOP = 100
SHARE = 0.01


def main() -> int:
    """Print the figures; without the data set, say so and do nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="seed of the first repeat")
    parser.add_argument("--default", action="store_true", help="run the default surrogate too")
    parser.add_argument("--no-baseline", action="store_true", help="leave the forest out")
    parser.add_argument("--kinds", nargs="+", help="surrogates instead of the default ones")
    parser.add_argument("--acquisition", default="gain", help="how rounds choose: gain, greedy …")
    parser.add_argument("--work", type=Path, help="keeps library and features between runs")
    asked = parser.parse_args()
    source = Path(os.environ.get("HITSIEVE_DATA_MIRROR", "")) / "molpal"
    if "HITSIEVE_DATA_MIRROR" not in os.environ or not source.is_dir():
        print("skipped: molpal is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        work = asked.work or Path(folder)
        smiles = [row["smiles"] for row in _rows(source / "Enamine10k.csv.gz")]
        library = library_of(smiles, work / "library")
        values = _values(source / "Enamine10k_scores.csv.gz", smiles, library)
        print(f"pool of {len(smiles):,}, {len(values):,} of them with a score")
        if not asked.no_baseline:
            _compare("pair forest (baseline)", asked, work, Path(folder), library, values)
        if asked.default or asked.kinds:
            _compare("default" if asked.default else " ".join(asked.kinds),
                     asked, work, Path(folder), library, values)  # fmt: skip
    return 0


def _compare(
    name: str, asked: argparse.Namespace, work: Path, folder: Path, library: Path,
    values: dict[str, float],
) -> None:  # fmt: skip
    oracle = lookup(values, higher_is_better=False)
    batch = round(SHARE * len(places(library)))
    by_score, by_identity, seconds = [], [], []
    for seed in range(asked.first, asked.first + asked.repeats):
        surrogate = (
            PairForest()
            if name.startswith("pair forest")
            else QuickSurrogate(
                "replayed",
                higher_is_better=False,
                config=QuickConfig() if asked.default else QuickConfig(kinds=tuple(asked.kinds)),
            )
        )
        config = {
            "library": library, "folder": folder / f"{name[:4]}-{seed}", "initial": batch,
            "batch": batch, "rounds": 5, "seed": seed,
            "acquisition": {"kind": "greedy" if name.startswith("pair") else asked.acquisition},
        }  # fmt: skip
        done = replay(config, oracle, surrogate, work / "cache")
        score, identity = found_each_round(done.summary, values, TOP, higher_is_better=False)
        chosen = [one.model.rpartition(":")[2] for one in done.summary.rounds[1:]]
        print(f"{name} seed {seed}: {score[-1]:.0%} by score, {identity[-1]:.0%} by identity, "
              f"{done.seconds:.0f} s of processor time {chosen}", flush=True)  # fmt: skip
        by_score.append(score)
        by_identity.append(identity)
        seconds.append(done.seconds)
    show(f"{name}, score", by_score)
    show(f"{name}, identity", by_identity)
    print(f"{name}: {np.mean(seconds):.0f} s of processor time a repeat")


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") as stream:
        return list(csv.DictReader(stream))


def _values(path: Path, smiles: list[str], library: Path) -> dict[str, float]:
    """Return the best score of each compound that has one."""
    scores: dict[str, float] = {}
    for row in _rows(path):
        score = float(row["score"])
        scores[row["smiles"]] = min(score, scores.get(row["smiles"], score))
    found = {}
    for name, where in places(library).items():
        known = [scores[smiles[i]] for i in where if smiles[i] in scores]
        if known:
            found[name] = min(known)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
