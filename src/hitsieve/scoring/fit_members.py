"""Fitting the fingerprint members of a blend, with what each says of left-out compounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.provenance import child_seed
from hitsieve.scoring.blend import KERNEL_KINDS
from hitsieve.scoring.fit_kernels import fit_kernel_members
from hitsieve.scoring.fit_trees import fit_trees
from hitsieve.scoring.member_data import FittedMember, MemberData
from hitsieve.training.folds import deal, deal_measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.blend import BlendConfig

__all__ = ["FittedMember", "MemberData", "fit_members", "shared_folds"]


def fit_members(data: MemberData, config: BlendConfig, seed: int) -> dict[str, FittedMember]:
    """Fit all fingerprint members of a blend.

    Equal seeds give equal members on the same machine. Each target learns from its own measured
    compounds; kernel members from at most ``config.max_compounds`` in all.

    Parameters
    ----------
    data
        The training part.
    config
        Which members, and their settings.
    seed
        Of the folds, the samples and the trees.

    Returns
    -------
    dict
        By kind, in the order of the configuration.
    """
    kinds = config.members
    shared = shared_folds(data, config, seed)
    folds = [_folds(data, column, shared, seed) for column in range(len(data.targets))]
    found: dict[str, FittedMember] = {}
    if set(KERNEL_KINDS) & set(kinds):
        found |= fit_kernel_members(data, folds, config, seed)
    if "extra_trees" in kinds:
        found["extra_trees"] = fit_trees(data, folds, config, seed)
    return {kind: found[kind] for kind in kinds}


def shared_folds(data: MemberData, config: BlendConfig, seed: int) -> list[NDArray[np.int64]]:
    """Deal all compounds into the folds that each member of a blend leaves out in turn.

    Arguments as for :func:`fit_members`.
    """
    rng = np.random.default_rng(child_seed(seed, "blend folds", *data.targets))
    return deal(data.y, data.tasks, config.folds, rng, data.groups)


def _folds(
    data: MemberData, column: int, shared: list[NDArray[np.int64]], seed: int
) -> list[NDArray[np.int64]]:
    """Return what the folds leave out of a target, places among its measured compounds."""
    rng = np.random.default_rng(child_seed(seed, "folds of one", data.targets[column]))
    return deal_measured(data.y[:, column], data.tasks[column], shared, rng, data.groups)
