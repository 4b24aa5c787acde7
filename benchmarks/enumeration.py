"""How many products a second are made on demand, how many are distinct, and in what memory.

The reagents are the 100 anthranilic acids, amines and acids of the Thompson sampling benchmark
(Klarich et al., J. Chem. Inf. Model. 2024, 64, 1158) in the folder named by
HITSIEVE_DATA_MIRROR; their million products are counted, made, and compared with the published
best hundred. ``--reagents`` takes fewer of each list.

    python benchmarks/enumeration.py --reagents 100
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import resource
import tempfile
import time
from pathlib import Path

from hitsieve.library.enumerate import EnumerationConfig, plan_enumeration, write_products

FILES = {
    "anthranilic_acid": "aminobenzoic_100.smi",
    "amine": "primary_amines_100.smi",
    "acid": "carboxylic_acids_100.smi",
}
BEST = "quinazoline_1M_90_top_100.csv"


def main() -> int:
    """Print the figures; without the data set, say so and do nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reagents", type=int, default=100, help="of each list")
    wanted = parser.parse_args().reagents
    mirror = os.environ.get("HITSIEVE_DATA_MIRROR", "")
    source = Path(mirror) / "ts_walters"
    if not mirror or not source.is_dir():
        print("skipped: ts_walters is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        config = _config(source, Path(folder), wanted)
        started = time.perf_counter()
        plans = plan_enumeration(config)
        counted = sum(plan.count() for plan in plans)
        print(f"counted {counted:,} products in {time.perf_counter() - started:.1f} s")
        before = _peak()
        target, started = Path(folder) / "products.smi.gz", time.process_time()
        summary = write_products(plans, target)
        seconds = time.process_time() - started
        print(f"made    {summary.total:,} in {seconds:.0f} s of processor time: "
              f"{summary.total / seconds:,.0f} products/s")  # fmt: skip
        print(f"memory  {before:.0f} MB before, {_peak():.0f} MB at most while they were made")
        _compare(target, source / BEST)
    return 0


def _config(source: Path, folder: Path, wanted: int) -> EnumerationConfig:
    files: dict[str, tuple[str, ...]] = {}
    for role, name in FILES.items():
        lines = (source / name).read_text().splitlines()[:wanted]
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
        files[role] = (str(folder / name),)
    return EnumerationConfig.model_validate(
        {
            "reactions": ["quinazolinone"],
            "reagents": {"quinazolinone": files},
            "selectivity": "enumerate",
            "product": {},
        }
    )


def _compare(products: Path, best: Path) -> None:
    """Count distinct products, and how many of the published best hundred are among them."""
    with gzip.open(products, "rt") as stream:
        found = {line.partition("\t")[0] for line in stream}
    with best.open() as stream:
        published = [row["SMILES"] for row in csv.DictReader(stream)]
    hits = sum(smiles in found for smiles in published)
    print(f"found   {len(found):,} distinct, {hits} of the {len(published)} published best")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())
