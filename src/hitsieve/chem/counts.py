"""Count fingerprints: how often each local environment or pair of atoms occurs in a molecule.

Counts are not folded: every feature keeps its own number, so no two features collide, and a
kernel over them is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator, rdReducedGraphs

from hitsieve.chem.molecule import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from hitsieve.chem.molecule import Mol

CountKind = Literal[
    "morgan3", "atom_pairs", "feature_morgan3", "feature_pairs", "paths6", "reduced_graph"
]
COUNTS_VERSION: Final = 5
"""Raised with every change that can change a count."""

REDUCED_GRAPH_FEATURES: Final = 315
"""Features of a reduced graph: 21 pairs of six functions, fifteen distances each."""

TREE_COLUMNS: Final = 2048
"""Columns that counts are folded to for trees; a bundle made with another number is refused."""

_FUZZ: Final = 0.25
_FUNCTIONS: Final = rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
_GENERATORS: Final[dict[str, Any]] = {
    "morgan3": rdFingerprintGenerator.GetMorganGenerator(radius=3),
    "atom_pairs": rdFingerprintGenerator.GetAtomPairGenerator(includeChirality=True),
    "feature_morgan3": rdFingerprintGenerator.GetMorganGenerator(
        radius=3, atomInvariantsGenerator=_FUNCTIONS
    ),
    "feature_pairs": rdFingerprintGenerator.GetAtomPairGenerator(
        atomInvariantsGenerator=_FUNCTIONS
    ),
    # Two bits a path, RDKit's default, would say the same twice.
    "paths6": rdFingerprintGenerator.GetRDKitFPGenerator(maxPath=6, numBitsPerFeature=1),
}
_MOST: Final = np.iinfo(np.uint16).max


@dataclass(frozen=True, slots=True)
class CountFingerprints:
    """Counts of n molecules, laid end to end.

    Attributes
    ----------
    offsets
        int64 (n + 1,): the features of molecule i stand at ``offsets[i]:offsets[i + 1]``.
    features
        uint32 (sum,): numbers of the features, ascending within a molecule.
    counts
        uint16 (sum,): how often each occurs, at least 1.
    """

    offsets: NDArray[np.int64]
    features: NDArray[np.uint32]
    counts: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def take(self, rows: NDArray[np.integer[Any]]) -> CountFingerprints:
        """Return the molecules at ``rows`` (k,), in that order."""
        start = self.offsets[:-1][rows]
        sizes = self.offsets[1:][rows] - start
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        places = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], sizes)
        return CountFingerprints(offsets, self.features[places], self.counts[places])

    def totals(self) -> NDArray[np.int64]:
        """Return the sum of the counts of each molecule, int64 (n,)."""
        sums = np.concatenate([[0], np.cumsum(self.counts, dtype=np.int64)])
        totals: NDArray[np.int64] = sums[self.offsets[1:]] - sums[self.offsets[:-1]]
        return totals

    def rows(self) -> NDArray[np.int64]:
        """Return the molecule each entry belongs to, int64 (sum,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def folded(self, width: int) -> NDArray[np.float32]:
        """Return the counts in ``width`` columns, float32 (n, width); colliding counts add up."""
        table = np.zeros((len(self), width), np.float32)
        np.add.at(table, (self.rows(), self.features % width), self.counts)
        return table


def count_fingerprints(smiles: Sequence[str], kind: CountKind) -> CountFingerprints:
    """Count the features of molecules.

    ``morgan3`` counts circular environments of up to three bonds (Rogers and Hahn,
    10.1021/ci100050t), ``atom_pairs`` pairs of atoms, whose configuration counts, with their
    distance in bonds (Carhart and others, 10.1021/ci00046a002). ``feature_morgan3`` and
    ``feature_pairs`` count the same, but tell atoms apart only by what they do: donor, acceptor,
    aromatic, halogen, acid, base (Gobbi and Poppinger,
    10.1002/(SICI)1097-0290(199824)61:1<47::AID-BIT9>3.0.CO;2-Z). ``paths6`` counts connected
    substructures of one to six bonds, branched ones too (RDKit's own fingerprint).
    ``reduced_graph`` counts, in quarters, pairs of functions and ring systems with their distance,
    and a quarter of each for the distances next to it (extended reduced graphs: Stiefl and others,
    10.1021/ci050457y).

    Raises
    ------
    ValueError
        If a SMILES cannot be read; the message holds it.
    """
    return counts_of((_readable(text) for text in smiles), kind)


def counts_of(mols: Iterable[Mol], kind: CountKind) -> CountFingerprints:
    """Count the features of parsed molecules; see :func:`count_fingerprints`."""
    sizes, features, counts = [0], [], []
    for mol in mols:
        found = sorted(_features(mol, kind).items())
        sizes.append(len(found))
        features += [feature for feature, _ in found]
        counts += [count for _, count in found]
    return CountFingerprints(
        np.cumsum(sizes, dtype=np.int64),
        np.array(features, dtype=np.uint32),
        np.minimum(np.array(counts, dtype=np.int64), _MOST).astype(np.uint16),
    )


def _features(mol: Mol, kind: CountKind) -> dict[int, int]:
    """Return how often each feature occurs."""
    if kind == "reduced_graph":
        # A reduced graph takes over what was computed of the molecule, such as distances that pairs
        # of atoms left on it. These are of another graph, and counts then differ from call to call.
        bare = Chem.Mol(mol)
        bare.ClearComputedProps(includeRings=False)
        shares = rdReducedGraphs.GetErGFingerprint(bare, fuzzIncrement=_FUZZ)
        return {int(f): round(shares[f] / _FUZZ) for f in np.flatnonzero(shares)}
    found: dict[int, int] = _GENERATORS[kind].GetSparseCountFingerprint(mol).GetNonzeroElements()
    return found


def _readable(smiles: str) -> Mol:
    mol = parse(smiles)
    if mol is None:
        raise ValueError(f"SMILES cannot be read: {smiles!r}; standardize it first")
    return mol
