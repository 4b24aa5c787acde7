"""What is looked for in the measurements before a model learns from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.assays.audit import audit_split
from hitsieve.assays.suspects import LISTED_SHARE, audit_labels

if TYPE_CHECKING:
    from hitsieve.assays.audit import LeakAudit
    from hitsieve.assays.splits import Split
    from hitsieve.assays.suspects import Suspect
    from hitsieve.modeling.labels import Labels

CONTRADICTED: Final = 3.0
"""Standard deviations from which a label is counted as contradicted by its neighbors."""


@dataclass(frozen=True, slots=True)
class Audits:
    """What the audits found.

    Parameters
    ----------
    leaks
        Compounds of one part with a twin in another.
    suspects
        The labels that their neighbors contradict most: 5 % of each target.
    contradicted
        Labels more than three standard deviations from what their neighbors say, listed or not.
    """

    leaks: LeakAudit
    suspects: tuple[Suspect, ...]
    contradicted: int

    def leak_counts(self) -> dict[str, int]:
        """Return how many held-out compounds have a twin in another part, by kind of twin.

        The first entry counts what was moved before, so that no part as used holds it twice.
        """
        leaks = self.leaks.leaks
        return {
            IN_TWO_GIVEN_PARTS: len(self.leaks.torn),
            "same_structure": sum(leak.same_key for leak in leaks),
            "same_inchikey": sum(leak.same_inchikey for leak in leaks),
            "same_skeleton_other_stereo": sum(leak.same_stereo_free_key for leak in leaks),
            "same_substance_other_tautomer": sum(
                leak.same_tautomer_free_key or 0 for leak in leaks
            ),
            f"similarity_at_least_{self.leaks.threshold}": sum(
                leak.near_duplicates or 0 for leak in leaks
            ),
        }


IN_TWO_GIVEN_PARTS: Final = "stood_in_two_given_parts"
"""Compounds that a published split has in two parts; each was given to the first of them."""
TWINS: Final = (
    "same_structure",
    "same_inchikey",
    "same_skeleton_other_stereo",
    "same_substance_other_tautomer",
)
"""The counts that must be zero for a leak audit to be clean; analogs may be similar."""


def audit(labels: Labels, split: Split, morgan: np.ndarray) -> Audits:
    """Look for twins across the parts, and for labels that contradict their neighbors.

    Parameters
    ----------
    labels
        n compounds by T targets; bounds are not judged as labels.
    split
        Their parts; only where they are those the data came with can these leak.
    morgan
        uint8 (n, 256): packed fingerprints.
    """
    matrix = labels.matrix
    torn = labels.torn if split.method == "column" else ()
    exact = np.where(matrix.relation == 0, matrix.y, np.nan)
    judged = audit_labels(matrix.compound_ids, morgan, exact, matrix.targets, share=1.0)
    suspects: list[Suspect] = []
    for _, of_target in groupby(judged, key=lambda item: item.target):
        worst_first = list(of_target)
        suspects += worst_first[: math.ceil(LISTED_SHARE * len(worst_first))]
    return Audits(
        audit_split(matrix.compound_ids, split, morgan, smiles=matrix.smiles, torn=torn),
        tuple(suspects),
        sum(item.contradiction > CONTRADICTED for item in judged),
    )
