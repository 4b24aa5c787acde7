"""Who a compound is: the structure key, its stereo-free part, and its place in a library."""

from __future__ import annotations

import hashlib
from array import array
from itertools import chain
from typing import TYPE_CHECKING, Final

from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol

KEY_RADIUS: Final = 3
KEY_DIGITS: Final = 8
_INCHIKEY_LENGTH: Final = 27
_SKELETON_LENGTH: Final = 14

_generator = rdFingerprintGenerator.GetMorganGenerator(radius=KEY_RADIUS, includeChirality=True)


def inchikey(mol: Mol) -> str:
    """Return the standard InChIKey, or an empty string if InChI cannot be made."""
    key: str = Chem.MolToInchiKey(mol)
    return key


def graph_hash(mol: Mol) -> str:
    """Return 8 hexadecimal digits for the molecular graph as drawn.

    They are the start of the SHA-256 of the sorted Morgan counts (radius 3, with chirality),
    so they depend on hydrogens and bond orders, and not on the order of atoms: they tell
    tautomers apart, which share a standard InChIKey.
    """
    counts = _generator.GetSparseCountFingerprint(mol).GetNonzeroElements()
    # Typed arrays keep the bytes free of any RDKit version's own serialization.
    flat = array("Q", chain.from_iterable(sorted(counts.items())))
    return hashlib.sha256(flat.tobytes()).hexdigest()[:KEY_DIGITS]


def structure_key(mol: Mol, inchikey: str) -> str:
    """Return the compound's identity: its InChIKey, a hyphen, and :func:`graph_hash`."""
    return f"{inchikey}-{graph_hash(mol)}"


def bucket(compound_id: str, n: int) -> int:
    """Return the shard, from 0 to ``n - 1``, that a compound belongs to.

    A pure function of the identity, so that duplicates always meet.

    Raises
    ------
    ValueError
        If ``n`` is not positive.

    Examples
    --------
    >>> bucket("LFQSCWFLJHTTHZ-UHFFFAOYSA-N-6f2d5a11", 1)
    0
    """
    if n < 1:
        raise ValueError(f"a library has at least one shard, not {n}")
    return int.from_bytes(hashlib.sha256(compound_id.encode()).digest()[:8], "big") % n


def stereo_free_key(compound_id: str) -> str:
    """Return the part of an identity that stereoisomers and isotopologs share.

    The first block of the InChIKey hashes skeleton and formula; protonation is in the last.

    Examples
    --------
    >>> stereo_free_key("LFQSCWFLJHTTHZ-UHFFFAOYSA-N-6f2d5a11")
    'LFQSCWFLJHTTHZ'

    Raises
    ------
    ValueError
        If the text does not start with an InChIKey.
    """
    if len(compound_id) < _INCHIKEY_LENGTH or compound_id[_SKELETON_LENGTH] != "-":
        raise ValueError(f"{compound_id!r} is no structure key; it must start with an InChIKey")
    return compound_id[:_SKELETON_LENGTH]
