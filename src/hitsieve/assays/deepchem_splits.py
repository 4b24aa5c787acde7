"""DeepChem's splitters that ask for nothing but structures, as disjoint parts of a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.assays.deepchem_adapter import SPLITTERS, split
from hitsieve.assays.splits import FRACTIONS, Split, check_fractions
from hitsieve.chem.molecule import parse
from hitsieve.errors import DatasetError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence


def deepchem_split(
    name: str, smiles: Sequence[str], fractions: Sequence[float] = FRACTIONS, *, seed: int = 0
) -> Split:
    """Split by one of DeepChem's splitters.

    DeepChem knows no twins: follow with :func:`~hitsieve.assays.twins.keep_together` where
    stereoisomers and tautomers are to stay on one side.

    Parameters
    ----------
    name
        ``random``; ``scaffold``, rare Bemis-Murcko scaffolds last; ``molecular_weight``, the
        heaviest last; ``max_min``, the most diverse to test; ``butina``, clusters of similar
        compounds together, the small ones last; ``fingerprint``, parts as unlike each other as can
        be. The last two compare all pairs of compounds.
    smiles
        (n,) standardized SMILES.
    fractions
        Shares of train, valid and test; clusters and rounding let parts miss them a little.
    seed
        Of ``random`` and ``max_min``; the others do not draw.

    Raises
    ------
    UsageError
        If there is no such splitter.
    DatasetError
        If a SMILES cannot be read, a compound is in no part, or nothing is left to train on.
    """
    if name not in SPLITTERS:
        raise UsageError(
            f"DeepChem splitter {name!r} is unknown{nearest(name, SPLITTERS)}",
            cure=f"choose one of {', '.join(SPLITTERS)}",
        )
    shares = check_fractions(fractions)
    wrong = [row for row, text in enumerate(smiles) if parse(text) is None]
    if wrong:
        raise DatasetError(
            f"{len(wrong)} of {len(smiles)} SMILES cannot be read, first at row {wrong[0]}: "
            f"{smiles[wrong[0]]!r}",
            cure="curate the data set first: standardized SMILES are needed",
        )
    train, valid, test = split(name, smiles, tuple(shares), seed=seed)
    return Split(train, valid, test, method=f"DeepChem {name}")
