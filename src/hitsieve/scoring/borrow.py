"""What a target borrows: measurements of other targets that its own models learn from too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.provenance import child_seed
from hitsieve.scoring.prepared import BLOCK
from hitsieve.scoring.related import FEWEST_SHARED, SAMPLE, Related, positive, relation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.compared import Compared
    from hitsieve.scoring.gaussian_process import GaussianProcess

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Kernel = Callable[[Floats, NDArray[np.int32]], Floats]

MOST_OTHERS: Final = 6
"""Most other targets that one borrows from: those with most related measurements."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one target: its process, and the measurements it was conditioned on.

    Attributes
    ----------
    process
        Of the target alone; its rows are places in the kernel reference.
    z
        float64 (n,): values, standardized by the process's scale.
    """

    process: GaussianProcess
    z: Floats

    @property
    def rows(self) -> NDArray[np.int32]:
        """Return the places of the measured compounds: int32 (n,), ascending."""
        return self.process.rows


@dataclass(frozen=True, slots=True)
class Pooled:
    """Measurements that a target learns from, its own n first.

    Attributes
    ----------
    rows
        int32 (k,): places of the compounds in the kernel reference.
    z
        float64 (k,): values, standardized for each target.
    related
        Which targets they are of.
    """

    rows: NDArray[np.int32]
    z: Floats
    related: Related

    def left_out(self, fold: Rows, n: int, groups: NDArray[np.int64] | None) -> Rows:
        """Return the places that go where own places of a fold are left out, those first.

        Other measurements of the same compounds go too, or of the same families if there are
        any: what is predicted later was measured on no target.
        """
        key = self.rows if groups is None else groups[self.rows]
        beside = n + np.flatnonzero(np.isin(key[n:], key[fold]))
        return np.concatenate([fold, beside])


def relations(targets: Sequence[Measured | None], compared: Compared, seed: int) -> Floats:
    """Return the correlations of T targets, pair by pair: float64 (T, T).

    Pairs with fewer than :data:`~hitsieve.scoring.related.FEWEST_SHARED` compounds in common are
    taken as unrelated, and so is a target that is None.

    Parameters
    ----------
    targets
        What is known of each; None for one that takes no part.
    compared
        Kernels of the reference.
    seed
        Of the samples.
    """
    found = np.eye(len(targets))
    for first, second in combinations(range(len(targets)), 2):
        one, other = targets[first], targets[second]
        if one is None or other is None:
            continue
        shared = np.intersect1d(one.rows, other.rows)
        if len(shared) < FEWEST_SHARED:
            continue
        rng = np.random.default_rng(child_seed(seed, "relation", str(first), str(second)))
        value = _relation(one, other, shared, partial(compared.weighted, column=first), rng)
        found[first, second] = found[second, first] = value
    return found


def _relation(
    one: Measured,
    other: Measured,
    shared: NDArray[np.int32],
    kernel: Kernel,
    rng: np.random.Generator,
) -> float:
    samples = [_sample(measured, shared, rng) for measured in (one, other)]
    rows = np.concatenate([m.rows[s] for m, s in zip((one, other), samples, strict=True)])
    z = np.concatenate([m.z[s] for m, s in zip((one, other), samples, strict=True)])
    of_second = np.repeat([False, True], [len(s) for s in samples])
    weights = (one.process.weights + other.process.weights) / 2
    noise = np.where(of_second, other.process.noise, one.process.noise)
    return relation_of(kernel(weights, rows), z, of_second, noise)


def _sample(measured: Measured, shared: NDArray[np.int32], rng: np.random.Generator) -> Rows:
    """Choose measurements, half of them of shared compounds as far as there are so many."""
    order = rng.permutation(len(measured.z))
    common = np.isin(measured.rows[order], shared)
    first, half = order[common], SAMPLE // 2
    return np.sort(np.concatenate([first[:half], order[~common], first[half:]])[:SAMPLE])


def pool(
    column: int,
    targets: Sequence[Measured | None],
    relation: Floats,
    compared: Compared,
    most: int,
) -> Pooled | None:
    """Gather what a target learns from; None where no other target is related to it.

    Parameters
    ----------
    column
        The target.
    targets, relation
        What is known of all, and their correlations.
    compared
        Kernels of the reference.
    most
        Measurements of other targets at most: those of compounds most like the own ones, their
        likeness times the correlation.
    """
    own = targets[column]
    if own is None:
        return None
    others = _related_to(column, targets, relation)
    if not others:
        return None
    columns = [column, *(number for number, _ in others)]
    sound = positive(relation[np.ix_(columns, columns)])
    rows = np.concatenate([measured.rows for _, measured in others])
    z = np.concatenate([measured.z for _, measured in others])
    owners = np.repeat(np.arange(1, len(columns)), [len(m.z) for _, m in others])
    if len(rows) > most:
        like = _likeness(own, rows, compared, column) * np.abs(sound[0, owners])
        kept = np.sort(np.argsort(-like, kind="stable")[:most])
        rows, z, owners = rows[kept], z[kept], owners[kept]
    noises = np.array([own.process.noise, *(m.process.noise for _, m in others)])
    everyone = np.concatenate([np.zeros(len(own.z), int), owners]).astype(np.int16)
    related = Related(everyone, sound, noises)
    return Pooled(np.concatenate([own.rows, rows]), np.concatenate([own.z, z]), related)


def _related_to(
    column: int, targets: Sequence[Measured | None], relation: Floats
) -> list[tuple[int, Measured]]:
    """Return the other targets that say most, by squared correlation times measurements."""
    found = [
        (number, measured)
        for number, measured in enumerate(targets)
        if measured is not None and number != column and relation[column, number] != 0
    ]
    found.sort(key=lambda one: -(relation[column, one[0]] ** 2) * len(one[1].z))
    return found[:MOST_OTHERS]


def _likeness(own: Measured, rows: NDArray[np.int32], compared: Compared, column: int) -> Floats:
    """Return the kernel of each compound with the own compound most like it: float64 (k,)."""
    found = np.empty(len(rows))
    for start in range(0, len(rows), BLOCK):
        some = rows[start : start + BLOCK]
        near = compared.between(own.process.weights, some, own.rows, column)
        found[start : start + BLOCK] = near.max(axis=1)
    return found
