"""One drawing for each functional group, and no charge that a proton can balance."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize

from hitsieve.chem.elements import COUNTER_METALS
from hitsieve.chem.molecule import canonical_smiles, captured_log
from hitsieve.chem.outcome import Refused
from hitsieve.schema.codes import Code

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol

# Drawings that RDKit's own sanitization leaves alone. Every pattern asks for a formal charge:
# the fast path relies on it that an uncharged molecule matches none.
TRANSFORMS: Final = (
    ("charge-separated oxide", "[S,Se,Te,P,As;+1:1]-[O-,S-,Se-;X1:2]>>[*+0:1]=[*+0:2]"),
    ("doubly charge-separated oxide", "[S,Se,Te;+2:1]-[O-,S-;X1:2]>>[*+1:1]=[*+0:2]"),
    ("charge-separated imide", "[S,P;+1:1]-[N-;X1,X2:2]>>[*+0:1]=[*+0:2]"),
    ("charge-separated ylide", "[S,P,As;+1:1]-[C-;X3:2]>>[*+0:1]=[*+0:2]"),
    ("odd azide", "[N-;X2:1]-[N+;X2:2]#[N+0;X1:3]>>[*+0:1]=[*+1:2]=[*-1:3]"),
    ("odd diazo group", "[C-;X3:1]-[N+;X2:2]#[N+0;X1:3]>>[*+0:1]=[*+1:2]=[*-1:3]"),
    ("amidinium as carbocation", "[N;X3;+0:1]-[C;+1;X3:2]>>[*+1:1]=[*+0:2]"),
    ("carbonyl as ion pair", "[C;+1;X3:1]-[O-;X1:2]>>[*+0:1]=[*+0:2]"),
)
_PASSES: Final = 4

# Anions whose charge stands for a bond and not for a lost proton, as in hexafluorophosphate.
_CROWDED_ANION: Final = Chem.MolFromSmarts("[Si-,P-,As-,S-,Se-,Te-,Si-2;X5,X6]")


@lru_cache(maxsize=1)
def _normalizer() -> rdMolStandardize.Normalizer:
    lines = "\n".join(f"{name}\t{smirks}" for name, smirks in TRANSFORMS)
    return rdMolStandardize.NormalizerFromData(lines, rdMolStandardize.CleanupParameters())


@lru_cache(maxsize=1)
def _uncharger() -> rdMolStandardize.Uncharger:
    return rdMolStandardize.Uncharger(canonicalOrder=True)


def normalize(mol: Mol) -> Mol:
    """Redraw the groups in :data:`TRANSFORMS` the standard way; the argument is untouched."""
    with captured_log():
        result: Mol = _normalizer().normalize(mol)
    return result


def neutralize(mol: Mol) -> Mol:
    """Add and remove protons until no charge is left that they can balance.

    Permanent cations keep as many anions beside them as balance them: betaines, nitro
    groups and N-oxides stay as they are.
    """
    if mol.HasSubstructMatch(_CROWDED_ANION):
        return Chem.Mol(mol)
    with captured_log():
        result: Mol = _uncharger().uncharge(mol)
    return result


def settle(mol: Mol) -> tuple[Mol, bool, bool]:
    """Normalize and neutralize one fragment until neither changes it.

    Returns
    -------
    The fragment, whether groups were redrawn, and whether charges were removed.

    Raises
    ------
    Refused
        If it does not settle in four passes, or becomes unreadable.
    """
    redrawn = neutralized = False
    original = before = canonical_smiles(mol)
    for _ in range(_PASSES):
        drawn = normalize(mol)
        text = canonical_smiles(drawn)
        redrawn = redrawn or text != before
        mol = neutralize(drawn)
        _sanitize(mol)
        after = canonical_smiles(mol)
        neutralized = neutralized or after != text
        if after == before:
            # What one step did and another undid is no change.
            changed = after != original
            return mol, redrawn and changed, neutralized and changed
        before = after
    raise Refused(Code.UNSTABLE_SMILES, f"{before!r} has no settled form; redraw the compound")


def disconnect_salts(mol: Mol) -> Mol:
    """Split covalently drawn bonds of simple counter-metals into ions.

    The molecule must have passed :func:`hitsieve.chem.elements.check_atoms`, so each such
    bond goes to oxygen, sulfur, nitrogen or a halogen.
    """
    bonded = [
        a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() in COUNTER_METALS and a.GetDegree()
    ]
    if not bonded:
        return mol
    split = Chem.RWMol(mol)
    for index in bonded:
        metal = split.GetAtomWithIdx(index)
        for neighbor in list(metal.GetNeighbors()):
            split.RemoveBond(index, neighbor.GetIdx())
            neighbor.SetFormalCharge(-1)
        metal.SetFormalCharge(COUNTER_METALS[metal.GetAtomicNum()])
    result = split.GetMol()
    _sanitize(result)
    return result


def refresh(mol: Mol) -> None:
    """Perceive rings, aromaticity and stereo anew after atoms or labels changed."""
    _sanitize(mol)
    with captured_log():
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)


def _sanitize(mol: Mol) -> None:
    with captured_log():
        try:
            Chem.SanitizeMol(mol)
        except (ValueError, RuntimeError) as error:
            raise Refused(
                Code.UNSTABLE_SMILES,
                f"its standard form cannot exist ({str(error).strip()}); redraw the compound",
            ) from None
