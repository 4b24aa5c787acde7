"""Does the interval of the share found hold? Replayed campaigns on pools of known values.

Each campaign has an audit drawn at random, a random first batch of 1 % and five more of 1 %,
chosen by a Gaussian process on min-max kernels of Morgan and atom-pair counts; audits of half a
batch, one and two take turns. After the last round the interval of 90 % is compared with the
truth. Asked was that it covers the truth in 85 to 95 % of 200 campaigns. What is assumed of
errors beforehand came from some of these pools (see ``hitsieve.campaign.tail``); the others are
fresh. The data are read from the folder named by HITSIEVE_DATA_MIRROR.

    python benchmarks/campaign_share_found.py --campaigns 50
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd
from _blend import mirror
from rdkit.Chem import Mol, MolFromSmiles
from rdkit.Chem.QED import qed
from rdkit.Chem.rdMolDescriptors import CalcCrippenDescriptors, CalcTPSA

from hitsieve.acquisition.acquire import AcquisitionConfig, acquire, value_to_beat
from hitsieve.campaign.estimate import Forecast, share_found
from hitsieve.campaign.rivals import expected_share
from hitsieve.chem.counts import count_fingerprints
from hitsieve.scoring.minmax import MinMaxReference

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

INFORMED: Final = (
    "lipophilicity", "CHEMBL214_Ki", "CHEMBL237_Ki", "CHEMBL219_Ki", "model score", "QED",
    "polar surface",
)  # fmt: skip
"""Pools whose errors are what is assumed beforehand."""
FRESH: Final = ("docking", "CHEMBL234_Ki", "CHEMBL264_Ki", "CHEMBL235_EC50", "CHEMBL236_Ki", "logP")
AUDITS: Final = (0.5, 1.0, 2.0)
NOISES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
ROUNDS: Final = 5
FEWEST: Final = 20
VENDOR: Final = 6000


def main() -> int:
    """Print the figures; without the data sets, say so and do nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=6, help="of each pool")
    parser.add_argument("--pools", nargs="+", default=[*INFORMED, *FRESH])
    parser.add_argument("--acquisition", nargs="+", default=["gain", "greedy"])
    asked = parser.parse_args()
    folder = mirror("molpal")
    if folder is None:
        return 0
    judged = [
        row
        for name in asked.pools
        for row in _judge(name, folder.parent, asked.campaigns, asked.acquisition)
    ]
    table = pd.DataFrame(judged)
    numbers = [name for name in table.columns if name not in ("pool", "known", "acquisition")]
    print(table.groupby(["known", "top"])[numbers].mean().round(3).to_string())
    print(table[numbers].mean().round(3).to_string())
    return 0


class Ended(NamedTuple):
    """A campaign after its last round: what was measured, and what was foretold."""

    audit: NDArray[np.int64]
    batch: NDArray[np.int64]
    acquired: NDArray[np.int64]
    rest: NDArray[np.int64]
    predicted: Floats


def _judge(
    name: str, data: Path, campaigns: int, acquisitions: list[str]
) -> list[dict[str, object]]:
    smiles, values = _pool(name, data)
    kernel = _kernel(smiles)
    found: list[dict[str, object]] = []
    for kind in acquisitions:
        ended = [_campaign(kernel, values, kind, seed) for seed in range(campaigns)]
        for top in (0.01, 0.002):
            rows = [_told(one, values, top, seed) for seed, one in enumerate(ended)]
            mean = {key: round(float(np.mean([row[key] for row in rows])), 3) for key in rows[0]}
            known = "informed" if name in INFORMED else "fresh"
            found.append({"pool": name, "known": known, "acquisition": kind, "top": top, **mean})
            print(found[-1], flush=True)
    return found


def _pool(name: str, data: Path) -> tuple[list[str], Floats]:
    """Return SMILES and values of a pool; higher is better."""
    if name == "docking":
        table = pd.read_csv(data / "molpal" / "Enamine10k_scores.csv.gz").dropna()
        return list(table["smiles"]), -table["score"].to_numpy(float)
    if name == "lipophilicity":
        table = pd.read_csv(data / "moleculenet_chemprop" / "lipo.csv")
        return list(table["smiles"]), table["lipo"].to_numpy(float)
    if name.startswith("CHEMBL"):
        table = pd.read_csv(data / "moleculeace" / f"{name}.csv")
        return list(table["smiles"]), table["y [pEC50/pKi]"].to_numpy(float)
    table = pd.read_parquet(data / "mcule_wong" / "mcule_1M_dev.parquet")
    table = table.sample(VENDOR, random_state=2)
    score = table["score"].to_numpy(float)
    smiles = list(table["smiles"])
    if name == "model score":
        return smiles, np.log(score / (1 - score))
    return smiles, np.array([_computed(name, MolFromSmiles(text)) for text in smiles])


def _computed(name: str, mol: Mol) -> float:
    if name == "logP":
        return float(CalcCrippenDescriptors(mol)[0])
    return -float(CalcTPSA(mol)) if name == "polar surface" else float(qed(mol))


def _kernel(smiles: list[str]) -> NDArray[np.floating[Any]]:
    kinds = [count_fingerprints(smiles, kind) for kind in ("morgan3", "atom_pairs")]
    one, other = (MinMaxReference(counts).similarity(counts) for counts in kinds)
    return (one + other) / 2


def _campaign(kernel: NDArray[np.floating[Any]], values: Floats, kind: str, seed: int) -> Ended:
    rng = np.random.default_rng(seed)
    size = max(FEWEST, round(len(values) / 100))
    audited = int(size * AUDITS[seed % len(AUDITS)])
    order = rng.permutation(len(values))
    audit, acquired = order[:audited], order[audited : audited + size]
    free = np.ones(len(values), bool)
    free[audit] = False
    config = AcquisitionConfig(kind=kind, top=len(values) // 100)
    for _ in range(ROUNDS):
        free[acquired] = False
        mean, spread = _process(kernel, acquired, values)
        left = order[free[order]]
        best = value_to_beat(config, values[acquired], higher_is_better=True)
        chosen = acquire(
            config, mean[left], spread[left], size, higher_is_better=True, seed=seed, best=best
        )
        batch = left[chosen]
        acquired = np.concatenate([acquired, batch])
    free[acquired] = False
    return Ended(audit, batch, acquired, np.flatnonzero(free), mean)


def _process(
    kernel: NDArray[np.floating[Any]], measured: NDArray[np.int64], values: Floats
) -> tuple[Floats, Floats]:
    """Return means and spreads of the pool, with the noise that makes the labels likeliest."""
    y = values[measured]
    center, scale = y.mean(), y.std() or 1.0
    own, vectors = np.linalg.eigh(kernel[np.ix_(measured, measured)].astype(np.float64))
    own, turned = np.maximum(own, 0.0), vectors.T @ ((y - center) / scale)

    def evidence(noise: float) -> float:
        return float(
            -np.log(own + noise).sum() - len(y) * np.log(np.mean(turned**2 / (own + noise)))
        )

    total = own + max(NOISES, key=evidence)
    across = kernel[:, measured] @ vectors.astype(np.float32)
    mean = across @ (turned / total).astype(np.float32) * scale + center
    left = 1 - across**2 @ (1 / total).astype(np.float32)
    amount = np.mean(turned**2 / total)
    return mean.astype(np.float64), scale * np.sqrt(amount * np.maximum(left, 1e-6).astype(float))


def _told(ended: Ended, values: Floats, top: float, seed: int) -> dict[str, float]:
    predicted = ended.predicted
    told = share_found(
        fraction=top,
        pool=len(values),
        audit=values[ended.audit],
        acquired=values[ended.acquired],
        higher_is_better=True,
        forecast=Forecast(
            predicted[ended.audit],
            predicted[ended.batch],
            values[ended.batch],
            predicted[ended.rest],
        ),
        seed=seed,
    )
    known = values[np.concatenate([ended.acquired, ended.audit])]
    truth = expected_share(known, values[ended.rest], int(np.ceil(top * len(values))))
    return {
        "covered": float(told.low - 1e-9 <= truth <= told.high + 1e-9),
        "truth above": float(truth > told.high + 1e-9),
        "truth below": float(truth < told.low - 1e-9),
        "width": told.high - told.low,
        "estimate": told.value,
        "truth": truth,
    }


if __name__ == "__main__":
    raise SystemExit(main())
