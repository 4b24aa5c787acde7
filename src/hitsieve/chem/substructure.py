"""Finding compounds that hold, or lack, substructures written as SMARTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.chem.molecule import parse
from hitsieve.chem.schemes import compile_pattern
from hitsieve.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.chem.molecule import Mol


class SubstructureFilter:
    """Tells which compounds hold all of some substructures and none of others.

    Parameters
    ----------
    present, absent
        SMARTS.

    Raises
    ------
    UsageError
        If one is no SMARTS.

    Examples
    --------
    >>> carboxylates = SubstructureFilter(["C(=O)[OH]"], ["c"])
    >>> [carboxylates.keeps(smiles) for smiles in ("CC(=O)O", "OC(=O)c1ccccc1", "CCO")]
    [True, False, False]
    """

    def __init__(self, present: Sequence[str] = (), absent: Sequence[str] = ()) -> None:
        self._present = [_pattern(smarts) for smarts in present]
        self._absent = [_pattern(smarts) for smarts in absent]

    def keeps(self, smiles: str) -> bool:
        """Tell whether a compound passes; an unreadable SMILES does not."""
        if not self._present and not self._absent:
            return True
        mol = parse(smiles)
        return (
            mol is not None
            and all(mol.HasSubstructMatch(pattern) for pattern in self._present)
            and not any(mol.HasSubstructMatch(pattern) for pattern in self._absent)
        )


def _pattern(smarts: str) -> Mol:
    try:
        return compile_pattern(smarts)
    except ValueError as error:
        raise UsageError(str(error), cure="a SMARTS such as 'c1ccccc1C(=O)[OH]'") from None
