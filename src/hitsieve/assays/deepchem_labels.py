"""DeepChem datasets as assay tables, so that they are curated and trained on as any other.

::

    tasks, (train, valid, test), _ = deepchem.molnet.load_bace_classification(
        featurizer="Raw", splitter="scaffold", transformers=[])
    raw = assay_table({"train": train, "valid": valid, "test": test}, columns, name="bace",
                      license="MIT", source="MoleculeNet through DeepChem")
    labels, report = curate(raw, Standardizer())

The labels, written as Parquet, are what ``hitsieve train`` takes as ``labels:`` in its
configuration; ``split: {kind: column}`` then keeps DeepChem's parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.assays.cards import DatasetCard
from hitsieve.assays.deepchem_adapter import from_dataset
from hitsieve.assays.read import AssayTable
from hitsieve.assays.splits import PARTS
from hitsieve.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hitsieve.assays.columns import ColumnCard


def assay_table(
    datasets: Mapping[str, Any],
    columns: Mapping[str, ColumnCard],
    *,
    name: str,
    source: str,
    license: str,  # noqa: A002 - as a dataset card calls it
    transformers: Sequence[Any] = (),
) -> AssayTable:
    """Return the records of DeepChem datasets as a card's files give them.

    Parameters
    ----------
    datasets
        By part: ``train``, ``valid``, ``test``, or ``""`` for a set that is not divided. Their ids
        are SMILES, as DeepChem's loaders make them.
    columns
        Meaning of each task, in the order of the datasets' columns of values.
    name, source, license
        Of the data set, for cards and LABELS.
    transformers
        What DeepChem changed the values by, as its loaders return it; undone from the last.

    Returns
    -------
    AssayTable
        One record a row of the datasets; cells of weight 0 are empty.

    Raises
    ------
    UsageError
        If a part has another name.
    DatasetError
        If ids are no texts, or a dataset has another number of tasks than ``columns``.
    """
    unknown = [part for part in datasets if part not in {"", *PARTS}]
    if unknown:
        raise UsageError(f"part {unknown[0]!r}", cure=f"name parts {', '.join(PARTS)}, or one ''")
    files = [{"path": f"{part or 'all'} of DeepChem", "part": part} for part in datasets]
    card = DatasetCard(
        name=name,
        title=name,
        source=source,
        license=license,
        files=tuple(files),
        smiles_column="ids",
        columns=dict(columns),
    )
    table = AssayTable(
        card, card.resolve(["ids", *columns]), [], {task: [] for task in columns},
        [], [], [], [], {}, [], [], {},
    )  # fmt: skip
    for part, dataset in datasets.items():
        _add(table, part, dataset, transformers)
    return table


def _add(table: AssayTable, part: str, dataset: Any, transformers: Sequence[Any]) -> None:  # noqa: ANN401 - DeepChem carries no types
    smiles, values = from_dataset(dataset)
    if values.shape[1] != len(table.columns):
        raise DatasetError(
            f"the DeepChem dataset {part!r} has {values.shape[1]} tasks, but {len(table.columns)} "
            "are described",
            cure=f"describe each of {list(getattr(dataset, 'tasks', []))[:20]} in order",
        )
    known = ~np.isnan(values)
    for transformer in reversed(transformers):
        if transformer.transform_y:
            values = np.asarray(transformer.untransform(values)).reshape(known.shape)
    table.structures.extend(smiles)
    table.records.extend(f"{part or 'all'}#{row}" for row in range(1, len(smiles) + 1))
    for column, task in enumerate(table.columns):
        cells = zip(values[:, column], known[:, column], strict=True)
        table.cells[task].extend(repr(float(value)) if there else "" for value, there in cells)
    for texts in (table.relations, table.units, table.ids):
        texts.extend([""] * len(smiles))
    table.parts.extend([part] * len(smiles))
    table.times.extend([None] * len(smiles))
