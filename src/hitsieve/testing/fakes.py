"""Small stand-ins for the edges of a screen, importable by workers in other processes."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Literal
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.errors import NotFoundError
from hitsieve.provenance import sha256_bytes, sha256_file
from hitsieve.schema import SCORES
from hitsieve.screen.sources import Loaded, Model, Shard, Target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.screen.controls import Control
    from hitsieve.screen.sources import Score

_FOREVER_S: Final = 3600.0
FAKE_TARGETS: Final = (
    Target("CDK2/cyclin A", "pIC50", "pX", "higher"),
    Target("shape", "distance", "Å", "lower"),
)


def write_fake_library(folder: Path, sizes: Sequence[int]) -> Path:
    """Write shards of compound ids only, ``sizes`` compounds each, and return the folder."""
    folder.mkdir(parents=True)
    for index, size in enumerate(sizes):
        ids = [f"KEY-{sha256_bytes(f'{index}/{row}'.encode())[:10]}" for row in range(size)]
        pq.write_table(pa.table({"compound_id": ids}), folder / f"shard-{index:05d}.parquet")
    return folder


@dataclass(frozen=True, slots=True)
class FakeSources:
    """Sources of a screen without chemistry: scores are hashes of ids, with ties and failures.

    Models are named freely as ``name@version``; each scores :data:`FAKE_TARGETS`.

    Parameters
    ----------
    calls
        Folder that gets a file for each scoring call, named by model and shard.
    deadly
        Shard whose scoring ends the process it runs in.
    broken
        Shard whose scoring raises :class:`ZeroDivisionError`.
    hanging
        Shard whose scoring never ends.
    seconds
        How long each scoring call takes at least.
    short
        Shard for which a row is dropped.
    sick
        Shard whose worker computes all scores a little wrong.
    """

    calls: Path | None = None
    deadly: str = ""
    broken: str = ""
    short: str = ""
    sick: str = ""
    hanging: str = ""
    seconds: float = 0.0

    def shards(self, library: Path) -> Sequence[Shard]:
        """Return the shards of :func:`write_fake_library`."""
        return [
            Shard(path.stem, pq.read_metadata(path).num_rows, sha256_file(path))
            for path in sorted(library.glob("shard-*.parquet"))
        ]

    def read(self, library: Path, shard: Shard) -> Loaded:
        """Read a shard's ids."""
        ids = pq.read_table(library / f"{shard.name}.parquet")["compound_id"].to_pylist()
        array = pa.array(ids, pa.string())
        return Loaded((shard.name, ids), array)

    def part(self, loaded: Loaded, rows: int) -> Loaded:
        """Return the first ``rows`` compounds."""
        shard, ids = loaded.batch
        return Loaded((shard, ids[:rows]), loaded.compound_ids.slice(0, rows))

    def taken(self, loaded: Loaded, places: NDArray[np.int64]) -> Loaded:
        """Return the ids at some places."""
        shard, ids = loaded.batch
        kept = [ids[place] for place in places]
        return Loaded((shard, kept), pa.array(kept, pa.string()))

    def controls_batch(self, controls: Sequence[Control]) -> Loaded:
        """Return the controls' ids."""
        ids = [control.compound_id for control in controls]
        return Loaded(("controls", ids), pa.array(ids, pa.string()))

    def joined(self, first: Loaded, second: Loaded) -> Loaded:
        """Return the ids of both."""
        shard, ids = first.batch
        more = [*ids, *second.batch[1]]
        return Loaded((shard, more), pa.array(more, pa.string()))

    def held_out(self, model: Model) -> Sequence[tuple[str, str, bool]]:
        """Make up five actives and five inactives for each target."""
        return [(f"C{n}-{t.name}", t.name, n < 5) for t in model.targets for n in range(10)]  # noqa: PLR2004 - half of them

    def reject_share(self, library: Path) -> float | None:
        """Tell nothing: ids are never refused."""

    def refuse_mismatch(self, library: Path, model: Model) -> None:
        """Find nothing: ids have no chemistry."""

    def describe(self, reference: str, registry: Path) -> Model:
        """Make up a model; a name without version is not found."""
        if "@" not in reference:
            raise NotFoundError(f"no model {reference!r} in {registry}")
        return Model(reference, "", sha256_bytes(reference.encode()), FAKE_TARGETS)

    def settled(self, model: Model, wanted: Literal["fp32", "bf16", "auto"]) -> Model:
        """Take what is wanted; ``auto`` is bf16."""
        return replace(model, precision="bf16" if wanted == "auto" else wanted)

    def load(self, model: Model) -> Score:
        """Return the model's scoring function."""
        return partial(self._score, model)

    def _score(self, model: Model, batch: tuple[str, list[str]]) -> dict[str, pa.Table]:
        shard, ids = batch
        if self.calls is not None:
            (self.calls / f"{model.reference}-{shard}-{uuid4().hex}").touch()
        time.sleep(_FOREVER_S if shard == self.hanging else self.seconds)
        if shard == self.deadly:
            os._exit(1)
        if shard == self.broken:
            raise ZeroDivisionError(f"no luck with {shard}")
        kept = ids[1:] if shard == self.short else ids
        tables = {target.name: _fake_scores(kept, model, target) for target in FAKE_TARGETS}
        return {name: _shifted(t) for name, t in tables.items()} if shard == self.sick else tables


def _fake_scores(ids: list[str], model: Model, target: Target) -> pa.Table:
    values = {key: _fake_score(key, model.reference, target.name) for key in ids}
    sign = -1 if target.direction == "higher" else 1
    ranked = sorted(ids, key=lambda key: (values[key] is None, sign * (values[key] or 0), key))
    scores = [values[key] for key in ranked]
    spread = [None if score is None else 0.5 for score in scores]
    return SCORES.build(
        {
            "compound_id": ranked,
            "score": scores,
            "std": spread,
            "lower": [None if score is None else score - 1 for score in scores],
            "upper": [None if score is None else score + 1 for score in scores],
            "in_domain": [score is not None for score in scores],
            "status": ["failed" if score is None else "ok" for score in scores],
        }
    )


def _shifted(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("score")
    return table.set_column(
        place, SCORES.schema.field("score"), pc.add(table["score"], np.float32(0.1))
    )


def _fake_score(key: str, model: str, target: str) -> float | None:
    digest = hashlib.sha256(f"{key}|{model}|{target}".encode()).digest()
    return None if digest[0] < 20 else digest[1] / 8  # noqa: PLR2004 - one in 13 fails; 256 values make ties
