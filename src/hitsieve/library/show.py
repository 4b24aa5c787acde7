"""What a library looks like: counts, outcomes, properties, elements, coverage, scaffolds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.codes import ATOM_FIELDS, BOND_FIELDS
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.errors import UsageError
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import RowTable, Vocabulary
from hitsieve.library.availability import available
from hitsieve.metrics.running import Histogram, Moments
from hitsieve.schema.tables import GRAPH
from hitsieve.store.queries import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.library.library import Library

EDGES: Final[dict[str, tuple[float, ...]]] = {
    "mw": tuple(range(0, 1050, 50)),
    "heavy_atoms": tuple(range(0, 155, 5)),
    "clogp": tuple(range(-5, 11)),
    "tpsa": tuple(range(0, 260, 20)),
    "hbd": tuple(range(13)),
    "hba": tuple(range(19)),
    "rotatable_bonds": tuple(range(21)),
    "rings": tuple(range(13)),
    "fsp3": tuple(round(i / 10, 1) for i in range(11)),
    "charge": tuple(range(-4, 6)),
}
"""Borders of the histograms, in the unit of each column of the LIBRARY table."""

_GRAPH: Final = tuple(column.name for column in GRAPH)
_COLUMNS: Final = ("compound_id", "source_ids", "source_records", "parent_smiles", *_GRAPH, *EDGES)
_ELEMENT: Final = next(i for i, f in enumerate(ATOM_FIELDS) if f.name == "atomic_number")


_SYMBOLS: Final = {
    1: "H", 5: "B", 6: "C", 7: "N", 8: "O", 9: "F", 14: "Si", 15: "P", 16: "S", 17: "Cl",
    33: "As", 34: "Se", 35: "Br", 52: "Te", 53: "I",
}  # fmt: skip
"""The elements a standardized parent can hold."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What some compounds look like; profiles of any pieces merge to that of the whole.

    Parameters
    ----------
    histograms, moments
        By property.
    elements
        Compounds that hold each atomic number.
    outside
        Compounds with a value that the vocabulary does not know.
    unknown
        Such values, as ``field=code``, with the atoms or bonds that have them.
    scaffolds
        Scaffolds of the sampled compounds.
    unavailable
        Compounds whose every identifier was withdrawn.
    """

    histograms: dict[str, Histogram]
    moments: dict[str, Moments]
    elements: Counter[int]
    outside: int
    unknown: Counter[str]
    scaffolds: Counter[str]
    unavailable: int

    def merge(self, other: Profile) -> Profile:
        """Return the profile of both."""
        return Profile(
            {name: self.histograms[name].merge(other.histograms[name]) for name in EDGES},
            {name: self.moments[name].merge(other.moments[name]) for name in EDGES},
            self.elements + other.elements,
            self.outside + other.outside,
            self.unknown + other.unknown,
            self.scaffolds + other.scaffolds,
            self.unavailable + other.unavailable,
        )


def describe(
    library: Library,
    *,
    scaffold_sample: int = 2000,
    top: int = 10,
    vocabulary: str = "chemprop_v2",
) -> dict[str, Any]:
    """Summarize a library as plain JSON values, its shards worked off by Dask.

    Parameters
    ----------
    library
        The library.
    scaffold_sample
        Compounds whose scaffold is computed, from the first shards; a shard is a uniform
        sample, because compounds are spread by a hash of their structure.
    top
        How many scaffolds are listed.
    vocabulary
        Features of a model that the compounds are held against.

    Returns
    -------
    dict
        ``inputs`` and ``counts`` as in the manifest; ``shards``; ``properties`` with
        histogram, mean, spread and range by column; ``elements`` with the number of compounds
        that hold each; ``coverage`` with the compounds the vocabulary has no feature for;
        ``withdrawn``; ``scaffolds``, most frequent first, with the size of the sample.

    Raises
    ------
    UsageError
        If a number is negative.
    ConfigError
        If there is no such vocabulary.
    """
    if scaffold_sample < 0 or top < 0:
        raise UsageError(f"scaffold_sample = {scaffold_sample}, top = {top}: give 0 or more")
    features = Vocabulary.preset(vocabulary)
    pieces: list[tuple[str, int]] = []
    left = scaffold_sample
    for shard in library.shards:
        pieces.append((shard.name, min(left, shard.rows)))
        left -= pieces[-1][1]
    found = fold(pieces, lambda piece: _profile(library, *piece, features), Profile.merge)
    manifest = library.manifest
    return {
        "counts": manifest.counts.model_dump(mode="json"),
        "inputs": [entry.model_dump(mode="json") for entry in manifest.inputs],
        "shards": len(library.shards),
        "properties": {
            name: _property(found.histograms[name], found.moments[name]) for name in EDGES
        },
        "elements": {
            _SYMBOLS.get(z, f"Z={z}"): n for z, n in sorted(found.elements.items(), key=_most_first)
        },
        "coverage": {
            "vocabulary": vocabulary,
            "compounds_outside": found.outside,
            "unknown": dict(sorted(found.unknown.items(), key=_most_first)),
        },
        "withdrawn": {
            "identifiers": sum(entry.rows for entry in manifest.withdrawn),
            "compounds": found.unavailable,
        },
        "scaffolds": {
            "sample": sum(quota for _, quota in pieces),
            "top": [
                {"scaffold": scaffold, "compounds": number}
                for scaffold, number in sorted(found.scaffolds.items(), key=_most_first)[:top]
            ],
        },
    }


def _profile(library: Library, name: str, quota: int, vocabulary: Vocabulary) -> Profile:
    """Measure one shard; the scaffolds of its first ``quota`` compounds."""
    table = library.read_shard(name, _COLUMNS)
    values = {p: table.column(p).to_numpy().astype(np.float64) for p in EDGES}
    packed = PackedGraphs.from_table(table, where=name)
    sample = table.column("parent_smiles").slice(0, quota).to_pylist()
    listed = available(table, library.withdrawn_of(name), library.manifest.releases)
    return Profile(
        {p: Histogram.empty(EDGES[p]).update(values[p]) for p in EDGES},
        {p: Moments.empty().update(values[p]) for p in EDGES},
        _elements(packed),
        int(vocabulary.unknown_mask(packed).sum()),
        _unknown(vocabulary.atoms, packed.atom_codes, [f.name for f in ATOM_FIELDS])
        + _unknown(vocabulary.bonds, packed.bond_codes, [f.name for f in BOND_FIELDS]),
        Counter(murcko_scaffold(smiles) for smiles in sample),
        listed.false_count,
    )


def _unknown(table: RowTable, codes: NDArray[np.uint8], names: list[str]) -> Counter[str]:
    """Count the atoms or bonds with a value outside the vocabulary, by field and code."""
    found: Counter[str] = Counter()
    for place, column in enumerate(table.columns):
        counts = np.bincount(codes[:, column], minlength=256)
        for code in np.flatnonzero((counts > 0) & ~table.known[place]):
            found[f"{names[column]}={code}"] += int(counts[code])
    return found


def _elements(packed: PackedGraphs) -> Counter[int]:
    """Count the compounds that hold each element."""
    row = np.repeat(np.arange(len(packed)), packed.n_atoms)
    # One number for each pair of compound and element; an element is below 256.
    pairs = np.unique(row * 256 + packed.atom_codes[:, _ELEMENT])
    numbers, counts = np.unique(pairs % 256, return_counts=True)
    return Counter(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))


def _most_first(item: tuple[Any, int]) -> tuple[int, Any]:
    return -item[1], item[0]


def _property(histogram: Histogram, moments: Moments) -> dict[str, Any]:
    found = moments.result()
    seen = found.count > 0
    return {
        "edges": list(histogram.edges),
        "counts": list(histogram.counts),
        "below": histogram.below,
        "above": histogram.above,
        "mean": found.mean if seen else None,
        "std": found.std if seen else None,
        "minimum": found.minimum if seen else None,
        "maximum": found.maximum if seen else None,
    }
