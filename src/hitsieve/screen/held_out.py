"""Controls from the data a model was tested on: its best and worst measured compounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.screen.controls import ACTIVES, INACTIVES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.registry.contents import BundleContents
    from hitsieve.screen.sources import Target


def extremes(contents: BundleContents, targets: Sequence[Target]) -> list[tuple[str, str, bool]]:
    """Choose controls for each target from the part of a bundle's data kept for testing.

    Active are the best tenth of the measured compounds, at most 10; inactive the worst half,
    at most 30. Censored values are left out, and classes are taken as measured.

    Returns
    -------
    list
        (standardized SMILES, target, active).
    """
    names = contents.config.target_names
    tested = [row for row in contents.training.to_pylist() if row["part"] == "test"]
    found: list[tuple[str, str, bool]] = []
    for target in targets:
        column = names.index(target.name)
        values = [
            (row["values"][column], row["smiles"])
            for row in tested
            if row["values"][column] is not None and row["relations"][column] == "="
        ]
        values.sort(reverse=target.direction == "higher")
        if target.unit == "class":
            best = [pair for pair in values if pair[0] == 1]
            worst = [pair for pair in values if pair[0] == 0]
        else:
            best = values[: max(1, len(values) // 10)]
            worst = values[len(values) - len(values) // 2 :]
        found += [(smiles, target.name, True) for _, smiles in best[:ACTIVES]]
        found += [(smiles, target.name, False) for _, smiles in worst[-INACTIVES:]]
    return found
