"""How many of the true best hundred quinazolinones a campaign over the enumerated space finds.

The reagents are those of the Thompson sampling benchmark (Klarich et al., J. Chem. Inf. Model.
2024, 64, 1158) in the folder named by HITSIEVE_DATA_MIRROR; a campaign over their enumerated
products begins with a random sixth of its measurements, and learns in five rounds. The oracle is
the similarity of Morgan fingerprints to the product that the published list names first.
``--reagents 100 --evaluations 5000`` is the full size; with fewer reagents the best hundred are
those of the smaller space. Published with 5,000: random forest 87 to 91. Reagent space without
enumeration is in ``synthons.py``.

    python benchmarks/campaign_quinazolines.py --reagents 100 --evaluations 5000
"""

from __future__ import annotations

import argparse
import csv
import os
import tempfile
from pathlib import Path

import numpy as np
from _campaigns import found_each_round, library_of, lookup, replay
from _similarity import SimilarityOracle
from synthons import BEST, FILES

from hitsieve.campaign.quick.config import PruneConfig, QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.chem.fingerprints import nearest_tanimoto
from hitsieve.library import Library
from hitsieve.library.enumerate import EnumerationConfig, plan_enumeration

ROUNDS = 5
TOP = 100


def main() -> int:
    """Print the figures; without the data set, say so and do nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reagents", type=int, default=20, help="of each list, spread over it")
    parser.add_argument("--evaluations", type=int, default=600)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", help="surrogates instead of the default ones")
    parser.add_argument("--loss", type=float, default=0.0, help="of the top, by pruning")
    parser.add_argument("--first", type=int, default=0, help="seed of the first repeat")
    parser.add_argument("--acquisition", default="gain", help="how rounds choose: gain, greedy …")
    parser.add_argument("--work", type=Path, help="keeps library and features between runs")
    asked = parser.parse_args()
    mirror = os.environ.get("HITSIEVE_DATA_MIRROR", "")
    source = Path(mirror) / "ts_walters"
    if not mirror or not source.is_dir():
        print("skipped: ts_walters is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        work = asked.work or Path(folder)
        library = work / f"library-{asked.reagents}"
        if not (library / "manifest.json").is_file():
            library_of(_products(source, Path(folder), asked.reagents), library)
        values = _values(source, library)
        found = []
        for seed in range(asked.first, asked.first + asked.repeats):
            batch = asked.evaluations // (1 + ROUNDS)
            config = {
                "library": library, "folder": Path(folder) / f"c{seed}", "initial": batch,
                "batch": batch, "rounds": ROUNDS, "seed": seed,
                "acquisition": {"kind": asked.acquisition},
            }  # fmt: skip
            kinds = None if asked.kinds is None else tuple(asked.kinds)
            quick = QuickConfig(kinds=kinds, prune=PruneConfig(loss=asked.loss, top=TOP))
            oracle = lookup(values, higher_is_better=True)
            cache = work / f"cache-{asked.reagents}"
            done = replay(config, oracle, QuickSurrogate("replayed", config=quick), cache)
            score, _ = found_each_round(done.summary, values, TOP, higher_is_better=True)
            found.append(100 * score[-1])
            print(f"seed {seed}: {done.summary.measured:,} of {len(values):,} measured, found "
                  f"{' '.join(f'{100 * share:.0f}' for share in score)} of {TOP}; "
                  f"{done.seconds:.0f} s of processor time, {done.memory:.0f} MB; "
                  f"{[one.model.rpartition(':')[2] for one in done.summary.rounds[1:]]}",
                  flush=True)  # fmt: skip
        spread = float(np.std(found, ddof=1)) if len(found) > 1 else 0.0
        print(f"found {np.mean(found):.1f} ± {spread:.1f} of {TOP}")
    return 0


def _products(source: Path, folder: Path, wanted: int) -> list[str]:
    files = {}
    for role, name in FILES.items():
        lines = (source / name).read_text().splitlines()
        chosen = [lines[i] for i in np.linspace(0, len(lines) - 1, wanted).astype(int)]
        (folder / name).write_text("".join(f"{line}\n" for line in chosen))
        files[role] = (str(folder / name),)
    config = EnumerationConfig.model_validate(
        {
            "reactions": ["quinazolinone"],
            "reagents": {"quinazolinone": files},
            "selectivity": "enumerate",
            "product": {},
        }
    )
    (plan,) = plan_enumeration(config)
    return [product.smiles for product in plan.products() if product.smiles is not None]


def _values(source: Path, library: Path) -> dict[str, float]:
    with (source / BEST).open() as stream:
        query = next(csv.DictReader(stream))["SMILES"]
    reference = SimilarityOracle(query).query
    found: dict[str, float] = {}
    for table in Library.open(library).iter_tables(["compound_id", "morgan"]):
        column = table.column("morgan").combine_chunks()
        bits = np.frombuffer(b"".join(column.to_pylist()), np.uint8).reshape(len(column), -1)
        similarity, _ = nearest_tanimoto(bits, reference)
        found |= dict(
            zip(table.column("compound_id").to_pylist(), similarity.tolist(), strict=True)
        )
    return found


if __name__ == "__main__":
    raise SystemExit(main())
