"""Which atoms and ions a record may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rdkit import Chem

from hitsieve.chem.outcome import Note, Refused
from hitsieve.schema.codes import Code

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol

_TABLE: Final = Chem.GetPeriodicTable()

ORGANIC: Final = frozenset({1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 33, 34, 35, 52, 53})
"""H B C N O F Si P S Cl As Se Br Te I: elements a parent may hold."""

_COMMON: Final = frozenset({1, 6, 7, 8, 9, 15, 16, 17, 35, 53})
_NOT_METAL: Final = ORGANIC | {2, 10, 18, 36, 54, 85, 86, 117, 118}

COUNTER_METALS: Final = {3: 1, 11: 1, 19: 1, 37: 1, 55: 1, 12: 2, 20: 2, 38: 2, 56: 2, 30: 2, 13: 3}
"""Metals of simple counter-ions (Li Na K Rb Cs Mg Ca Sr Ba Zn Al) and their charge."""

_HALOGENS: Final = frozenset({9, 17, 35, 53})
_BONDS: Final = frozenset(
    {
        Chem.BondType.SINGLE,
        Chem.BondType.DOUBLE,
        Chem.BondType.TRIPLE,
        Chem.BondType.AROMATIC,
    }
)
# Charges seen on atoms of real compounds; halogens reach +3 in perhalates as RDKit draws them.
_CHARGES: Final = {
    1: (-1, 1), 5: (-1, 0), 6: (-1, 1), 7: (-1, 1), 8: (-2, 1), 9: (-1, 0), 14: (-2, 0),
    15: (-1, 1), 16: (-2, 2), 17: (-1, 3), 33: (-1, 1), 34: (-2, 2), 35: (-1, 3), 52: (-2, 2),
    53: (-1, 3),
}  # fmt: skip

_NITROXIDE: Final = Chem.MolFromSmarts("[#6][NX3]([#6])[OX1;+0;v1]")
# A carbanion beside a carbonyl, nitrile, sulfonyl or the like is a drawn acid, a carbocation
# beside N, O or S an iminium or the like; others are fragments of organometallics or errors.
_ION: Final = Chem.MolFromSmarts(
    "[$([#6-;!$([#6-]#*);!$([#6-]~[+]);!$([#6-]~[#6,#7,#15,#16,#34]=,#[#7,#8,#16])]),"
    "$([#6+;!$([#6+]~[-]);!$([#6+]-[#7,#8,#16])])]"
)


def is_metal(number: int) -> bool:
    """Whether an element is a metal; metalloids of organic chemistry are not."""
    return number > 0 and number not in _NOT_METAL


def element_name(number: int) -> str:
    """Return the English name of an element.

    Examples
    --------
    >>> element_name(5)
    'boron'
    """
    name: str = _TABLE.GetElementName(number)
    return name.lower()


def check_atoms(mol: Mol) -> None:
    """Refuse dummies, queries, impossible charges and nuclides, bonds no model knows, metals.

    Raises
    ------
    Refused
        Names the first atom or bond at fault.
    """
    for atom in mol.GetAtoms():
        number, symbol = atom.GetAtomicNum(), atom.GetSymbol()
        if number == 0 or atom.HasQuery():
            raise Refused(
                Code.GENERIC_STRUCTURE,
                f"atom {atom.GetIdx() + 1} ({symbol}) is an R-group, dummy or query atom; "
                "give a complete compound",
            )
        isotope = atom.GetIsotope()
        if isotope and not _TABLE.GetMassForIsotope(number, isotope):
            raise Refused(
                Code.IMPOSSIBLE_NUCLIDE,
                f"no nuclide {isotope}{symbol} is known; correct the isotope label",
            )
        _check_charge(number, atom.GetFormalCharge(), symbol)
        if is_metal(number):
            _check_metal(atom)
        elif number not in ORGANIC:
            raise Refused(
                Code.UNSUPPORTED_ELEMENT, f"{symbol} is no element of organic compounds; drop it"
            )
    for bond in mol.GetBonds():
        if bond.GetBondType() not in _BONDS:
            raise Refused(
                Code.UNSUPPORTED_BOND,
                f"bond {bond.GetBeginAtomIdx() + 1}-{bond.GetEndAtomIdx() + 1} is "
                f"{bond.GetBondType().name.lower()}, which no model knows; redraw the compound",
            )


def check_ions(mol: Mol) -> None:
    """Refuse carbanions and carbocations that nothing stabilizes.

    Raises
    ------
    Refused
        With code UNSTABLE_ION.
    """
    match = mol.GetSubstructMatch(_ION)
    if match:
        atom = mol.GetAtomWithIdx(match[0])
        name = "carbanion" if atom.GetFormalCharge() < 0 else "carbocation"
        raise Refused(
            Code.UNSTABLE_ION,
            f"atom {match[0] + 1} is a {name}, which is no compound to screen; redraw it",
        )


def check_parent(mol: Mol) -> list[Note]:
    """Refuse radicals and unstable ions in the parent; note what models rarely see.

    Raises
    ------
    Refused
        For radicals other than nitroxides, carbenes, carbanions and carbocations.
    """
    notes = []
    radicals = {a.GetIdx() for a in mol.GetAtoms() if a.GetNumRadicalElectrons()}
    if radicals:
        nitroxides = {match[3] for match in mol.GetSubstructMatches(_NITROXIDE)}
        wrong = sorted(radicals - nitroxides)
        if wrong:
            symbol = mol.GetAtomWithIdx(wrong[0]).GetSymbol()
            raise Refused(
                Code.RADICAL,
                f"{symbol} lacks a bond or hydrogen (radical or carbene); correct the drawing",
            )
        notes.append(Note(Code.UNUSUAL, "a nitroxide radical: outside most models"))
    check_ions(mol)
    rare = sorted({a.GetSymbol() for a in mol.GetAtoms() if a.GetAtomicNum() not in _COMMON})
    if rare:
        notes.append(Note(Code.UNUSUAL, f"holds {', '.join(rare)}: outside most models"))
    charge = Chem.GetFormalCharge(mol)
    if charge:
        notes.append(Note(Code.UNUSUAL, f"keeps a permanent charge of {charge:+d}"))
    return notes


def _check_charge(number: int, charge: int, symbol: str) -> None:
    if not charge:
        return
    low, high = _CHARGES.get(number, (-1, 8))
    if not low <= charge <= high:
        raise Refused(
            Code.IMPOSSIBLE_CHARGE, f"{symbol} with charge {charge:+d}; correct the charge"
        )


def _check_metal(atom: Chem.Atom) -> None:
    usual = COUNTER_METALS.get(atom.GetAtomicNum())
    if usual is not None:
        if atom.GetDegree() == 0 and not atom.GetTotalNumHs():
            if atom.GetFormalCharge() in {0, usual}:
                return
        elif _is_covalent_salt(atom, usual):
            return
    raise Refused(
        Code.METAL,
        f"{atom.GetSymbol()} is no simple counter-ion here; metal compounds are not screened",
    )


def _is_covalent_salt(atom: Chem.Atom, usual: int) -> bool:
    """Whether a metal is drawn bonded where it is an ion: to O, S, N or halogen only."""
    partners = {7, 8, 16} | _HALOGENS
    return (
        atom.GetFormalCharge() == 0
        and atom.GetDegree() == usual
        and not atom.GetTotalNumHs()
        and all(
            n.GetAtomicNum() in partners and not n.GetFormalCharge() for n in atom.GetNeighbors()
        )
        and all(b.GetBondType() == Chem.BondType.SINGLE for b in atom.GetBonds())
    )
