"""The compounds that two models are compared on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import NotFoundError
from hitsieve.library.config import FormatOptions
from hitsieve.library.readers import check, detect, read
from hitsieve.library.stage import standardize_record
from hitsieve.registry.bundle import read_bundle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.chem.policy import ChemPolicy


@dataclass(frozen=True, slots=True)
class Reference:
    """Compounds of a file.

    Parameters
    ----------
    smiles
        Standardized, as models read them; in the order of the file, each as often as it stands
        there.
    refused
        One text for each record that is no compound: where it stands, and why.
    """

    smiles: tuple[str, ...]
    refused: tuple[str, ...] = ()


def held_out_compounds(folders: Sequence[Path]) -> tuple[str, ...]:
    """Return the standardized SMILES of the test parts of bundles, one after the other."""
    tables = [read_bundle(folder, check_chemistry=False).contents.training for folder in folders]
    rows = [row for table in tables for row in table.select(["smiles", "part"]).to_pylist()]
    return tuple(row["smiles"] for row in rows if row["part"] == "test")


def read_reference(path: Path, policy: ChemPolicy | None = None) -> Reference:
    """Read compounds from any kind of file that a library is built from.

    Parameters
    ----------
    path
        Its ending tells the kind, as for libraries; of ``.txt`` its content does.
    policy
        How structures are prepared: that of a model which is to score them.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If it is none that records can be read from.
    """
    if not path.is_file():
        raise NotFoundError(f"no file {path}", cure="name a file of compounds, as for a library")
    options, standardize = FormatOptions(), Standardizer(policy)
    file = detect(path, path.name, options)
    check(file, options)
    kept, refused = [], []
    for record in read(file, options):
        place = f"{record.file}#{record.record}"
        if record.problem is not None:
            refused.append(f"{place}: {record.message}")
            continue
        found = standardize_record(standardize, record)
        if found.kept and found.parent_smiles:
            kept.append(found.parent_smiles)
        else:
            refused.append(f"{place}: {found.code.value}: {found.message}")
    return Reference(tuple(kept), tuple(refused))
