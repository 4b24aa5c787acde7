"""What leaks from one part of a split to another, counted before a model is trained.

Parts are disjoint by identity, but a twin in another guise still makes a test too easy: a
tautomer, a stereoisomer, or a compound that differs by one methyl group.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from hitsieve.assays.splits import PARTS, Split
from hitsieve.chem.fingerprints import nearest_tanimoto
from hitsieve.chem.identity import stereo_free_key
from hitsieve.chem.tautomers import tautomer_free_key
from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence

NEAR: Final = 0.9
_INCHIKEY_LENGTH: Final = 27
_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class PartLeaks:
    """Compounds of one part that have a twin in another.

    Parameters
    ----------
    part, other
        Compounds of ``part`` are counted; their twins are in ``other``.
    compounds
        Compounds in ``part``.
    same_key
        With the same structure key: the very compound.
    same_inchikey
        With the same standard InChIKey: the compound or one of its tautomers.
    same_stereo_free_key
        With the same skeleton and formula: stereoisomers and isotopologs included.
    same_tautomer_free_key
        With the same skeleton up to moving hydrogens: tautomers that the InChIKey tells apart
        included; None without structures.
    near_duplicates
        With a Tanimoto similarity of at least the audit's threshold; None without fingerprints.
    examples
        Up to five pairs of (compound, twin), the closest kind first.
    """

    part: str
    other: str
    compounds: int
    same_key: int
    same_inchikey: int
    same_stereo_free_key: int
    same_tautomer_free_key: int | None
    near_duplicates: int | None
    examples: tuple[tuple[str, str], ...]

    @property
    def twins(self) -> int:
        """The largest of the exact counts: compounds that are one with another part's."""
        stereo = max(self.same_key, self.same_inchikey, self.same_stereo_free_key)
        return max(stereo, self.same_tautomer_free_key or 0)


@dataclass(frozen=True, slots=True)
class LeakAudit:
    """Leaks of a whole split, for the model card.

    Parameters
    ----------
    threshold
        Tanimoto similarity from which two compounds are near duplicates.
    leaks
        One count for each pair of parts.
    torn
        Compounds that stood in several parts of the split a data set comes with, and were given
        to the first of train, valid and test. The split as used does not hold them twice; the
        published one does.
    """

    threshold: float
    leaks: tuple[PartLeaks, ...]
    torn: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether no compound has a twin of the same skeleton in another part.

        It is said of the parts as they are used. Near duplicates are counted and do not count
        here: analogs are what projects make.
        """
        return not any(leak.twins for leak in self.leaks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "clean": self.clean}

    def require_clean(self, cure: str = "let the split keep twins together") -> None:
        """Refuse a split that leaks.

        Parameters
        ----------
        cure
            What keeps twins of this kind of split apart.

        Raises
        ------
        DatasetError
            Names the parts and the counts.
        """
        if self.torn:
            raise DatasetError(
                f"{len(self.torn)} compounds stand in several parts of the given split, such as "
                f"{self.torn[0]}; each was given to the first of train, valid and test",
                cure="choose another kind of split, correct the split column, or allow leaks "
                "(--leaks report)",
            )
        if self.clean:
            return
        worst = max(self.leaks, key=lambda leak: leak.twins)
        raise DatasetError(
            f"{worst.twins} of {worst.compounds} {worst.part} compounds have a "
            f"stereoisomer, tautomer or copy in {worst.other}, such as {worst.examples[:1]}",
            cure=f"{cure}, or allow leaks (--leaks report)",
        )


def audit_split(
    compound_ids: Sequence[str],
    split: Split,
    morgan: npt.NDArray[np.uint8] | None = None,
    *,
    smiles: Sequence[str] | None = None,
    torn: Sequence[str] = (),
    threshold: float = NEAR,
) -> LeakAudit:
    """Count twins across the parts of a split.

    Parameters
    ----------
    compound_ids
        (n,) structure keys.
    split
        Of these n compounds.
    morgan
        (n, 256) packed Morgan fingerprints, to look for near duplicates too.
    smiles
        (n,) standardized SMILES, to look for tautomers too.
    torn
        Structure keys that stood in several parts of the given split, as the curation report
        lists them.
    threshold
        Tanimoto similarity from which two compounds are near duplicates.

    Returns
    -------
    LeakAudit
        One count for each pair of parts that are not empty: valid against train, test against
        train, test against valid.

    Raises
    ------
    DatasetError
        If the split is of another number of compounds.
    """
    if len(compound_ids) != len(split) or (morgan is not None and len(morgan) != len(split)):
        raise DatasetError(f"{len(compound_ids)} compounds, but a split of {len(split)}")
    keys: dict[str, list[str]] = {
        "same_key": list(compound_ids),
        "same_inchikey": [_inchikey(text) for text in compound_ids],
        "same_stereo_free_key": [stereo_free_key(text) for text in compound_ids],
    }
    if smiles is not None:
        keys["same_tautomer_free_key"] = [tautomer_free_key(text) for text in smiles]
    leaks = [
        _compare(keys, split, morgan, earlier, later, threshold)
        for earlier, later in combinations(PARTS, 2)
        if len(split.parts[earlier]) and len(split.parts[later])
    ]
    return LeakAudit(threshold, tuple(leaks), tuple(torn))


def _compare(
    keys: dict[str, list[str]],
    split: Split,
    morgan: npt.NDArray[np.uint8] | None,
    earlier: str,
    later: str,
    threshold: float,
) -> PartLeaks:
    ids = keys["same_key"]
    known, asked = split.parts[earlier], split.parts[later]
    pairs: list[tuple[str, str]] = []
    counts: dict[str, int] = {}
    for kind, key in keys.items():
        twin = {key[i]: ids[i] for i in known}
        found = [(ids[i], twin[key[i]]) for i in asked if key[i] in twin]
        counts[kind] = len(found)
        pairs += found
    near: int | None = None
    if morgan is not None:
        similarity, index = nearest_tanimoto(morgan[asked], morgan[known])
        close = np.flatnonzero(similarity >= np.float32(threshold))
        near = len(close)
        pairs += [(ids[asked[i]], ids[known[index[i]]]) for i in close]
    return PartLeaks(
        part=later,
        other=earlier,
        compounds=len(asked),
        same_key=counts["same_key"],
        same_inchikey=counts["same_inchikey"],
        same_stereo_free_key=counts["same_stereo_free_key"],
        same_tautomer_free_key=counts.get("same_tautomer_free_key"),
        near_duplicates=near,
        examples=tuple(dict.fromkeys(pairs))[:_EXAMPLES],
    )


def _inchikey(compound_id: str) -> str:
    return compound_id[:_INCHIKEY_LENGTH]
