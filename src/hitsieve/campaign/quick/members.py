"""Surrogates that are members of a blend too: kernel models and trees on counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from hitsieve.campaign.quick.bits import fewest
from hitsieve.campaign.quick.said import Fit, Said
from hitsieve.errors import DatasetError
from hitsieve.provenance import child_seed
from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.extra_trees import ExtraTreesScorer
from hitsieve.scoring.fit_members import MemberData, fit_members
from hitsieve.scoring.inputs import DescriptorScale
from hitsieve.scoring.kernel import KernelReference
from hitsieve.scoring.kernel_models import GaussianProcessScorer, SupportVectorScorer
from hitsieve.scoring.prepared import BLOCK, Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds, Need
    from hitsieve.campaign.quick.config import QuickConfig
    from hitsieve.scoring.prepared import FingerprintMember

    Floats = NDArray[np.float64]

MEMBERS: Final = ("gaussian_process", "support_vectors", "extra_trees")
_TARGETS: Final = ("surrogate",)
_SCALE: Final = ("used", "mean", "std")


@dataclass(frozen=True, slots=True)
class Member:
    """A fingerprint member of a blend as a surrogate.

    Attributes
    ----------
    scorer
        With one target.
    """

    scorer: FingerprintMember
    needs: ClassVar[Need] = "counts"

    def predict(self, compounds: Compounds) -> Said:
        """Return values and spreads, block by block."""
        mean, std = np.empty(len(compounds)), np.empty(len(compounds))
        if compounds.inputs is None:
            raise DatasetError("compounds without count fingerprints", cure="read them as needed")
        for start in range(0, len(compounds), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(compounds)))
            found = self.scorer.score_prepared(Prepared(compounds.inputs.take(rows)))
            mean[rows], std[rows] = found.mean[:, 0], found.std[:, 0]
        return Said(mean, std)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the scorer's arrays with its reference or scale."""
        scorer = self.scorer
        if isinstance(scorer, ExtraTreesScorer):
            beside = {name: getattr(scorer.scale, name) for name in _SCALE}
            return {**scorer.to_arrays(), **{f"scale.{k}": v for k, v in beside.items()}}
        if isinstance(scorer, GaussianProcessScorer | SupportVectorScorer):
            kept = {f"reference.{k}": v for k, v in scorer.reference.to_arrays().items()}
            return {**scorer.to_arrays(), **kept}
        raise TypeError(f"no arrays of a {type(scorer).__name__}")

    @classmethod
    def from_arrays(cls, kind: str, arrays: Mapping[str, NDArray[Any]]) -> Member:
        """Rebuild a surrogate of a kind from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If they do not fit each other.
        """
        own = dict(arrays)
        if kind == "extra_trees":
            scale = DescriptorScale(*(own.pop(f"scale.{name}") for name in _SCALE))
            return cls(ExtraTreesScorer.from_arrays(own, scale, _TARGETS))
        prefix = "reference."
        kept = {k.removeprefix(prefix): own.pop(k) for k in list(own) if k.startswith(prefix)}
        reference = KernelReference.from_arrays(kept)
        if kind == "gaussian_process":
            return cls(GaussianProcessScorer.from_arrays(own, reference, _TARGETS))
        return cls(SupportVectorScorer.from_arrays(own, reference, _TARGETS))


def fit_blend_members(
    compounds: Compounds, y: Floats, kinds: Sequence[str], config: QuickConfig, seed: int
) -> dict[str, Fit]:
    """Fit members of a blend; kernels are shared between them.

    Parameters
    ----------
    compounds, y
        n compounds with counts, and their values, float64 (n,), not all the same; the wanted
        end is high.
    kinds
        Which of :data:`MEMBERS`.
    config
        Folds, trees, and how many compounds a kernel holds.
    seed
        Of everything random.

    Returns
    -------
    dict
        By kind. Compounds beyond those a kernel holds count as left out.
    """
    if compounds.inputs is None:
        raise DatasetError("compounds without count fingerprints", cure="read them as needed")
    rng = np.random.default_rng(child_seed(seed, "members"))
    kept = fewest(y, config.most_compounds, rng)
    left = np.setdiff1d(np.arange(len(y)), kept)
    blend = BlendConfig(
        members=tuple(kind for kind in MEMBERS if kind in kinds),
        folds=config.folds,
        trees=config.extra_trees,
        max_compounds=config.most_compounds,
    )
    data = MemberData(compounds.inputs.take(kept), y[kept][:, None], _TARGETS, ("regression",))
    found = {}
    for kind, fitted in fit_members(data, blend, seed).items():
        if kind not in kinds:
            continue
        model = Member(fitted.scorer)
        said = Said(np.empty(len(y)), np.empty(len(y)))
        said.mean[kept] = fitted.left_out.mean[:, 0]
        said.std[kept] = fitted.left_out.std[:, 0]
        if len(left):
            rest = model.predict(compounds.take(left))
            said.mean[left], said.std[left] = rest.mean, rest.std
        found[kind] = Fit(model, said)
    return found
