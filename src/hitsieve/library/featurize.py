"""Features of a shard's compounds; one that cannot be featurized costs itself alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.features import featurize, featurize_quickly
from hitsieve.graphs.packed import GRAPH_COLUMNS
from hitsieve.graphs.properties import graph_properties
from hitsieve.schema import Code
from hitsieve.schema.codes import clip
from hitsieve.schema.tables import DESCRIPTORS

if TYPE_CHECKING:
    from hitsieve.chem.features import QuickFeatures
    from hitsieve.graphs.packed import PackedGraphs

Failure = tuple[Code, str]

_DESCRIPTORS: Final = tuple(column.name for column in DESCRIPTORS)
_IN_BULK: Final = ("clogp", "rotatable_bonds")


@dataclass(frozen=True, slots=True)
class Featurized:
    """Feature columns of some compounds, and why others have none, by their position."""

    columns: dict[str, list[Any]]
    failures: dict[int, Failure]


def featurize_all(smiles: list[str]) -> Featurized:
    """Featurize compounds; what fails is listed by position and has no row.

    The same values as those of :func:`hitsieve.chem.features.featurize`, some of them had for
    many compounds at once.
    """
    found: list[QuickFeatures] = []
    readable: list[str] = []
    failures: dict[int, Failure] = {}
    for position, text in enumerate(smiles):
        try:
            found.append(featurize_quickly(text))
        except MemoryError:
            failures[position] = (Code.OUT_OF_MEMORY, "featurizing it needs too much memory")
        except Exception as error:  # noqa: BLE001 - one compound must not take down its shard
            failures[position] = (Code.INTERNAL, clip(f"{type(error).__name__}: {error}"))
        else:
            readable.append(text)
    # whoever only reads libraries does not wait for the featurizer and what it imports
    from hitsieve.graphs.bulk import bulk_graphs

    graphs = bulk_graphs(readable, [one.n_atoms for one in found])
    columns: dict[str, list[Any]] = {
        name: column.to_pylist() for name, column in graphs.columns().items()
    }
    columns["morgan"] = [one.morgan for one in found]
    for name in _DESCRIPTORS:
        if name not in _IN_BULK:
            columns[name] = [one.descriptors[name] for one in found]
    columns |= _in_bulk(readable, graphs)
    return Featurized(columns, failures)


def _in_bulk(smiles: list[str], graphs: PackedGraphs) -> dict[str, list[Any]]:
    """Return the descriptors that are computed from the graphs."""
    found = graph_properties(graphs)
    columns: dict[str, list[Any]] = {
        "clogp": found.clogp.tolist(),
        "rotatable_bonds": found.rotatable_bonds.tolist(),
    }
    for row in np.flatnonzero(found.unknown):
        reference = featurize(smiles[row]).descriptors
        for name in _IN_BULK:
            columns[name][row] = reference[name]
    return columns


def join_features(parts: list[tuple[int, Featurized | Failure]]) -> Featurized:
    """Put the features of a shard together from parts, each with the position it starts at."""
    columns: dict[str, list[Any]] = {name: [] for name in (*GRAPH_COLUMNS, "morgan", *_DESCRIPTORS)}
    failures: dict[int, Failure] = {}
    for start, part in parts:
        if not isinstance(part, Featurized):
            failures[start] = part
            continue
        for name, values in part.columns.items():
            columns[name] += values
        failures |= {start + position: why for position, why in part.failures.items()}
    return Featurized(columns, failures)
