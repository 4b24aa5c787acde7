"""The compounds a model learned from: what a hit is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.fingerprints import MORGAN_BITS, nearest_tanimoto
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.errors import NotFoundError, nearest

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from hitsieve.registry.contents import BundleContents

MORGAN_BYTES = MORGAN_BITS // 8


@dataclass(frozen=True)
class KnownCompounds:
    """m compounds measured on one target.

    Parameters
    ----------
    compound_ids, smiles
        Who they are.
    morgan
        Packed fingerprints, uint8 (m, 256).
    values
        Measured values, float64 (m,), in the endpoint's unit.
    """

    compound_ids: tuple[str, ...]
    smiles: tuple[str, ...]
    morgan: NDArray[np.uint8]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, contents: BundleContents, target: str) -> KnownCompounds:
        """Take the compounds of a bundle that were measured on a target, in all parts.

        Raises
        ------
        NotFoundError
            If the model does not know the target.
        """
        names = contents.config.target_names
        if target not in names:
            raise NotFoundError(
                f"model {contents.config.name} has no target {target!r}{nearest(target, names)}",
                cure=f"its targets: {', '.join(names)}",
            )
        column = names.index(target)
        table: pa.Table = contents.training
        values = np.array(
            [row[column] for row in table.column("values").to_pylist()], dtype=np.float64
        )
        kept = np.flatnonzero(~np.isnan(values))
        part = table.take(kept)
        packed = b"".join(part.column("morgan").to_pylist())
        return cls(
            tuple(part.column("compound_id").to_pylist()),
            tuple(part.column("smiles").to_pylist()),
            np.frombuffer(packed, np.uint8).reshape(-1, MORGAN_BYTES),
            values[kept],
        )

    def __len__(self) -> int:
        return len(self.compound_ids)

    @cached_property
    def scaffolds(self) -> frozenset[str]:
        """Scaffolds of all compounds; those without rings have none."""
        return frozenset(murcko_scaffold(text) for text in self.smiles) - {""}

    @cached_property
    def id_set(self) -> frozenset[str]:
        """All structure keys."""
        return frozenset(self.compound_ids)

    def nearest(self, morgan: NDArray[np.uint8]) -> list[tuple[str, str, float | None, float]]:
        """Find the most similar measured compound of every query.

        Parameters
        ----------
        morgan
            Packed fingerprints, uint8 (n, 256).

        Returns
        -------
        For each query: structure key, SMILES, measured value, Tanimoto similarity. Without any
        measured compound, empty texts, no value and a similarity of 0.
        """
        similarity, index = nearest_tanimoto(morgan, self.morgan)
        return [
            (self.compound_ids[i], self.smiles[i], float(self.values[i]), float(s))
            if i >= 0
            else ("", "", None, 0.0)
            for s, i in zip(similarity, index, strict=True)
        ]

    def is_novel(self, compound_id: str, scaffold: str) -> bool:
        """Return whether neither the compound nor its scaffold was measured."""
        return compound_id not in self.id_set and scaffold not in self.scaffolds
