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
from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    near_duplicates: int | None
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LeakAudit:
    """Leaks of a whole split, for the model card."""

    threshold: float
    leaks: tuple[PartLeaks, ...]

    @property
    def clean(self) -> bool:
        """Whether no compound has a twin of the same skeleton in another part."""
        return not any(leak.same_key or leak.same_stereo_free_key for leak in self.leaks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "clean": self.clean}

    def require_clean(self) -> None:
        """Refuse a split that leaks.

        Raises
        ------
        DatasetError
            Names the parts and the counts.
        """
        if self.clean:
            return
        worst = max(self.leaks, key=lambda leak: leak.same_stereo_free_key)
        raise DatasetError(
            f"{worst.same_stereo_free_key} of {worst.compounds} {worst.part} compounds have a "
            f"stereoisomer, tautomer or copy in {worst.other}, such as {worst.examples[:1]}",
            cure="use a scaffold or cluster split, or allow leaks in the training settings",
        )


def audit_split(
    compound_ids: Sequence[str],
    split: Split,
    morgan: npt.NDArray[np.uint8] | None = None,
    *,
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
    leaks = [
        _compare(list(compound_ids), split, morgan, earlier, later, threshold)
        for earlier, later in combinations(PARTS, 2)
        if len(split.parts[earlier]) and len(split.parts[later])
    ]
    return LeakAudit(threshold, tuple(leaks))


def _compare(
    ids: list[str],
    split: Split,
    morgan: npt.NDArray[np.uint8] | None,
    earlier: str,
    later: str,
    threshold: float,
) -> PartLeaks:
    known, asked = split.parts[earlier], split.parts[later]
    keys: list[Callable[[str], str]] = [str, _inchikey, stereo_free_key]
    pairs: list[tuple[str, str]] = []
    counts: list[int] = []
    for key in keys:
        twin = {key(ids[i]): ids[i] for i in known}
        found = [(ids[i], twin[key(ids[i])]) for i in asked if key(ids[i]) in twin]
        counts.append(len(found))
        pairs += found
    near: int | None = None
    if morgan is not None:
        similarity, index = nearest_tanimoto(morgan[asked], morgan[known])
        close = np.flatnonzero(similarity >= np.float32(threshold))
        near = len(close)
        pairs += [(ids[asked[i]], ids[known[index[i]]]) for i in close]
    examples = tuple(dict.fromkeys(pairs))[:_EXAMPLES]
    same, tautomer, stereo = counts
    return PartLeaks(later, earlier, len(asked), same, tautomer, stereo, near, examples)


def _inchikey(compound_id: str) -> str:
    return compound_id[:_INCHIKEY_LENGTH]
