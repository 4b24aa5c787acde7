"""How many of the true best hundred quinazolinones are found in reagent space, unenumerated.

The reagents are the 100 anthranilic acids, amines and acids of the Thompson sampling benchmark
(Klarich et al., J. Chem. Inf. Model. 2024, 64, 1158) in the folder named by
HITSIEVE_DATA_MIRROR. The oracle is the similarity of Morgan fingerprints to the product that the
published list names first; found is how many of that list were measured. ``--repeats 5
--evaluations 8000`` is the full size.

    python benchmarks/synthons.py --repeats 5 --evaluations 8000
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from _similarity import SimilarityOracle

from hitsieve.campaign.reagents import ReagentCampaign, ReagentCampaignConfig
from hitsieve.chem.standardize import Standardizer
from hitsieve.engine import open_executor

FILES = {
    "anthranilic_acid": "aminobenzoic_100.smi",
    "amine": "primary_amines_100.smi",
    "acid": "carboxylic_acids_100.smi",
}
BEST = "quinazoline_1M_90_top_100.csv"


def main() -> int:
    """Print the figures; without the data set, say so and do nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--evaluations", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--exploit", type=float, default=0.5)
    parser.add_argument("--shortlist", type=int, default=40)
    asked = parser.parse_args()
    mirror = os.environ.get("HITSIEVE_DATA_MIRROR", "")
    source = Path(mirror) / "ts_walters"
    if not mirror or not source.is_dir():
        print("skipped: ts_walters is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    found = [_repeat(source, asked, seed) for seed in range(asked.repeats)]
    spread = float(np.std(found, ddof=1)) if len(found) > 1 else 0.0
    print(f"found {np.mean(found):.1f} ± {spread:.1f} of 100 in {asked.evaluations:,} evaluations")
    return 0


def _repeat(source: Path, asked: argparse.Namespace, seed: int) -> int:
    with (source / BEST).open() as stream:
        best = [row["SMILES"] for row in csv.DictReader(stream)]
    standardize = Standardizer()
    wanted = {standardize(smiles).compound_id for smiles in best}
    space = {
        "reactions": ["quinazolinone"],
        "reagents": {"quinazolinone": {role: (str(source / f),) for role, f in FILES.items()}},
        "selectivity": "enumerate",
        "product": {},
    }
    started, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder, open_executor("serial") as executor:
        config = ReagentCampaignConfig.model_validate(
            {
                "folder": Path(folder) / "campaign",
                "library": space,
                "rounds": asked.evaluations,
                "budget": {"measurements": asked.evaluations},
                "warm_up": asked.warm_up,
                "batch": asked.batch,
                "exploit": asked.exploit,
                "shortlist": asked.shortlist,
                "seed": seed,
            }
        )
        campaign = ReagentCampaign(config, SimilarityOracle(best[0]), executor)
        found = campaign.run()
        curve, hits = [], 0
        for one in found.rounds:
            hits += sum(pick.compound_id in wanted for pick in one.picks)
            curve.append(hits)
    print(
        f"seed {seed}: {hits} of {len(wanted)} in {found.measured:,} of "
        f"{campaign.space.combinations:,}; each round {curve}; "
        f"{time.process_time() - cpu:.0f} s of processor time, "
        f"{time.perf_counter() - started:.0f} s",
        flush=True,
    )
    return hits


if __name__ == "__main__":
    raise SystemExit(main())
