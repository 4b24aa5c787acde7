"""A molecule without each of its atoms in turn: what an explanation compares it with."""

from __future__ import annotations

from rdkit import Chem

from hitsieve.chem.molecule import captured_log, parse


def without_each_atom(smiles: str) -> list[str]:
    """Return the molecule with one heavy atom taken out, for each of them in SMILES order.

    Bonds of the atom are cut and free valences get hydrogens; a ring opens, a chain may fall
    into two pieces. Stereo marks go, as they may lose their meaning.

    Parameters
    ----------
    smiles
        A standardized SMILES of at least two heavy atoms.

    Returns
    -------
    list of str
        (n,) SMILES; empty text where what is left is no valid molecule.

    Raises
    ------
    ValueError
        If the SMILES cannot be read.

    Examples
    --------
    >>> without_each_atom("CCO")
    ['CO', 'C.O', 'CC']
    """
    mol = parse(smiles)
    if mol is None:
        raise ValueError(f"SMILES cannot be read: {smiles!r}; standardize it first")
    flat = Chem.Mol(mol)
    Chem.RemoveStereochemistry(flat)
    Chem.Kekulize(flat, clearAromaticFlags=True)
    return [_without(flat, index) for index in range(flat.GetNumAtoms())]


def symmetry_classes(smiles: str) -> list[int]:
    """Return a number for each heavy atom in SMILES order; equivalent atoms share theirs.

    Taking out one of two equivalent atoms of an aromatic ring can leave different molecules,
    because the ring is first drawn with fixed double bonds: what equivalent atoms get should be
    averaged.

    Raises
    ------
    ValueError
        If the SMILES cannot be read.

    Examples
    --------
    >>> symmetry_classes("CC(C)O")
    [0, 3, 0, 2]
    """
    mol = parse(smiles)
    if mol is None:
        raise ValueError(f"SMILES cannot be read: {smiles!r}; standardize it first")
    return list(Chem.CanonicalRankAtoms(mol, breakTies=False))


def _without(mol: Chem.Mol, index: int) -> str:
    edited = Chem.RWMol(mol)
    for neighbor in edited.GetAtomWithIdx(index).GetNeighbors():
        bond = edited.GetBondBetweenAtoms(index, neighbor.GetIdx())
        hydrogens = neighbor.GetNumExplicitHs()
        if neighbor.GetNoImplicit() or hydrogens:
            neighbor.SetNumExplicitHs(hydrogens + int(bond.GetBondTypeAsDouble()))
    edited.RemoveAtom(index)
    try:
        with captured_log():
            Chem.SanitizeMol(edited)
        left: str = Chem.MolToSmiles(edited)
    except (Chem.AtomValenceException, Chem.KekulizeException, ValueError):
        return ""
    return left if parse(left) is not None else ""
