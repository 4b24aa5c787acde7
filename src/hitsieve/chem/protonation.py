"""Charges of a compound in water, by a short table of groups.

Each ionizable group has a typical pKa, whatever stands around it: an acid below the pH gives its
proton, a base above it takes one. Of bases next to each other (at most three bonds apart, as in
a piperazine) only the strongest is charged. This is good enough for choosing donors and
acceptors before docking; it is no prediction of pKa, and zwitterions, unusual heterocycles and
tautomers are left as drawn.

Values are rounded from tables of measured pKa (Perrin, Dempsey, Serjeant: pKa Prediction for
Organic Acids and Bases, 1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from hitsieve.chem.molecule import Mol, parse
from hitsieve.errors import InputError

ProtonationRule = Literal["as_drawn", "neutral", "ph"]
PROTONATION_VERSION: Final = 1

_NEAR: Final = 3  # bonds


@dataclass(frozen=True, slots=True)
class Group:
    """An ionizable group: SMARTS whose first atom gains or loses the proton, and its pKa."""

    name: str
    smarts: str
    pka: float


# An amine whose lone pair belongs to no carbonyl, aryl, alkene or heteroatom.
_AMINE: Final = (
    "[NX3;+0;!$(N-[!#6;!#1]);!$(N-[#6]=[!#6]);!$(N-[#6]#*);!$(N-a);!$(N-[#6]=[#6]);!$(N=*)]"
)
# Nitrogens of amidines and guanidines that no carbonyl or sulfonyl weakens.
_IMINE: Final = "[NX2;+0;!$(N~[!#6;!#1]);!$(N-[#6]=O)]"
_PLAIN_N: Final = "[NX3;!$(N-[#6,S]=O)]"

ACIDS: Final = (
    Group("sulfonic acid", "[OX2H1]-[SX4](=O)=O", -1.0),
    Group("phosphonic acid", "[OX2H1]-[PX4]=O", 2.0),
    Group("carboxylic acid", "[OX2H1]-[CX3]=O", 4.2),
    Group("acyl sulfonamide", "[NX3H1](-[CX3]=O)-[SX4](=O)=O", 4.5),
    Group("tetrazole", "[nH1]1nnn[c]1", 4.9),
    Group("tetrazole", "[nH1]1nn[c]n1", 4.9),
    Group("phenol", "[OX2H1]-c", 10.0),
)
BASES: Final = (
    Group("guanidine", f"{_IMINE}=[CX3]({_PLAIN_N}){_PLAIN_N}", 13.0),
    Group("amidine", f"{_IMINE}=[CX3;!$(C(N)N)]{_PLAIN_N}", 11.5),
    Group("fluorinated amine", f"{_AMINE}-[CX4]-[#6](F)F", 5.5),
    Group("morpholine", f"{_AMINE}1-[CX4]-[CX4]-O-[CX4]-[CX4]-1", 7.1),
    Group("benzyl amine", f"{_AMINE}-[CX4]-a", 9.0),
    Group("aliphatic amine", f"{_AMINE}-[CX4]", 9.8),
    Group("4-aminopyridine", "[nX2;+0]1ccc([NX3;!$(N-[#6]=O)])cc1", 9.1),
    Group("imidazole", "[nX2;+0]1c[nX3]cc1", 7.0),
    Group("pyridine", "[nX2;+0]1ccccc1", 5.2),
)  # fmt: skip


def protonated(smiles: str, rule: ProtonationRule, *, ph: float = 7.4) -> str:
    """Return a compound with the charges a rule gives it.

    Parameters
    ----------
    smiles
        The compound.
    rule
        ``as_drawn``; ``neutral``: without charges a proton can balance; or ``ph``: made neutral,
        then charged by the table.
    ph
        For the rule ``ph``.

    Returns
    -------
    str
        Canonical SMILES.

    Raises
    ------
    InputError
        If the SMILES cannot be read.

    Examples
    --------
    >>> protonated("OC(=O)CN1CCN(C)CC1", "ph")
    'C[NH+]1CCN(CC(=O)[O-])CC1'
    """
    mol = parse(smiles)
    if mol is None:
        raise InputError(f"{smiles!r} is no readable SMILES", cure="correct the structure")
    if rule == "as_drawn":
        return str(Chem.MolToSmiles(mol))
    mol = rdMolStandardize.Uncharger(canonicalOrder=True).uncharge(mol)
    return str(Chem.MolToSmiles(mol if rule == "neutral" else _charged(mol, ph)))


def _charged(mol: Mol, ph: float) -> Mol:
    done: set[int] = set()
    changes: dict[int, int] = {}
    for group in ACIDS:
        for atoms in mol.GetSubstructMatches(_query(group.smarts)):
            center = atoms[1]
            if group.pka < ph and atoms[0] not in done and center not in done:
                # A second proton of the same center is held much more strongly.
                done |= {atoms[0], center}
                changes[atoms[0]] = -1
    distance = Chem.GetDistanceMatrix(mol)
    for atom, pka in _bases(mol):
        taken = [a for a, charge in changes.items() if charge > 0]
        if pka > ph and all(distance[atom][other] > _NEAR for other in taken):
            changes[atom] = 1
    return _changed(mol, changes)


def _bases(mol: Mol) -> list[tuple[int, float]]:
    """Return basic atoms and their pKa, the strongest first; the first group of an atom counts."""
    found: dict[int, float] = {}
    for group in BASES:
        for atoms in mol.GetSubstructMatches(_query(group.smarts)):
            found.setdefault(atoms[0], group.pka)
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=True))
    return sorted(found.items(), key=lambda item: (-item[1], ranks[item[0]]))


def _changed(mol: Mol, changes: dict[int, int]) -> Mol:
    edited = Chem.RWMol(mol)
    for index, charge in changes.items():
        atom = edited.GetAtomWithIdx(index)
        hydrogens = atom.GetTotalNumHs() + charge
        atom.SetFormalCharge(charge)
        atom.SetNoImplicit(True)  # noqa: FBT003 - RDKit's signature
        atom.SetNumExplicitHs(hydrogens)
    Chem.SanitizeMol(edited)
    return edited.GetMol()


@lru_cache(maxsize=64)
def _query(smarts: str) -> Mol:
    return Chem.MolFromSmarts(smarts)
