"""Oracles that answer later, and what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import pyarrow as pa

from hitsieve.campaign.reasons import reason_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.campaign.state import Chosen
    from hitsieve.library import Library
    from hitsieve.oracles.protocol import Compound


@runtime_checkable
class Laboratory(Protocol):
    """An oracle that answers later: it is asked by files, and told results by files."""

    @property
    def replicates(self) -> int:
        """Measurements of each compound."""

    def ask(self, picks: pa.Table, *, batch: str) -> list[Path]:
        """Write a batch; asking it again changes nothing."""

    def waiting(self, compound_ids: Sequence[str]) -> list[str]:
        """Return the compounds that miss results."""

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Return what was told, LABELS."""


def sheet_of(library: Library, chosen: Chosen) -> pa.Table:
    """Return the picks as a laboratory gets them."""
    names = [pick.compound_id for pick in chosen.picks]
    rows = library.lookup(names, ["compound_id", "smiles", "source_ids"]).to_pylist()
    known = {row["compound_id"]: row for row in rows}
    return pa.table(
        {
            "compound_id": names,
            "smiles": [known[name]["smiles"] for name in names],
            "reason": [reason_words(pick) for pick in chosen.picks],
            "source_ids": ["; ".join(known[name]["source_ids"]) for name in names],
            "predicted": pa.array([pick.predicted for pick in chosen.picks], pa.float64()),
            "std": pa.array([pick.std for pick in chosen.picks], pa.float64()),
        }
    )
