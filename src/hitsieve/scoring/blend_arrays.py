"""A blend as plain arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.errors import ChecksumError
from hitsieve.scoring.blend import KERNEL_KINDS, BlendScorer
from hitsieve.scoring.extra_trees import ExtraTreesScorer
from hitsieve.scoring.inputs import DescriptorScale
from hitsieve.scoring.kernel import KernelReference
from hitsieve.scoring.kernel_models import GaussianProcessScorer, SupportVectorScorer
from hitsieve.scoring.stacking import Stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.registry.config import TargetConfig
    from hitsieve.scoring.gnn import GnnScorer
    from hitsieve.scoring.prepared import FingerprintMember

    Arrays = dict[str, NDArray[Any]]

_SCALE: Final = ("used", "mean", "std")


def blend_arrays(scorer: BlendScorer) -> Arrays:
    """Return all arrays of a blend but the networks' weights, ready for safetensors.

    Names begin with ``stack.``, ``reference.`` (the compounds that kernel members share), or the
    member's kind.
    """
    arrays: Arrays = {
        "stack.weights": np.stack([stack.weights for stack in scorer.stacks]),
        "stack.intercepts": np.array([stack.intercept for stack in scorer.stacks]),
        "stack.typical": np.array([stack.typical for stack in scorer.stacks]),
    }
    for kind, member in scorer.members.items():
        if isinstance(member, GaussianProcessScorer | SupportVectorScorer):
            arrays |= _named("reference", member.reference.to_arrays())
            arrays |= _named(kind, member.to_arrays())
        elif isinstance(member, ExtraTreesScorer):
            arrays |= _named(kind, member.to_arrays())
            arrays |= {f"{kind}.scale.{name}": getattr(member.scale, name) for name in _SCALE}
    # safetensors writes the memory as it lies: a transposed view would come back wrong
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def blend_from_arrays(
    arrays: Arrays, kinds: Sequence[str], ensemble: GnnScorer, targets: Sequence[TargetConfig]
) -> BlendScorer:
    """Rebuild a blend from the arrays of :func:`blend_arrays`.

    Parameters
    ----------
    arrays
        As stored.
    kinds
        Kinds of the members, in the order of the weights.
    ensemble
        The networks.
    targets
        Names and tasks.

    Raises
    ------
    ChecksumError
        If an array is missing, or they do not fit each other.
    """
    names = [target.name for target in targets]
    members: dict[str, GnnScorer | FingerprintMember] = {}
    reference = (
        KernelReference.from_arrays(_part(arrays, "reference"))
        if set(KERNEL_KINDS) & set(kinds)
        else None
    )
    for kind in kinds:
        part = _part(arrays, kind)
        if kind == "network":
            members[kind] = ensemble
        elif kind == "extra_trees":
            members[kind] = ExtraTreesScorer.from_arrays(part, _scale(part), names)
        elif reference is not None:
            build = GaussianProcessScorer if kind == "gaussian_process" else SupportVectorScorer
            members[kind] = build.from_arrays(part, reference, names)
    return BlendScorer(members, _stacks(arrays, len(members), targets))


def _named(prefix: str, arrays: Arrays) -> Arrays:
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def _part(arrays: Arrays, prefix: str) -> Arrays:
    start = f"{prefix}."
    return {
        name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
    }


def _scale(part: Arrays) -> DescriptorScale:
    missing = [name for name in _SCALE if f"scale.{name}" not in part]
    if missing:
        raise ChecksumError(f"extra trees: arrays {missing} of the scale are missing")
    return DescriptorScale(*(part[f"scale.{name}"] for name in _SCALE))


def _stacks(arrays: Arrays, members: int, targets: Sequence[TargetConfig]) -> list[Stack]:
    names = ("weights", "intercepts", "typical")
    weights, intercepts, typical = (arrays.get(f"stack.{name}") for name in names)
    shape = (len(targets), members)
    if weights is None or intercepts is None or typical is None or weights.shape != shape:
        raise ChecksumError(
            f"a blend of {members} members for {len(targets)} targets has no weights"
        )
    return [
        Stack(weights[column], float(intercepts[column]), target.task, float(typical[column]))
        for column, target in enumerate(targets)
    ]
