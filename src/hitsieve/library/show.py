"""What a library looks like: counts, outcomes, properties, elements, scaffolds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.codes import ATOM_FIELDS
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.errors import UsageError
from hitsieve.metrics.running import Histogram, Moments

if TYPE_CHECKING:
    import pyarrow as pa

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

_COLUMNS: Final = ("parent_smiles", "n_atoms", "atom_codes", *EDGES)
_ELEMENT: Final = next(i for i, f in enumerate(ATOM_FIELDS) if f.name == "atomic_number")


_SYMBOLS: Final = {
    1: "H", 5: "B", 6: "C", 7: "N", 8: "O", 9: "F", 14: "Si", 15: "P", 16: "S", 17: "Cl",
    33: "As", 34: "Se", 35: "Br", 52: "Te", 53: "I",
}  # fmt: skip
"""The elements a standardized parent can hold."""


def describe(library: Library, *, scaffold_sample: int = 2000, top: int = 10) -> dict[str, Any]:
    """Summarize a library as plain JSON values, reading one shard at a time.

    Parameters
    ----------
    library
        The library.
    scaffold_sample
        Compounds whose scaffold is computed, from the first shards; a shard is a uniform
        sample, because compounds are spread by a hash of their structure.
    top
        How many scaffolds are listed.

    Returns
    -------
    dict
        ``inputs`` and ``counts`` as in the manifest; ``shards``; ``properties`` with
        histogram, mean, spread and range by column; ``elements`` with the number of compounds
        that hold each; ``scaffolds``, most frequent first, with the size of the sample.

    Raises
    ------
    UsageError
        If a number is negative.
    """
    if scaffold_sample < 0 or top < 0:
        raise UsageError(f"scaffold_sample = {scaffold_sample}, top = {top}: give 0 or more")
    histograms = {name: Histogram.empty(edges) for name, edges in EDGES.items()}
    moments = {name: Moments.empty() for name in EDGES}
    elements: Counter[int] = Counter()
    sample: list[str] = []
    for table in library.iter_tables(_COLUMNS):
        for name in EDGES:
            values = table.column(name).to_numpy().astype(np.float64)
            histograms[name] = histograms[name].update(values)
            moments[name] = moments[name].update(values)
        elements.update(_elements(table))
        missing = scaffold_sample - len(sample)
        if missing > 0:
            sample += table.column("parent_smiles").slice(0, missing).to_pylist()
    return {
        "counts": library.manifest.counts.model_dump(mode="json"),
        "inputs": [entry.model_dump(mode="json") for entry in library.manifest.inputs],
        "shards": len(library.shards),
        "properties": {name: _property(histograms[name], moments[name]) for name in EDGES},
        "elements": {
            _SYMBOLS.get(z, f"Z={z}"): n for z, n in sorted(elements.items(), key=_most_first)
        },
        "scaffolds": {"sample": len(sample), "top": _scaffolds(sample, top)},
    }


def _elements(table: pa.Table) -> dict[int, int]:
    """Count the compounds holding each element, from the packed graphs' bytes."""
    joined = b"".join(table.column("atom_codes").to_pylist())
    codes = np.frombuffer(joined, np.uint8).reshape(-1, len(ATOM_FIELDS))
    row = np.repeat(np.arange(table.num_rows), table.column("n_atoms").to_numpy())
    # One number for each pair of compound and element; an element is below 256.
    pairs = np.unique(row * 256 + codes[:, _ELEMENT])
    numbers, counts = np.unique(pairs % 256, return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


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


def _scaffolds(sample: list[str], top: int) -> list[dict[str, Any]]:
    counted = Counter(murcko_scaffold(smiles) for smiles in sample)
    ranked = sorted(counted.items(), key=_most_first)[:top]
    return [{"scaffold": scaffold, "compounds": number} for scaffold, number in ranked]
