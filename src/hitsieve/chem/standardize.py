"""The standardizer: one text in, one row out, never an exception.

A record is read, checked, split into components, normalized, neutralized, and named by its
structure key. Most of a vendor's library needs none of it: a canonical SMILES made only of
plain atoms, bonds and nitro groups is a fixed point of all steps, which one pattern tells
(:data:`_PLAIN`). The fast path and the full one give the same rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rdkit import Chem

from hitsieve.chem import identity
from hitsieve.chem.elements import check_atoms, check_parent
from hitsieve.chem.fragments import choose_parent
from hitsieve.chem.labels import without_hydrogens, without_isotopes, without_maps
from hitsieve.chem.molblock import read_molblock
from hitsieve.chem.molecule import canonical_smiles, parse
from hitsieve.chem.normalize import disconnect_salts, refresh
from hitsieve.chem.outcome import Note, Refused, SoftLimit, leading_code, too_large
from hitsieve.chem.parse import read
from hitsieve.chem.policy import ChemPolicy
from hitsieve.chem.stereo import dropped_marks
from hitsieve.schema.codes import CODES, Code, Status, clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.chem.molecule import Mol
    from hitsieve.chem.parse import Reading

# No metal, isotope, map, radical, odd hydrogen, rare element or second component, and no
# charge but in nitro groups: nothing any step below would change or refuse but by size.
_PLAIN: Final = re.compile(
    r"(?:[CNOPSFIcnos]|Cl|Br|\[nH\]|\[C@@?H?\]|\[N\+\]\(=O\)\[O-\]|O=\[N\+\]\(\[O-\]\)"
    r"|[-=#/\\()0-9%])+"
)
_CARBON: Final = re.compile("c|C(?!l)")
_ROUNDS: Final = 5
_BYTE: Final = 255


@dataclass(frozen=True, slots=True)
class Standardized:
    """What became of a record.

    Parameters
    ----------
    status, code, message
        The outcome; the message tells all that was changed, or what to do.
    compound_id
        Structure key of the registered compound; None unless kept.
    smiles, inchikey
        The registered compound: salt-free, neutral, isotope labels kept.
    parent_smiles, parent_inchikey
        The same without isotope labels: what is featurized and scored.
    """

    status: Status
    code: Code
    message: str
    compound_id: str | None
    smiles: str | None
    inchikey: str | None
    parent_smiles: str | None
    parent_inchikey: str | None

    @property
    def kept(self) -> bool:
        """Whether the record goes on into the library."""
        return self.status in {Status.OK, Status.STANDARDIZED}


class Standardizer:
    """Turns texts and mol blocks into standardized compounds by one policy.

    Picklable, without state between records.

    Parameters
    ----------
    policy
        Limits and choices.
    fast_path
        Skip steps for records that need none; changes the time only.

    Examples
    --------
    >>> standardize = Standardizer()
    >>> standardize("CC(=O)[O-].[Na+]").smiles
    'CC(=O)O'
    >>> standardize("aspirin").code.value
    'not_smiles_name'
    """

    def __init__(self, policy: ChemPolicy | None = None, *, fast_path: bool = True) -> None:
        self.policy = policy if policy is not None else ChemPolicy()
        self.fast_path = fast_path

    @property
    def fingerprint(self) -> str:
        """Settings and version of the rules, as 16 hexadecimal digits."""
        return self.policy.fingerprint()

    def __call__(self, text: object) -> Standardized:
        """Standardize one cell of a SMILES column."""
        return self._guarded(lambda limit: self._from_text(text, limit))

    def molblock(self, block: str) -> Standardized:
        """Standardize one mol block, V2000 or V3000, with or without the data of an SDF record."""
        return self._guarded(lambda limit: self._from_block(block, limit))

    def _guarded(self, work: Callable[[SoftLimit], Standardized]) -> Standardized:
        try:
            return work(SoftLimit(self.policy.soft_seconds))
        except Refused as refusal:
            return _ended(refusal.code, refusal.message)
        except Exception as error:  # noqa: BLE001 - a record must never take its neighbors along
            return _ended(Code.INTERNAL, f"{type(error).__name__}: {error}; report the structure")

    def _from_text(self, text: object, limit: SoftLimit) -> Standardized:
        reading = read(text, self.policy)
        mol, notes = reading.mol, reading.notes
        limit.check("parsing")
        self._check_size(mol)
        canonical = canonical_smiles(mol)
        limit.check("writing SMILES")
        notes += dropped_marks(reading.structure, mol, canonical)
        if canonical.count("+") > reading.structure.count("+"):
            notes.append(Note(Code.NORMALIZED, "a group was redrawn with charges"))
        try:
            if not (self.fast_path and self._is_plain(reading, canonical)):
                return self._in_full(mol, notes, limit, hydrogens="[H]" in reading.structure)
            self._check_heavy_atoms(mol)
            bare = canonical == reading.structure and not reading.extended
            read_from = canonical if bare else ""
            return self._named(mol, canonical, notes, limit, plain=True, read_from=read_from)
        except Refused as refusal:
            raise refusal.after(notes) from None

    def _from_block(self, block: str, limit: SoftLimit) -> Standardized:
        mol, notes = read_molblock(block)
        limit.check("parsing")
        self._check_size(mol)
        return self._in_full(mol, notes, limit)

    def _in_full(
        self, mol: Mol, notes: list[Note], limit: SoftLimit, *, hydrogens: bool = False
    ) -> Standardized:
        check_atoms(mol)
        notes += without_maps(mol)
        mol = without_hydrogens(mol)
        pieces, disconnected = self._components(mol)
        if disconnected:
            notes.append(Note(Code.METAL_DISCONNECTED, "a metal salt drawn covalently was split"))
        limit.check("splitting")
        fragment, stripped = choose_parent(pieces, self.policy)
        notes += stripped
        if fragment.redrawn or hydrogens:
            what = "groups were redrawn" if fragment.redrawn else "explicit hydrogens were merged"
            notes.append(Note(Code.NORMALIZED, what))
        if fragment.neutralized:
            notes.append(Note(Code.NEUTRALIZED, "charges that protons balance were removed"))
        limit.check("normalizing")
        parent = fragment.mol
        refresh(parent)
        self._check_heavy_atoms(parent)
        notes += check_parent(parent)
        return self._named(parent, canonical_smiles(parent), notes, limit)

    def _named(
        self,
        mol: Mol,
        canonical: str,
        notes: list[Note],
        limit: SoftLimit,
        *,
        plain: bool = False,
        read_from: str = "",
    ) -> Standardized:
        # A molecule read from its canonical SMILES already is what a reader will get.
        smiles, settled = (canonical, mol) if read_from == canonical else _fixpoint(canonical)
        limit.check("settling its SMILES")
        key = _inchikey(settled, smiles)
        limit.check("making its InChI")
        parent_smiles, parent_key = smiles, key
        if not plain and any(atom.GetIsotope() for atom in mol.GetAtoms()):
            parent_smiles, parent = _fixpoint(canonical_smiles(without_isotopes(settled)))
            parent_key = _inchikey(parent, parent_smiles)
            notes.append(
                Note(Code.ISOTOPE_LABELED, f"isotope labels kept; {parent_smiles} is scored")
            )
        code = leading_code(notes)
        return Standardized(
            CODES[code].status,
            code,
            clip("; ".join(dict.fromkeys(note.message for note in notes))),
            identity.structure_key(settled, key),
            smiles,
            key,
            parent_smiles,
            parent_key,
        )

    def _is_plain(self, reading: Reading, canonical: str) -> bool:
        return (
            _PLAIN.fullmatch(canonical) is not None
            and _CARBON.search(canonical) is not None
            and "[H]" not in reading.structure
        )

    def _components(self, mol: Mol) -> tuple[list[Mol], bool]:
        split = disconnect_salts(mol)
        pieces = list(Chem.GetMolFrags(split, asMols=True, sanitizeFrags=True))
        if len(pieces) > self.policy.max_fragments:
            raise Refused(
                Code.TOO_MANY_FRAGMENTS,
                f"{len(pieces)} components, the limit is {self.policy.max_fragments}; "
                "give each its row",
            )
        return pieces, split is not mol

    def _check_size(self, mol: Mol) -> None:
        """Refuse before anything slow what is too large in any case."""
        if not mol.GetNumAtoms():
            raise Refused(Code.EMPTY, "the structure holds no atom; fill it in or drop the row")
        rings = mol.GetRingInfo().NumRings()
        if rings > self.policy.max_rings:
            raise Refused(
                Code.TOO_MANY_RINGS,
                f"{rings} rings, the limit is {self.policy.max_rings}; raise max_rings",
            )
        if mol.GetNumHeavyAtoms() <= self.policy.max_heavy_atoms:
            return
        pieces = Chem.GetMolFrags(mol)
        if len(pieces) > self.policy.max_fragments:
            raise Refused(
                Code.TOO_MANY_FRAGMENTS,
                f"{len(pieces)} components, the limit is {self.policy.max_fragments}; "
                "give each its row",
            )
        heavy = [a.GetAtomicNum() > 1 for a in mol.GetAtoms()]
        largest = max(sum(heavy[i] for i in piece) for piece in pieces)
        if largest > self.policy.max_heavy_atoms:
            raise too_large(largest, self.policy)

    def _check_heavy_atoms(self, mol: Mol) -> None:
        heavy = mol.GetNumHeavyAtoms()
        if heavy < self.policy.min_heavy_atoms:
            raise Refused(
                Code.TOO_SMALL,
                f"{heavy} heavy atom(s), at least {self.policy.min_heavy_atoms} are asked; "
                "lower min_heavy_atoms",
            )
        if heavy > self.policy.max_heavy_atoms or mol.GetNumAtoms() > _BYTE:
            raise too_large(heavy, self.policy)


def _ended(code: Code, message: str) -> Standardized:
    return Standardized(CODES[code].status, code, clip(message), None, None, None, None, None)


def _fixpoint(canonical: str) -> tuple[str, Mol]:
    """Read and write a canonical SMILES until it stays the same.

    What is stored is then what a reader of the file gets, and the key is made from just that.
    """
    for _ in range(_ROUNDS):
        mol = parse(canonical)
        if mol is None:
            break
        again = canonical_smiles(mol)
        if again == canonical:
            return canonical, mol
        canonical = again
    raise Refused(
        Code.UNSTABLE_SMILES,
        f"its canonical SMILES {canonical!r} cannot be read back to the same; redraw the compound",
    )


def _inchikey(mol: Mol, smiles: str) -> str:
    key = identity.inchikey(mol)
    if not key:
        raise Refused(Code.NO_INCHI, f"InChI cannot name {smiles!r}; redraw the compound")
    return key
