"""Structural alerts: groups that make a hit suspicious."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rdkit.Chem import FilterCatalog

from hitsieve.chem.molecule import parse

ALERT_SETS: Final = ("PAINS", "BRENK")


@lru_cache(maxsize=1)
def _catalog() -> FilterCatalog.FilterCatalog:
    parameters = FilterCatalog.FilterCatalogParams()
    for name in ALERT_SETS:
        parameters.AddCatalog(getattr(FilterCatalog.FilterCatalogParams.FilterCatalogs, name))
    return FilterCatalog.FilterCatalog(parameters)


def structural_alerts(smiles: str) -> list[str]:
    """Return the names of the alerts a compound matches, sorted, each with its set.

    PAINS (assay interference, 10.1021/jm901137j) and BRENK (unwanted groups,
    10.1002/cmdc.200700139), as RDKit ships them. About 1 ms a compound: for hits, not for
    libraries.

    Raises
    ------
    ValueError
        If the SMILES cannot be read.

    Examples
    --------
    >>> structural_alerts("CC(=O)Cl")
    ['BRENK: acid_halide']
    """
    mol = parse(smiles)
    if mol is None:
        raise ValueError(f"SMILES cannot be read: {smiles!r}; standardize it first")
    names = {
        f"{match.GetProp('FilterSet').split('_')[0].upper()}: {match.GetDescription()}"
        for match in _catalog().GetMatches(mol)
    }
    return sorted(names)
