"""Scoring the pool shard by shard, each a committed file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.campaign.quick.compounds import Compounds, columns_for
from hitsieve.campaign.quick.features import inputs_of_shard
from hitsieve.campaign.quick.prune import chances
from hitsieve.campaign.quick.spread import Tail
from hitsieve.engine.executor import Limits, Task
from hitsieve.errors import IncompleteError
from hitsieve.library import Library
from hitsieve.provenance import fingerprint
from hitsieve.schema import LIBRARY, SCORES, Status
from hitsieve.store.files import write_parquet_atomic
from hitsieve.store.ledger import Commit, Ledger
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.said import Said
    from hitsieve.campaign.surrogate import Workplace
    from hitsieve.library.library import Shard

    Floats = NDArray[np.float64]

RESCORED: Final = "rescored"
"""Folder of a second stage's scores, beside those of the first."""

_HALF_WIDTH: Final = 1.6448536269514722
_KNOWN_BITS: Final = 0.8
_BITS_ON: Final = np.array([byte.bit_count() for byte in range(256)], np.uint16)


class Predicts(Protocol):
    """What scores compounds."""

    @property
    def name(self) -> str:
        """Of the model."""

    @property
    def needs(self) -> frozenset[Any]:
        """What it reads of compounds."""

    @property
    def seen(self) -> NDArray[np.uint8]:
        """Fingerprint bits that any measured compound has, uint8 (256,)."""

    def predict(self, compounds: Compounds) -> Said:
        """Predict compounds, in the endpoint's own direction."""


@dataclass(frozen=True, slots=True)
class PoolScores:
    """The scores of a pool, shard by shard, sorted by compound within each; iterable often.

    What was scored again in a second stage stands in the place of the first stage's scores.

    Attributes
    ----------
    folder
        Of the round.
    first
        Whether only the first stage is looked at.
    """

    folder: Path
    first: bool = False

    def __iter__(self) -> Iterator[pa.Table]:
        """Read one committed shard after the other: SCORES tables."""
        for _, table in self.named():
            yield table

    def named(self) -> Iterator[tuple[str, pa.Table]]:
        """Read one committed shard after the other, each with its name."""
        again = Ledger(self.folder / RESCORED)
        for key, commit in Ledger(self.folder).committed().items():
            second = None if self.first else again.get(key)
            for name in commit.files:
                table = _read(self.folder / name)
                if second is not None:
                    table = _replaced(table, _read(self.folder / RESCORED / name))
                yield key, table

    def oriented(self, sign: float) -> _Oriented:
        """Return mean and spread of each shard, high is good; iterable often."""
        return _Oriented(self, sign)


def _read(path: Path) -> pa.Table:
    with open_parquet(path, SCORES) as opened:
        return opened.read(columns=SCORES.names).replace_schema_metadata(None)


def _replaced(table: pa.Table, again: pa.Table) -> pa.Table:
    """Return the scores of a shard with those that were made again in their place."""
    ids = again.column("compound_id").combine_chunks()
    kept = table.filter(pc.invert(pc.is_in(table.column("compound_id"), value_set=ids)))
    return pa.concat_tables([kept, again]).sort_by("compound_id")


@dataclass(frozen=True, slots=True)
class _Oriented:
    scores: PoolScores
    sign: float

    def __iter__(self) -> Iterator[tuple[Floats, Floats]]:
        for table in self.scores:
            yield numbers(table, self.sign)


def score_pool(predictor: Predicts, work: Workplace, *, target: str) -> PoolScores:
    """Score what is left of the pool; committed shards are not scored again.

    Parameters
    ----------
    predictor
        What scores; must be picklable.
    work
        Where: pool, the round's folder, and the folder of the round before, whose
        ``pruned.json`` says what is left out.
    target
        What is predicted.

    Raises
    ------
    IncompleteError
        If a shard could not be scored.
    """
    library = Library.open(work.library)
    ledger = Ledger(work.screen)
    done = ledger.committed()
    shards = [shard for shard in library.shards if shard.name not in done]
    known = {shard.name: shard.rows for shard in library.shards}
    finished = sum(rows for name, rows in known.items() if name in done)
    work.progress("screen", finished, len(library))
    place = _Places(work.library, work.screen, work.former, work.cache, work.kept)
    setup = partial(_scorer, predictor, place)
    tasks = [Task(shard.name, shard) for shard in shards]
    for outcome in work.executor.map(setup, tasks, Limits(attempts=2)):
        if not outcome.ok:
            raise IncompleteError(
                f"shard {outcome.key} of {target!r} was not scored: {outcome.error}",
                cure="remove the cause and run the same command again",
            )
        finished += known[outcome.key]
        work.progress("screen", finished, len(library))
    return PoolScores(work.screen)


@dataclass(frozen=True, slots=True)
class _Places:
    """Folders a worker needs."""

    library: Path
    round: Path
    former: Path | None
    cache: Path | None
    kept: Path | None = None


def _scorer(predictor: Predicts, place: _Places) -> Callable[[Shard], int]:
    library = Library.open(place.library)
    ledger = Ledger(place.round)
    columns = columns_for(predictor.needs)

    def score(shard: Shard) -> int:
        compounds = _left(library, shard, columns, predictor, place)
        table = scores_table(predictor, compounds)
        relative = f"scores/{shard.name}.parquet"
        written = write_parquet_atomic(place.round / relative, table)
        key = fingerprint([predictor.name, shard.sha256])
        ledger.commit(Commit(shard.name, {relative: written.sha256}, written.rows, key))
        return written.rows

    return score


def _left(
    library: Library, shard: Shard, columns: list[str], predictor: Predicts, place: _Places
) -> Compounds:
    """Read the compounds of a shard that are still to be scored."""
    kept = _kept(place, shard.name)
    if kept is not None and not len(kept):
        # Nothing of a shard can reach the top any more: it is not even read.
        empty = LIBRARY.empty().select(columns)
        return Compounds.of(empty, predictor.needs, where=shard.name)
    table = library.read_shard(shard.name, columns)
    inputs = None
    if "counts" in predictor.needs and place.cache is not None:
        smiles = table.column("parent_smiles").to_pylist()
        inputs = inputs_of_shard(place.cache, shard.name, shard.sha256, smiles)
    if kept is not None and len(kept) < table.num_rows:
        rows = pc.index_in(kept, table.column("compound_id").combine_chunks())
        places = np.sort(rows.to_numpy(zero_copy_only=False).astype(np.int64))
        table = table.take(places)
        inputs = None if inputs is None else inputs.take(places)
    return Compounds.of(table, predictor.needs, inputs, where=shard.name)


def _kept(place: _Places, name: str) -> pa.Array | None:
    """Return the compounds of a shard that are still looked at; None for all."""
    if place.kept is None:
        return None if place.former is None else _survivors(place.former, name)
    path = kept_path(place.kept, name)
    if not path.is_file():
        return None
    return pq.read_table(path)["compound_id"].combine_chunks()


def kept_path(folder: Path, name: str) -> Path:
    """Return where the compounds of a shard are named that are still looked at."""
    return folder / f"{name}.parquet"


def _survivors(former: Path, name: str) -> pa.Array | None:
    """Return the compounds of a shard that the round before did not drop; None for all."""
    path = former / "pruned.json"
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    with open_parquet(former / "scores" / f"{name}.parquet", SCORES) as opened:
        table = opened.read(columns=["compound_id", "score", "std"])
    ids = table.column("compound_id").combine_chunks()
    if told["cut"] <= 0:
        return ids
    mean, std = numbers(table, told["sign"])
    tail = Tail(told["freedom"], told["width"])
    return ids.filter(pa.array(chances(mean, std, told["threshold"], tail) >= told["cut"]))


def numbers(table: pa.Table, sign: float) -> tuple[Floats, Floats]:
    """Return mean and spread of SCORES, float64 (n,) each; times ``sign``, high is good."""
    mean = table.column("score").to_numpy(zero_copy_only=False).astype(np.float64)
    std = table.column("std").to_numpy(zero_copy_only=False).astype(np.float64)
    return sign * mean, std


def scores_table(predictor: Predicts, compounds: Compounds) -> pa.Table:
    """Score compounds: SCORES in their order, with 90 % intervals."""
    said = predictor.predict(compounds)
    mean, std = said.mean.astype(np.float32), said.std.astype(np.float32)
    on = _BITS_ON[compounds.morgan].sum(axis=1)
    known = _BITS_ON[compounds.morgan & predictor.seen].sum(axis=1)
    return SCORES.build(
        {
            "compound_id": compounds.ids,
            "score": mean,
            "std": std,
            "lower": mean - np.float32(_HALF_WIDTH) * std,
            "upper": mean + np.float32(_HALF_WIDTH) * std,
            "in_domain": known >= _KNOWN_BITS * on,
            "status": pa.array([str(Status.OK)]).take(pa.array(np.zeros(len(mean), np.int64))),
        }
    )
