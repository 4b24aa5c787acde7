"""Actives found by campaigns that begin near a few known ones, against two plain searches.

Pools with known actives from the folder named by HITSIEVE_DATA_MIRROR: MAPK1 (308 actives in
62,937; Klarich et al., J. Chem. Inf. Model. 2024, 64, 1158) and the 17 targets of MUV (30 in
15,030; Rohrer and Baumann, J. Chem. Inf. Model. 2009, 49, 169). Five random actives are known at
first. The campaign measures 0.5 % of the pool most similar to them and learns in five rounds of
0.5 %; the similarity search measures the 3 % most similar to the five; a random choice of 3 %
finds what is expected. The five are not counted. Repeats, each with other known actives, give
the intervals (95 %, of the mean). ``--repeats 5 --targets MAPK1 MUV`` is the full size.

    python benchmarks/campaign_actives.py --repeats 5 --targets MAPK1 MUV
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _campaigns import library_of, lookup, places, replay
from scipy.stats import t as student

from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.chem.fingerprints import morgan_from_smiles, nearest_tanimoto
from hitsieve.library import Library

KNOWN = 5
ROUNDS = 5
SHARE = 0.005
FEWEST = 20


def main() -> int:
    """Print the figures; without the data sets, say so and do nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--targets", nargs="+", default=["MUV_466"], help="MAPK1, MUV, MUV_466 …")
    parser.add_argument("--pool", type=int, help="only so many inactives")
    parser.add_argument("--kinds", nargs="+", help="surrogates instead of the default ones")
    parser.add_argument("--acquisition", default="gain", help="how rounds choose: gain, greedy …")
    parser.add_argument("--work", type=Path, help="keeps libraries and features between runs")
    asked = parser.parse_args()
    mirror = Path(os.environ.get("HITSIEVE_DATA_MIRROR", ""))
    muv = mirror / "rdkit_benchmarking_platform" / "MUV"
    if "HITSIEVE_DATA_MIRROR" not in os.environ or not muv.is_dir():
        print("skipped: MUV is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    names = [
        name
        for target in asked.targets
        for name in (_muv_names(muv) if target == "MUV" else [target])
    ]
    factors = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            rows = _mapk1(mirror) if name == "MAPK1" else _muv(muv, name)
            factors.append(_target(name, rows, asked, asked.work or Path(folder), Path(folder)))
    if len(factors) > 1:
        table = np.array(factors)
        print(f"all {len(names)}: enrichment {_interval(table[:, 0])} by campaign, "
              f"{_interval(table[:, 1])} by similarity")  # fmt: skip
    return 0


def _target(
    name: str, rows: list[tuple[str, int]], asked: argparse.Namespace, work: Path, folder: Path
) -> tuple[float, float]:
    active_rows = [row for row in rows if row[1]]
    rows = active_rows + [row for row in rows if not row[1]][: asked.pool]
    library = library_of([smiles for smiles, _ in rows], work / name)
    values = {
        compound: float(max(rows[i][1] for i in where))
        for compound, where in places(library).items()
    }
    smiles = dict(_pairs(library))
    actives = sorted(compound for compound, value in values.items() if value)
    found, plain = [], []
    for seed in range(asked.repeats):
        rng = np.random.default_rng(seed)
        known = [actives[i] for i in rng.choice(len(actives), KNOWN, replace=False)]
        left = set(actives) - set(known)
        batch = max(FEWEST, round(SHARE * len(values)))
        measured = batch * (1 + ROUNDS)
        config = {
            "library": library, "folder": folder / f"campaign-{name}-{seed}", "initial": batch,
            "batch": batch, "rounds": ROUNDS, "seed": seed,
            "acquisition": {"kind": asked.acquisition},
            "first": {"how": "near", "actives": [smiles[one] for one in known]},
        }  # fmt: skip
        picked = _campaign(config, known, values, asked.kinds, work / f"{name}-cache")
        chance = measured * len(left) / (len(values) - KNOWN)
        found.append((len(left & picked), chance))
        near = _nearest(smiles, [smiles[k] for k in known], measured, set(known))
        plain.append((len(left & near), chance))
    campaign, similar = (np.array([n / chance for n, chance in part]) for part in (found, plain))
    print(f"{name}: {len(actives)} actives in {len(values):,}; {measured} measured, by chance "
          f"{np.mean([c for _, c in found]):.1f} actives; campaign "
          f"{np.mean([n for n, _ in found]):.1f}, enrichment {_interval(campaign)}; similarity "
          f"{np.mean([n for n, _ in plain]):.1f}, enrichment {_interval(similar)}",
          flush=True)  # fmt: skip
    return float(campaign.mean()), float(similar.mean())


def _campaign(
    config: dict[str, Any],
    known: list[str],
    values: dict[str, float],
    kinds: list[str] | None,
    cache: Path,
) -> set[str]:
    listed = config["folder"].with_suffix(".known")
    listed.write_text("".join(f"{one}\n" for one in known))
    quick = QuickConfig() if kinds is None else QuickConfig(kinds=tuple(kinds))
    done = replay(
        {**config, "exclude": [listed]},
        lookup(values, higher_is_better=True),
        QuickSurrogate("replayed", config=quick),
        cache,
    )
    return {pick.compound_id for one in done.summary.rounds for pick in one.picks}


def _nearest(smiles: dict[str, str], known: list[str], n: int, without: set[str]) -> set[str]:
    names = [name for name in sorted(smiles) if name not in without]
    bits = morgan_from_smiles([smiles[name] for name in names])
    similarity, _ = nearest_tanimoto(np.asarray(bits), np.asarray(morgan_from_smiles(known)))
    return {names[i] for i in np.argsort(-similarity, kind="stable")[:n]}


def _interval(values: np.ndarray) -> str:
    mean = float(np.mean(values))
    if len(values) < 2:  # noqa: PLR2004 - one repeat has no spread
        return f"{mean:.1f}"
    half = float(student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)
    return f"{mean:.1f} ({mean - half:.1f} to {mean + half:.1f})"


def _pairs(library: Path) -> list[tuple[str, str]]:
    return [
        (row["compound_id"], row["smiles"])
        for table in Library.open(library).iter_tables(["compound_id", "smiles"])
        for row in table.to_pylist()
    ]


def _mapk1(mirror: Path) -> list[tuple[str, int]]:
    with gzip.open(mirror / "ts_walters" / "MAPK1.csv.gz", "rt") as stream:
        return [(row["SMILES"], int(row["active"])) for row in csv.DictReader(stream)]


def _muv_names(folder: Path) -> list[str]:
    return sorted({path.name.split("_list_")[1].rpartition("_")[0] for path in folder.iterdir()})


def _muv(folder: Path, name: str) -> list[tuple[str, int]]:
    rows: list[tuple[str, int]] = []
    for kind, active in (("actives", 1), ("decoys", 0)):
        with gzip.open(folder / f"cmp_list_{name}_{kind}.dat.gz", "rt") as stream:
            lines = [line.split() for line in stream if not line.startswith("#")]
        rows += [(fields[2], active) for fields in lines]
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
