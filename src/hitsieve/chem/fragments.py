"""Which component of a record is the compound: salts and solvents go by list, not by size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rdkit import Chem

from hitsieve.chem.elements import check_ions, is_metal
from hitsieve.chem.molecule import canonical_smiles, parse
from hitsieve.chem.normalize import refresh, settle
from hitsieve.chem.outcome import Note, Refused, show
from hitsieve.chem.salts import COUNTER_IONS, SOLVENTS, Role
from hitsieve.schema.codes import Code

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol
    from hitsieve.chem.policy import ChemPolicy


@dataclass(frozen=True, slots=True)
class Fragment:
    """One component of a record in its settled form."""

    mol: Mol
    smiles: str
    role: Role
    redrawn: bool = False
    neutralized: bool = False

    @property
    def size(self) -> int:
        """Number of heavy atoms."""
        size: int = self.mol.GetNumHeavyAtoms()
        return size


def choose_parent(pieces: list[Mol], policy: ChemPolicy) -> tuple[Fragment, list[Note]]:
    """Return the compound among the components of a record, and what was stripped.

    Raises
    ------
    Refused
        NO_CARBON without an organic component, MIXTURE with several.
    """
    fragments = [_classify(piece) for piece in pieces]
    top = max(f.role for f in fragments)
    if top == Role.INORGANIC:
        drawn = ".".join(sorted(f.smiles for f in fragments))
        raise Refused(
            Code.NO_CARBON, f"{show(drawn)} holds no carbon; only organic compounds are screened"
        )
    candidates = {f.smiles: f for f in fragments if f.role == top}
    parent = _principal(list(candidates.values()), policy)
    notes = []
    if sum(f.smiles == parent.smiles for f in fragments) > 1:
        notes.append(Note(Code.DUPLICATE_FRAGMENT, f"copies of {parent.smiles} were merged"))
    stripped = sorted({f.smiles for f in fragments if f.smiles != parent.smiles})
    if stripped:
        notes.append(Note(Code.SALT_STRIPPED, f"stripped {', '.join(stripped)}"))
    return parent, notes


def has_carbon(mol: Mol) -> bool:
    """Whether a molecule holds a carbon atom."""
    return any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())  # noqa: PLR2004 - carbon


def flat_smiles(mol: Mol) -> str:
    """Return canonical SMILES without stereo and isotopes, as listed salts are compared."""
    flat = Chem.RWMol(mol)
    for atom in flat.GetAtoms():
        atom.SetIsotope(0)
    Chem.RemoveStereochemistry(flat)
    text: str = Chem.MolToSmiles(Chem.RemoveHs(flat), isomericSmiles=False)
    return text


def _classify(piece: Mol) -> Fragment:
    if any(is_metal(atom.GetAtomicNum()) for atom in piece.GetAtoms()) or not has_carbon(piece):
        return Fragment(piece, canonical_smiles(piece), Role.INORGANIC)
    check_ions(piece)
    settled, redrawn, neutralized = settle(piece)
    role = _listed().get(flat_smiles(settled), Role.COMPOUND)
    return Fragment(settled, canonical_smiles(settled), role, redrawn, neutralized)


def _principal(candidates: list[Fragment], policy: ChemPolicy) -> Fragment:
    ordered = sorted(candidates, key=lambda f: (-f.size, f.smiles))
    largest, rest = ordered[0], ordered[1:]
    rivals = [f for f in rest if f.size > policy.mixture_ratio * largest.size]
    if largest.role != Role.COMPOUND:
        # Among listed salts and solvents size says nothing about which one is meant.
        rivals = rest
    if rivals:
        names = ", ".join(f.smiles for f in [largest, *rivals])
        raise Refused(Code.MIXTURE, f"several organic components ({names}); give each its row")
    return largest


@lru_cache(maxsize=1)
def _listed() -> dict[str, Role]:
    roles: dict[str, Role] = {}
    for role, text in ((Role.SOLVENT, SOLVENTS), (Role.COUNTER_ION, COUNTER_IONS)):
        for smiles in text.split():
            mol = parse(smiles)
            if mol is None:
                raise ValueError(f"salt list: {smiles!r} cannot be read")
            settled, _, _ = settle(mol)
            refresh(settled)
            roles[flat_smiles(settled)] = role
    return roles
