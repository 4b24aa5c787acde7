"""Whether a library is the kind of chemistry a model learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.chem.features import featurize
from hitsieve.errors import InputError
from hitsieve.monitor.drift import NAMES, DriftReport, Profile, descriptor_columns, drift
from hitsieve.monitor.embedding import SAMPLE, EmbeddingDrift, embedding_drift
from hitsieve.schema import LIBRARY
from hitsieve.schema.tables import DESCRIPTORS
from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch
from hitsieve.scoring.embed import embed
from hitsieve.scoring.load import BundleScorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.library import Library
    from hitsieve.registry.bundle import Bundle


@dataclass(frozen=True, slots=True)
class LibraryDrift:
    """How a library differs from what a model was trained on."""

    descriptors: DriftReport
    embedding: EmbeddingDrift

    @property
    def verdict(self) -> str:
        """The worse of the two verdicts."""
        both = {self.descriptors.verdict, self.embedding.verdict}
        return next(v for v in ("shifted", "moderate", "stable") if v in both)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "verdict": self.verdict,
            "descriptors": self.descriptors.to_dict(),
            "embedding": self.embedding.to_dict(),
        }


def library_drift(library: Library, bundle: Bundle) -> LibraryDrift:
    """Compare a library with a model's training part, by descriptors and in the network's space.

    Shards are uniform samples of the library: the descriptors of all are read, and the vectors
    of the first 400 compounds compared.

    Raises
    ------
    InputError
        If the library holds no compound, the model does not tell what it was trained on, or
        either holds fewer than ten compounds.
    """
    smiles = _trained_on(bundle)
    if not len(library):
        raise InputError(
            f"library {library.root} holds no compound: there is nothing to compare",
            cure="`hitsieve library rejects` tells why records were refused",
        )
    reference = Profile.reference(_descriptors(smiles))
    seen = reference.empty()
    for table in library.iter_tables(list(NAMES)):
        seen = seen.update(descriptor_columns(table))
    ensemble = BundleScorer(bundle).ensemble
    vectors = embed(ensemble, CompoundBatch.from_library(_first(library)).graphs)
    known = embed(ensemble, CompoundBatch.from_smiles(smiles).graphs)
    return LibraryDrift(drift(reference, seen), embedding_drift(known, vectors))


def _descriptors(smiles: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return descriptors rounded as a library stores them.

    Bins end at values of the reference, many of which are frequent: one that a library rounded to
    the other side of its bin's end would count as drift.
    """
    rows = [featurize(text).descriptors for text in smiles]
    return {
        column.name: np.array([row[column.name] for row in rows], column.type.to_pandas_dtype())
        for column in DESCRIPTORS
    }


def _trained_on(bundle: Bundle) -> list[str]:
    training = bundle.contents.training
    smiles: list[str] = training.filter(pc.equal(training["part"], "train"))["smiles"].to_pylist()
    if not smiles:
        raise InputError(
            f"{bundle.name} does not tell what it was trained on, so nothing can drift from it",
            cure="import it with the data: hitsieve models import-chemprop FILE --data CARD",
        )
    return smiles


def _first(library: Library) -> pa.Table:
    """Return the first compounds of a library, from as many shards as it takes."""
    parts, rows = [LIBRARY.empty().select(BATCH_COLUMNS)], 0
    for table in library.iter_tables(list(BATCH_COLUMNS)):
        parts.append(table.slice(0, SAMPLE - rows))
        rows += parts[-1].num_rows
        if rows >= SAMPLE:
            break
    return pa.concat_tables(parts)
