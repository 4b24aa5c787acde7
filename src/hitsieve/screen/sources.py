"""Where a screen finds shards and models: the seam between screening and both.

:class:`Sources` is small, so that tests screen fake libraries with fake models;
:class:`LibraryAndBundles` is what everybody else uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pyarrow as pa

from hitsieve.errors import ChecksumError
from hitsieve.provenance import sha256_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hitsieve.screen.controls import Control

Score = Callable[[Any], Mapping[str, pa.Table]]
"""A loaded model: takes the batch of a shard, returns a SCORES table for each target."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard of a library: its name, number of compounds and the SHA-256 of its file."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a model predicts in one column, and whether higher or lower is better."""

    name: str
    endpoint: str
    unit: str
    direction: Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model as a screen knows it: ``name@version``, its folder, content hash and targets.

    ``precision`` is what it is scored in, ``device`` where; ``auto`` is settled before there is a
    plan.
    """

    reference: str
    folder: str
    sha256: str
    targets: tuple[Target, ...]
    precision: Literal["fp32", "bf16"] = "fp32"
    device: Literal["cpu", "cuda"] = "cpu"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A shard in memory: what models score, and the compound ids (n,) they must account for."""

    batch: Any
    compound_ids: pa.StringArray


class Sources(Protocol):
    """Finds and opens libraries and models; picklable, because workers use it too."""

    def shards(self, library: Path) -> Sequence[Shard]:
        """Return the shards of a library, in order."""

    def read(self, library: Path, shard: Shard) -> Loaded:
        """Read one shard, checked against its checksum."""

    def part(self, loaded: Loaded, rows: int) -> Loaded:
        """Return the first ``rows`` compounds of a shard in memory."""

    def taken(self, loaded: Loaded, places: NDArray[np.int64]) -> Loaded:
        """Return the compounds at some places of a shard in memory, in that order."""

    def controls_batch(self, controls: Sequence[Control]) -> Loaded:
        """Return controls in memory, as if they were a shard."""

    def joined(self, first: Loaded, second: Loaded) -> Loaded:
        """Return two shards in memory as one."""

    def held_out(self, model: Model) -> Sequence[tuple[str, str, bool]]:
        """Return (SMILES, target, active) of compounds a model was tested on."""

    def reject_share(self, library: Path) -> float | None:
        """Return the share of records that were refused when it was built; None if unknown."""

    def describe(self, reference: str, registry: Path) -> Model:
        """Find a model by reference or folder and say what it is, without loading weights."""

    def refuse_mismatch(self, library: Path, model: Model) -> None:
        """Refuse a model that was trained on compounds prepared otherwise than the library's."""

    def settled(self, model: Model, wanted: Literal["fp32", "bf16", "auto"]) -> Model:
        """Return the model with the precision it is scored in; asked for all but ``fp32``."""

    def load(self, model: Model) -> Score:
        """Load a model for scoring, verified."""


@dataclass(frozen=True, slots=True)
class LibraryAndBundles:
    """The sources of real screens: built libraries and registered model bundles."""

    def shards(self, library: Path) -> Sequence[Shard]:
        """Return the shards of a library, in order.

        Raises
        ------
        NotFoundError
            If there is no finished library in the folder.
        """
        from hitsieve.library import Library

        found = Library.open(library).manifest.shards
        return [Shard(shard.name, shard.rows, shard.sha256) for shard in found]

    def read(self, library: Path, shard: Shard) -> Loaded:
        """Read the columns of a shard that scoring needs.

        Raises
        ------
        ChecksumError
            If the file is not the one the library's manifest lists.
        """
        from hitsieve.library import Library
        from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch

        opened = Library.open(library)
        path = opened.path_of(shard.name)
        if sha256_file(path) != shard.sha256:
            raise ChecksumError(
                f"{path} is not the file the library's manifest lists",
                cure="build the library again, or restore the file",
            )
        table = opened.read_shard(shard.name, columns=list(BATCH_COLUMNS))
        batch = CompoundBatch.from_library(table, where=str(path))
        return Loaded(batch, batch.compound_ids)

    def part(self, loaded: Loaded, rows: int) -> Loaded:
        """Return the first ``rows`` compounds of a shard in memory."""
        import numpy as np

        return self.taken(loaded, np.arange(rows))

    def taken(self, loaded: Loaded, places: NDArray[np.int64]) -> Loaded:
        """Return the compounds at some places of a shard in memory, in that order."""
        batch = loaded.batch.take(places)
        return Loaded(batch, batch.compound_ids)

    def controls_batch(self, controls: Sequence[Control]) -> Loaded:
        """Featurize controls."""
        from hitsieve.scoring.batch import CompoundBatch

        batch = CompoundBatch.from_smiles(
            [control.smiles for control in controls], [c.compound_id for c in controls]
        )
        return Loaded(batch, batch.compound_ids)

    def joined(self, first: Loaded, second: Loaded) -> Loaded:
        """Return two batches as one."""
        from hitsieve.scoring.batch import join_batches

        batch = join_batches([first.batch, second.batch])
        return Loaded(batch, batch.compound_ids)

    def held_out(self, model: Model) -> Sequence[tuple[str, str, bool]]:
        """Return the best and the worst measured compounds of a model's test part."""
        from hitsieve.registry.bundle import read_bundle
        from hitsieve.screen.held_out import extremes

        return extremes(read_bundle(Path(model.folder)).contents, model.targets)

    def reject_share(self, library: Path) -> float | None:
        """Return the share of records that were refused when the library was built."""
        from hitsieve.library import Library

        counts = Library.open(library).manifest.counts
        refused = counts.rejected + counts.failed
        return refused / counts.records if counts.records else None

    def describe(self, reference: str, registry: Path) -> Model:
        """Find a model by reference in the registry, or by the path of its folder.

        Raises
        ------
        NotFoundError
            If there is no such model.
        ModelRefusedError
            If it is quarantined, where it lies or by its bytes in the registry, or its bytes are
            not those recorded.
        """
        from hitsieve.registry.bundle import read_head
        from hitsieve.registry.locate import locate

        folder = locate(reference, registry)
        head = read_head(folder)
        targets = (Target(t.name, t.endpoint, t.unit, t.direction) for t in head.config.targets)
        reference = f"{head.config.name}@{folder.name}"
        return Model(reference, str(folder), head.digest, tuple(targets))

    def refuse_mismatch(self, library: Path, model: Model) -> None:
        """Compare the chemistry of a bundle and a library.

        Raises
        ------
        FingerprintError
            Names each setting that differs.
        """
        from hitsieve.library import Library
        from hitsieve.registry.bundle import read_head
        from hitsieve.registry.compatibility import refuse_other_chemistry

        refuse_other_chemistry(
            read_head(Path(model.folder)).config,
            Library.open(library).manifest,
            where=f"{model.reference} on library {library}",
        )

    def load(self, model: Model) -> Score:
        """Load a bundle; its golden molecules must come out as recorded.

        Raises
        ------
        ModelRefusedError
            If checksum, fingerprint or golden molecules differ.
        """
        from functools import partial

        from hitsieve.scoring.load import load_scorer
        from hitsieve.scoring.table import score_table

        return partial(score_table, load_scorer(Path(model.folder), model.precision, model.device))

    def settled(self, model: Model, wanted: Literal["fp32", "bf16", "auto"]) -> Model:
        """Return the model with the precision it is scored in; ``auto`` is settled here.

        Raises
        ------
        ModelRefusedError
            If the model is refused whatever the precision.
        """
        from hitsieve.scoring.load import settle_precision

        settled = settle_precision(Path(model.folder), wanted, model.device)
        return replace(model, precision=settled)
