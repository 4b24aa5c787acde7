"""Replaying campaigns over pools of known values."""

from __future__ import annotations

import resource
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
from rdkit.Chem import MolFromSmiles
from rdkit.Chem.rdFingerprintGenerator import GetAtomPairGenerator
from sklearn.ensemble import RandomForestRegressor

from hitsieve.campaign import CampaignConfig, run_campaign
from hitsieve.engine import open_executor
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.oracles import LookupOracle
from hitsieve.schema import SCORES, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.campaign.run import CampaignSummary
    from hitsieve.campaign.surrogate import Surrogate, Workplace

_WIDTH = 2048


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replayed campaign did: its rounds, processor time in s, and peak memory in MB."""

    summary: CampaignSummary
    seconds: float
    memory: float


def library_of(smiles: Sequence[str], folder: Path) -> Path:
    """Build a library of SMILES whose source ids are their places; one that is there stays."""
    if not (folder / "manifest.json").is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        source = folder.parent / f"{folder.name}.smi"
        source.write_text("".join(f"{text} {i}\n" for i, text in enumerate(smiles)))
        with open_executor("serial") as executor:
            build_library(LibraryConfig(inputs=[str(source)], output=folder), executor)
    return folder


def places(library: Path) -> dict[str, list[int]]:
    """Return for each compound of a library its places in the list that it was built of."""
    found: dict[str, list[int]] = {}
    for table in Library.open(library).iter_tables(["compound_id", "source_ids"]):
        for row in table.to_pylist():
            found[row["compound_id"]] = [int(one) for one in row["source_ids"]]
    return found


def lookup(values: Mapping[str, float], *, higher_is_better: bool) -> LookupOracle:
    """Return an oracle that knows these values; other compounds fail."""
    return LookupOracle(
        {name: (float(value), "=") for name, value in values.items()},
        target="replayed",
        endpoint="score",
        unit="1",
        higher_is_better=higher_is_better,
    )


def replay(
    config: dict[str, Any], oracle: LookupOracle, surrogate: Surrogate, cache: Path
) -> Replay:
    """Run a campaign whose features of the pool are kept in ``cache`` from one to the next."""
    settings = CampaignConfig.model_validate(config)
    cache.mkdir(parents=True, exist_ok=True)
    settings.folder.mkdir(parents=True)
    (settings.folder / "cache").symlink_to(cache.absolute())
    started = time.process_time()
    with open_executor("serial") as executor:
        summary = run_campaign(settings, oracle, surrogate, executor)
    seconds = time.process_time() - started
    return Replay(summary, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def found_each_round(
    summary: CampaignSummary, values: Mapping[str, float], top: int, *, higher_is_better: bool
) -> tuple[list[float], list[float]]:
    """Return the shares of the top found after each round: by score, and by identity.

    By score a compound counts that has a score of the list, as often as it stands there (ties
    count). By identity it counts if it is on the list, of which ties are settled by id.
    """
    sign = -1 if higher_is_better else 1
    best = sorted(values, key=lambda name: (sign * values[name], name))[:top]
    scores, names = Counter(round(values[name], 6) for name in best), set(best)
    by_score: list[float] = []
    by_identity: list[float] = []
    picked: list[str] = []
    for one in summary.rounds:
        picked += [pick.compound_id for pick in one.picks if pick.compound_id in values]
        have = Counter(round(values[name], 6) for name in picked)
        by_score.append(sum((have & scores).values()) / top)
        by_identity.append(len(names & set(picked)) / top)
    return by_score, by_identity


def show(name: str, rows: list[list[float]]) -> None:
    """Print mean and spread over repeats, in percent, after each round."""
    table = 100 * np.array(rows)
    spread = table.std(axis=0, ddof=1) if len(table) > 1 else np.zeros(table.shape[1])
    cells = (f"{m:.1f} ± {s:.1f}" for m, s in zip(table.mean(axis=0), spread, strict=True))
    print(f"{name:28s} " + "  ".join(cells), flush=True)


class PairForest:
    """The published baseline: a random forest on 2048 bits of atom pairs (MolPAL's defaults)."""

    settings: dict[str, Any] = {"kind": "pair forest"}  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        self._forest = RandomForestRegressor(100, max_depth=8, n_jobs=1)
        self._tables: dict[Path, list[tuple[list[str], np.ndarray]]] = {}

    def train(self, labels: Path, work: Workplace) -> str:
        """Fit the forest anew."""
        table = pq.read_table(labels)
        self._forest.set_params(random_state=work.seed % 2**31)
        self._forest.fit(_pairs(table["smiles"].to_pylist()), table["value"].to_numpy())
        return work.name

    def score(self, model: str, work: Workplace) -> list[pa.Table]:
        """Score the pool."""
        del model
        return [self._scores(names, bits) for names, bits in self._shards(work.library)]

    def record(self, model: str, work: Workplace) -> dict[str, Any]:
        """Tell nothing but the name."""
        del work
        return {"model": model}

    def _shards(self, library: Path) -> list[tuple[list[str], np.ndarray]]:
        if library not in self._tables:
            tables = Library.open(library).iter_tables(["compound_id", "smiles"])
            self._tables[library] = list(_shards(tables))
        return self._tables[library]

    def _scores(self, names: list[str], bits: np.ndarray) -> pa.Table:
        mean = self._forest.predict(bits).astype(np.float32)
        n = len(names)
        columns: dict[str, object] = {
            "compound_id": names, "score": mean, "std": np.zeros(n, np.float32), "lower": mean,
            "upper": mean, "in_domain": [True] * n, "status": [str(Status.OK)] * n,
        }  # fmt: skip
        return SCORES.build({name: columns[name] for name in SCORES.names})


def _shards(tables: Iterator[pa.Table]) -> Iterator[tuple[list[str], np.ndarray]]:
    for table in tables:
        yield table["compound_id"].to_pylist(), _pairs(table["smiles"].to_pylist())


def _pairs(smiles: Sequence[str]) -> np.ndarray:
    """Return the bits of MolPAL's ``pair`` fingerprint, bool (n, 2048).

    Atom pairs one to three bonds apart (its ``1 + radius``), hashed, with counts as bits: RDKit's
    four bits an entry.
    """
    makes = GetAtomPairGenerator(
        minDistance=1, maxDistance=3, fpSize=_WIDTH, countSimulation=True
    )  # fmt: skip
    return np.stack([makes.GetFingerprintAsNumPy(MolFromSmiles(one)) for one in smiles]) > 0
