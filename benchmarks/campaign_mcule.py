"""A campaign over a vendor's million with a model's score as oracle: found, time, memory, pruning.

The pool is the Mcule sample with one model's score of each compound (Wong et al., Nature 2024,
626, 177) in the folder named by HITSIEVE_DATA_MIRROR. 0.6 % are measured in six rounds of 0.1 %,
the first at random. Each campaign runs twice (``--losses``): scoring everything each round, and
leaving out what can hardly reach the top any more. Found is the share of the best 0.1 % of the
scores. ``--library`` takes a built library whose source ids are ``M`` and the row in the sample;
without it one of ``--compounds`` is built. ``--compounds 1000000`` is the full size.

    python benchmarks/campaign_mcule.py --compounds 1000000 --repeats 1
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from _campaigns import found_each_round, library_of, lookup, replay
from _chemprop import MCULE, mirror_file

from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.pool import PoolScores
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.library import Library

if TYPE_CHECKING:
    import numpy as np

    from hitsieve.campaign.run import CampaignSummary

SHARE = 0.001
ROUNDS = 5
FEWEST = 20


def main() -> int:
    """Print the figures; without the data set, say so and do nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compounds", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--acquisition", default="gain", help="how rounds choose: gain, greedy …")
    parser.add_argument("--first", type=int, default=0, help="seed of the first repeat")
    parser.add_argument("--library", type=Path)
    parser.add_argument(
        "--losses", type=float, nargs="+", default=[0.0, 0.05], help="of the top, by pruning"
    )
    parser.add_argument("--kinds", nargs="+", help="surrogates instead of the default ones")
    asked = parser.parse_args()
    source = mirror_file(MCULE)
    if source is None:
        print("skipped: the Mcule sample is not in the folder named by HITSIEVE_DATA_MIRROR")
        return 0
    table = pq.read_table(source, columns=["smiles", "score"]).slice(0, asked.compounds)
    with tempfile.TemporaryDirectory() as folder:
        library = asked.library or library_of(table["smiles"].to_pylist(), Path(folder) / "library")
        values = _values(library, table["score"].to_numpy())
        for seed in range(asked.first, asked.first + asked.repeats):
            for loss in asked.losses:
                _run(asked, library, values, Path(folder), loss, seed)
    return 0


def _run(
    asked: argparse.Namespace, library: Path, values: dict[str, float], folder: Path,
    loss: float, seed: int,
) -> None:  # fmt: skip
    top = max(1, round(SHARE * len(values)))
    settings = {"prune": {"loss": loss, "top": top}}
    quick = QuickConfig.model_validate(
        settings if asked.kinds is None else {**settings, "kinds": asked.kinds}
    )
    batch = max(FEWEST, top)
    config = {
        "library": library, "folder": folder / f"{loss}-{seed}", "initial": batch, "batch": batch,
        "rounds": ROUNDS, "seed": seed, "acquisition": {"kind": asked.acquisition},
    }  # fmt: skip
    oracle = lookup(values, higher_is_better=True)
    started = time.perf_counter()
    done = replay(config, oracle, QuickSurrogate("replayed", config=quick), folder / "cache")
    elapsed = time.perf_counter() - started
    found, _ = found_each_round(done.summary, values, top, higher_is_better=True)
    left_out = _left_out(done.summary, len(values))
    told = done.summary.rounds[-2].surrogate["pruned"]
    print(f"{len(values):,} compounds, seed {seed}, loss {loss}: found "
          f"{' '.join(f'{share:.1%}' for share in found)}; inference saved {left_out:.0%}; "
          f"expected loss {told['lost']:.2%}, true {_lost(done.summary, values, top):.2%}; "
          f"{done.seconds:.0f} s of processor time, {elapsed:.0f} s, {done.memory:.0f} MB; "
          f"{[one.model.rpartition(':')[2] for one in done.summary.rounds[1:]]}",
          flush=True)  # fmt: skip


def _left_out(summary: CampaignSummary, pool: int) -> float:
    """Return the share of all predictions that was not made."""
    told = [one.surrogate["pruned"] for one in summary.rounds[1:]]
    made = sum(one["kept"] + one["dropped"] for one in told)
    return 1 - float(made) / (pool * max(1, len(told)))


def _lost(summary: CampaignSummary, values: dict[str, float], top: int) -> float:
    """Return the share of the true top that was left out before the last round, unmeasured."""
    best = set(sorted(values, key=lambda name: (-values[name], name))[:top])
    last = summary.folder / "screens" / f"round-{len(summary.rounds) - 1:03d}"
    for one in summary.rounds:
        best -= {pick.compound_id for pick in one.picks}
    for table in PoolScores(last):
        best -= set(table.column("compound_id").to_pylist())
    return len(best) / top


def _values(library: Path, scores: np.ndarray) -> dict[str, float]:
    found: dict[str, float] = {}
    for table in Library.open(library).iter_tables(["compound_id", "source_ids"]):
        ids = table.column("source_ids").to_pylist()
        for name, sources in zip(table.column("compound_id").to_pylist(), ids, strict=True):
            found[name] = max(float(scores[int(one.removeprefix("M"))]) for one in sources)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
