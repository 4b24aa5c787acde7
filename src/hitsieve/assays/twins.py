"""Keeping stereoisomers and tautomers of a compound on one side of a split, or out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hitsieve.assays.splits import PARTS, Split
from hitsieve.chem.identity import stereo_free_key
from hitsieve.chem.tautomers import tautomer_free_key
from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence


def twin_groups(
    compound_ids: Sequence[str], smiles: Sequence[str] | None = None
) -> npt.NDArray[np.int64]:
    """Give twins, as the leak audit knows them, a number in common.

    Parameters
    ----------
    compound_ids
        (n,) structure keys.
    smiles
        (n,) standardized SMILES, to join tautomers too.

    Returns
    -------
    (n,) group numbers. A compound that is a stereoisomer of one and a tautomer of another joins
    all three.
    """
    group = list(range(len(compound_ids)))

    def root(place: int) -> int:
        while group[place] != place:
            group[place] = group[group[place]]
            place = group[place]
        return place

    keys = [[stereo_free_key(text) for text in compound_ids]]
    if smiles is not None:
        keys.append([tautomer_free_key(text) for text in smiles])
    for key in keys:
        first: dict[str, int] = {}
        for place, text in enumerate(key):
            earlier, later = sorted((root(first.setdefault(text, place)), root(place)))
            group[later] = earlier
    return np.array([root(place) for place in range(len(group))], dtype=np.int64)


def keep_together(split: Split, groups: npt.NDArray[np.int64]) -> Split:
    """Move compounds so that no group stands in two parts.

    A torn group goes where its first member stands, so parts keep their shares on average.

    Parameters
    ----------
    split
        Of n compounds.
    groups
        (n,) group numbers, as :func:`twin_groups` gives them.

    Raises
    ------
    DatasetError
        If the groups are of another number of compounds.

    Examples
    --------
    >>> from hitsieve.assays.splits import column_split
    >>> split = column_split(["train", "test", "test"])
    >>> keep_together(split, np.array([7, 7, 8])).train.tolist()
    [0, 1]
    """
    rows, place = _places(split, groups)
    _, first, group = np.unique(groups[rows], return_index=True, return_inverse=True)
    return _split(rows, place[first][group], split)


def drop_twins(split: Split, groups: npt.NDArray[np.int64]) -> Split:
    """Leave compounds out so that no group stands in two parts.

    Of a torn group the members in its earliest part stay: what was trained on stays, and twins of
    it leave the validation and the test part. No compound changes its part, as a split by time or
    one that the data came with forbids.

    Parameters
    ----------
    split
        Of n compounds.
    groups
        (n,) group numbers, as :func:`twin_groups` gives them.

    Raises
    ------
    DatasetError
        If the groups are of another number of compounds.

    Examples
    --------
    >>> from hitsieve.assays.splits import column_split
    >>> split = column_split(["train", "test", "test"])
    >>> drop_twins(split, np.array([7, 7, 8])).labels()
    ['train', 'left_out', 'test']
    """
    rows, place = _places(split, groups)
    _, group = np.unique(groups[rows], return_inverse=True)
    earliest = np.full(len(rows), len(PARTS))
    np.minimum.at(earliest, group, place)
    return _split(rows, np.where(place == earliest[group], place, len(PARTS)), split)


def _places(
    split: Split, groups: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the compounds that are in a part, in order, and the number of the part of each."""
    if len(groups) != len(split):
        raise DatasetError(f"{len(groups)} groups for a split of {len(split)} compounds")
    place = np.full(len(split), len(PARTS))
    for number, name in enumerate(PARTS):
        place[split.parts[name]] = number
    rows = np.flatnonzero(place < len(PARTS))
    return rows, place[rows]


def _split(rows: npt.NDArray[np.int64], place: npt.NDArray[np.int64], former: Split) -> Split:
    train, valid, test, out = (rows[place == number] for number in range(len(PARTS) + 1))
    left_out = np.concatenate([former.left_out, out])
    return Split(train, valid, test, method=former.method, left_out=left_out)
