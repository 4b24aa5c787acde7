"""Cutting compounds into train, valid and test parts that cannot overlap.

A :class:`Split` refuses, when it is made, indices that overlap, repeat, or forget a compound.
All functions are deterministic in their seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from hitsieve.chem.scaffolds import largest_scaffold
from hitsieve.errors import DatasetError, UsageError
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

Indices: TypeAlias = npt.NDArray[np.int64]
FRACTIONS: Final = (0.8, 0.1, 0.1)
PARTS: Final = ("train", "valid", "test")
LEFT_OUT: Final = "left_out"


@dataclass(frozen=True, slots=True)
class Split:
    """Three disjoint parts that, with what is left out, hold every compound once.

    Parameters
    ----------
    train, valid, test
        Indices into the compounds, each increasing; valid and test may be empty.
    method
        How it was made, for the record.
    left_out
        Indices of compounds that are in no part: neither learned from nor judged on.

    Raises
    ------
    DatasetError
        If a compound is in two parts or in none, or the train part is empty.
    """

    train: Indices
    valid: Indices
    test: Indices
    method: str = "given"
    left_out: Indices = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        for name in (*PARTS, LEFT_OUT):
            part = np.sort(np.asarray(getattr(self, name), dtype=np.int64))
            part.setflags(write=False)
            object.__setattr__(self, name, part)
        joined = np.sort(np.concatenate([self.train, self.valid, self.test, self.left_out]))
        if not np.array_equal(joined, np.arange(len(joined))):
            raise DatasetError(
                f"{self.method} split: {_explain(joined)}",
                cure="every compound belongs to exactly one of train, valid and test",
            )
        if not len(self.train):
            raise DatasetError(
                f"{self.method} split: the train part is empty", cure="give it a larger share"
            )

    def __len__(self) -> int:
        return len(self.train) + len(self.valid) + len(self.test) + len(self.left_out)

    @property
    def parts(self) -> dict[str, Indices]:
        """Indices by name of part."""
        return {"train": self.train, "valid": self.valid, "test": self.test}

    def labels(self) -> list[str]:
        """Return (n,) the part of each compound; ``left_out`` where it is in none."""
        names = np.full(len(self), LEFT_OUT, dtype=object)
        for name, part in self.parts.items():
            names[part] = name
        return list(names)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        parts = {**self.parts, LEFT_OUT: self.left_out}
        return {"method": self.method, **{name: part.tolist() for name, part in parts.items()}}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Split:
        """Return the split that :meth:`to_dict` wrote."""
        train, valid, test = (np.array(values[name], dtype=np.int64) for name in PARTS)
        left_out = np.array(values.get(LEFT_OUT, []), dtype=np.int64)
        return cls(train, valid, test, method=values["method"], left_out=left_out)


def random_split(n: int, fractions: Sequence[float] = FRACTIONS, *, seed: int) -> Split:
    """Split compounds at random.

    Parameters
    ----------
    n
        Compounds.
    fractions
        Shares of train, valid and test; they add up to 1.
    seed
        Of the shuffle.

    Raises
    ------
    UsageError
        If the shares are impossible.
    DatasetError
        If there are too few compounds to train on.

    Examples
    --------
    >>> [len(part) for part in random_split(10, seed=1).parts.values()]
    [8, 1, 1]
    """
    shares = check_fractions(fractions)
    order = np.random.default_rng(child_seed(seed, "random_split")).permutation(n)
    ends = np.rint(np.cumsum(shares)[:2] * n).astype(np.int64)
    train, valid, test = np.split(order, ends)
    return Split(train, valid, test, method="random")


def scaffold_split(smiles: Sequence[str], fractions: Sequence[float] = FRACTIONS) -> Split:
    """Split by Bemis-Murcko scaffold through DeepChem's ScaffoldSplitter.

    Compounds of one scaffold stay together; large scaffold families go to train, rare ones to
    valid and test, so the test part asks for chemistry the model has not seen. There is nothing
    random in it.

    Parameters
    ----------
    smiles
        (n,) standardized SMILES.
    fractions
        Shares of train, valid and test.

    Raises
    ------
    DatasetError
        If a SMILES cannot be read, or one scaffold holds more compounds than the training part is
        to have: all of them would go to the other parts, and little be left to learn from.
    """
    from hitsieve.assays.deepchem_splits import deepchem_split

    name, count = largest_scaffold(smiles)
    most = float(check_fractions(fractions)[0]) * len(smiles)
    if count > most:
        raise DatasetError(
            f"scaffold split: {count} of {len(smiles)} compounds have the scaffold "
            f"{name or '(no ring)'}, more than the {most:.0f} of the training part",
            cure="divide within the series: a cluster split (--split cluster), or a random one",
        )
    return replace(deepchem_split("scaffold", smiles, fractions), method="scaffold")


def column_split(
    parts: Sequence[str], *, valid_fraction: float = 0.0, seed: int = 0
) -> Split:  # fmt: skip
    """Take the split a data set comes with.

    Parameters
    ----------
    parts
        (n,) train, valid or test.
    valid_fraction
        Share of the train part to hold out at random as valid part, if none is given.
    seed
        Of that choice.

    Raises
    ------
    DatasetError
        If a compound has no part.

    Examples
    --------
    >>> column_split(["train", "test", "train"]).test.tolist()
    [1]
    """
    names = np.array(list(parts), dtype=object)
    wrong = ~np.isin(names.astype(str), PARTS)
    if wrong.any():
        raise DatasetError(
            f"{int(wrong.sum())} compounds have no part, first at row {int(np.argmax(wrong))}: "
            f"{str(names[np.argmax(wrong)])!r}",
            cure="the data set has no complete split: use a random or scaffold split",
        )
    train, valid, test = (np.flatnonzero(names == part) for part in PARTS)
    if not len(valid) and valid_fraction > 0:
        if not valid_fraction < 1:
            raise UsageError(f"valid_fraction = {valid_fraction} is not below 1", cure="use 0.1")
        rng = np.random.default_rng(child_seed(seed, "column_split"))
        shuffled = rng.permutation(train)
        held = round(len(train) * valid_fraction)
        valid, train = shuffled[:held], shuffled[held:]
    return Split(train, valid, test, method="column")


def group_split(
    groups: npt.NDArray[np.int64], fractions: Sequence[float] = FRACTIONS, *, seed: int
) -> Split:
    """Split so that compounds of one group stay together.

    Groups larger than half the test share go to train first; the rest are dealt in random order,
    each to the part that lacks most of its share.

    Parameters
    ----------
    groups
        (n,) group number of each compound.
    fractions
        Shares of train, valid and test.
    seed
        Of the order.
    """
    shares = check_fractions(fractions)
    names, of_compound = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.bincount(of_compound)
    rng = np.random.default_rng(child_seed(seed, "group_split"))
    order = rng.permutation(len(names))
    large = sizes[order] > 0.5 * min(s for s in shares if s > 0) * len(of_compound)
    wanted = shares * len(of_compound)
    filled = np.zeros(3)
    part_of = np.empty(len(names), dtype=np.int64)
    for group in np.concatenate([order[large], order[~large]]):
        part = 0 if sizes[group] > wanted[1:].max() else int(np.argmax(wanted - filled))
        part_of[group] = part
        filled[part] += sizes[group]
    place = part_of[of_compound]
    train, valid, test = (np.flatnonzero(place == part) for part in range(3))
    return Split(train, valid, test, method="group")


def cluster_split(
    morgan: npt.NDArray[np.uint8],
    fractions: Sequence[float] = FRACTIONS,
    *,
    similarity: float = 0.6,
    seed: int,
) -> Split:
    """Split by clusters of similar compounds: those of one cluster stay together.

    Parameters
    ----------
    morgan
        (n, 256) packed Morgan fingerprints.
    fractions
        Shares of train, valid and test.
    similarity
        Tanimoto similarity to the center from which a compound joins a cluster.
    seed
        Of the order in which clusters are dealt.
    """
    from hitsieve.chem.clusters import similarity_clusters

    clusters = similarity_clusters(morgan, similarity=similarity)
    split = group_split(clusters, fractions, seed=seed)
    return Split(split.train, split.valid, split.test, method="cluster")


def time_split(order: npt.NDArray[np.int64], fractions: Sequence[float] = FRACTIONS) -> Split:
    """Split by time: the oldest compounds train, the newest test.

    Parameters
    ----------
    order
        (n,) time of each compound, as any increasing number; equal times keep their order.
    fractions
        Shares of train, valid and test.
    """
    shares = check_fractions(fractions)
    ranked = np.argsort(np.asarray(order), kind="stable")
    ends = np.rint(np.cumsum(shares)[:2] * len(ranked)).astype(np.int64)
    train, valid, test = np.split(ranked, ends)
    return Split(train, valid, test, method="time")


def check_fractions(fractions: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return shares of train, valid and test as an array.

    Raises
    ------
    UsageError
        If they are not three, one is negative, or they do not add up to 1.
    """
    shares = np.asarray(fractions, dtype=np.float64)
    if shares.shape != (3,) or (shares < 0).any() or not np.isclose(shares.sum(), 1.0):
        raise UsageError(
            f"fractions = {tuple(fractions)}: three shares that add up to 1 are needed",
            cure="use 0.8, 0.1, 0.1",
        )
    return shares


def _explain(joined: Indices) -> str:
    index, count = np.unique(joined, return_counts=True)
    if (count > 1).any():
        return f"{int((count > 1).sum())} compounds stand twice, such as {index[count > 1][0]}"
    lost = np.setdiff1d(np.arange(int(joined.max(initial=0)) + 1), joined)
    if len(lost):
        return f"{len(lost)} compounds are in no part, such as {lost[0]}"
    return f"index {joined[0]} is negative"
