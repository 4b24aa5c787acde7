"""What a laboratory has told of one target so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from hitsieve.oracles.inbox.batch import read_batches
from hitsieve.oracles.inbox.controls import ControlStore, PlateQuality, plate_quality
from hitsieve.oracles.inbox.layout import wells_of
from hitsieve.oracles.inbox.merge import InboxIdentity, merged_labels
from hitsieve.oracles.inbox.told import ResultStore
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.protocol import Compound


class Answers(InboxIdentity):
    """What was told of one target, endpoint and unit; as an oracle, it measures that.

    Parameters
    ----------
    config
        What is measured; its folder holds ``results`` and ``controls``.
    asked_in
        Folder that holds the batches; the same one unless several targets share their plates.
    """

    def __init__(self, config: InboxConfig, asked_in: Path | None = None) -> None:
        super().__init__(config)
        self.asked_in = asked_in or config.folder

    def labels(self, compounds: Sequence[Compound]) -> pa.Table:
        """Return the labels of compounds that have a result; others are left out."""
        return merged_labels(self.config, self._store, compounds)

    def waiting(self, compound_ids: Iterable[str]) -> list[str]:
        """Return the compounds that miss results of a batch that is not closed, or of any batch."""
        batches = read_batches(self.asked_in)
        every = wells_of(w for b in batches for w in b.wells)
        asked = wells_of(w for b in batches if b.closed is None for w in b.wells)
        return [
            name
            for name in compound_ids
            if name not in every or len(self._store.of(name)) < asked.get(name, 0)
        ]

    def plates(self) -> list[PlateQuality]:
        """Return how far apart the controls are, of each plate that both were told of."""
        standing = ControlStore(self.config.folder / "controls").standing()
        return plate_quality(standing.values(), self.target)

    def unjudged(self) -> list[str]:
        """Return the plates that hold both kinds of controls, and of which not both were told.

        Where several targets share their plates, only controls of this one count.
        """
        own = {control.name for control in self.config.controls}
        is_alone = self.asked_in == self.config.folder
        roles: dict[str, set[str]] = {}
        for batch in read_batches(self.asked_in):
            for well in batch.wells:
                if is_alone or well.control in own:
                    roles.setdefault(well.plate, set()).add(well.role)
        judged = {one.plate for one in self.plates()}
        both = {"positive", "negative"}
        return [plate for plate, found in roles.items() if both <= found and plate not in judged]

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Return what was told; a compound without result fails as ``not_measured``."""
        told = {row["compound_id"]: row for row in self.labels(compounds).to_pylist()}
        missing = Measurement(None, code=Code.NOT_MEASURED, message="no result was told")
        absent = [compound for compound in compounds if compound[0] not in told]
        rows = label_rows(self, absent, [missing] * len(absent)).to_pylist()
        told |= {row["compound_id"]: row for row in rows}
        return pa.Table.from_pylist(
            [{**told[name], "smiles": smiles} for name, smiles in compounds],
            schema=label_rows(self, [], []).schema,
        )

    @property
    def _store(self) -> ResultStore:
        return ResultStore(self.config.folder / "results", self.config)
