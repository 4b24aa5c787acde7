"""Second stage of a growing library: only new compounds are featurized, old rows are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hitsieve.chem.identity import bucket
from hitsieve.library.growth.sources import Changes, gain, marks_after
from hitsieve.library.layout import shard_path, withdrawn_path
from hitsieve.library.library import Library
from hitsieve.library.merge import merge_shard
from hitsieve.library.shard import library_rows, outcomes, settle
from hitsieve.store.files import link_atomic, write_parquet_atomic
from hitsieve.store.layout import shard_name
from hitsieve.store.reader import FINGERPRINT_TAG

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.library.featurize import Featurized
    from hitsieve.library.growth.release import Release
    from hitsieve.library.merge import Merged, ShardPlan
    from hitsieve.library.shard import Settlement, ShardResult


@dataclass(frozen=True, slots=True)
class GrownShards:
    """Shards of a library that grows out of another.

    Parameters
    ----------
    plan
        Of the staged records of the release; ``plan.shards`` is that of the base, or a
        multiple of it (powers of two).
    base
        Folder of the library it grows out of.
    release
        What comes in.
    """

    plan: ShardPlan
    base: Path
    release: Release

    def merge(self, index: int) -> Merged:
        """Return the new compounds of a shard: those the base does not hold."""
        staged = merge_shard(self.plan, index)
        return staged.of(~self._known(staged, self._rows(index, ["compound_id"])))

    def commit(self, index: int, merged: Merged, features: Featurized) -> ShardResult:
        """Write old and new rows as one shard; an unchanged one is the base's own file."""
        settled = settle(self.plan, index, merged, features)
        old = self._rows(index)
        staged = merge_shard(self.plan, index)
        known = staged.of(self._known(staged, old))
        settled.counts.merge(outcomes(known.records))
        changes = Changes()
        grown = gain(old, known, self.release, changes)
        fresh = library_rows(merged, settled.good, features.columns)
        changes.numbers["new"] = fresh.num_rows
        rows = old.num_rows + fresh.num_rows
        if grown is old and not fresh.num_rows and self.plan.shards == self._base_shards():
            changes.numbers["reused"] = 1
            self._reuse(index, settled)
        else:
            joined = pa.concat_tables([grown.cast(fresh.schema), fresh]).sort_by("compound_id")
            self._write(shard_path(index), joined, settled)
        marks = marks_after(old, self._marks(index), staged.records, self.release, changes)
        if marks.num_rows:
            self._write(withdrawn_path(shard_name(index)), marks, settled)
            settled.extra["withdrawn"] = marks.num_rows
        settled.extra["changes"] = changes.to_json()
        return settled.commit(self.plan, index, rows)

    def _write(self, path: str, table: pa.Table, settled: Settlement) -> None:
        tags = {FINGERPRINT_TAG: self.plan.fingerprint}
        settled.files[path] = write_parquet_atomic(self.plan.root / path, table, tags).sha256

    def _reuse(self, index: int, settled: Settlement) -> None:
        """Take over a shard's file as it is, so that scores of it stay good."""
        library = Library.open(self.base)
        path = shard_path(index)
        link_atomic(library.root / path, self.plan.root / path, library.shards[index].sha256)
        settled.files[path] = library.shards[index].sha256

    def _rows(self, index: int, columns: list[str] | None = None) -> pa.Table:
        """Return the base's rows that belong into a shard."""
        library = Library.open(self.base)
        table = library.read_shard(shard_name(index % len(library.shards)), columns)
        return self._belonging(table, index, len(library.shards))

    def _marks(self, index: int) -> pa.Table:
        library = Library.open(self.base)
        marks = library.withdrawn_of(shard_name(index % len(library.shards)))
        return self._belonging(marks, index, len(library.shards))

    def _belonging(self, table: pa.Table, index: int, shards: int) -> pa.Table:
        """Keep the rows of a shard, where the base had fewer and larger ones."""
        if shards == self.plan.shards:
            return table
        ids = table.column("compound_id").to_pylist()
        wanted = [bucket(name, self.plan.shards) == index for name in ids]
        return table.filter(pa.array(wanted, pa.bool_()))

    def _base_shards(self) -> int:
        return len(Library.open(self.base).shards)

    @staticmethod
    def _known(staged: Merged, rows: pa.Table) -> np.ndarray:
        known: np.ndarray = np.isin(
            staged.first("compound_id").to_numpy(zero_copy_only=False),
            rows.column("compound_id").to_numpy(zero_copy_only=False),
        )
        return known
