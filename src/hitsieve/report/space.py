"""Where picked compounds lie in their pool: fingerprints in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.picks import initial_picks
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.report.source import random_fingerprints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.state import Round
    from hitsieve.report.source import AnyCampaign

_POOL: Final = 1500
_MEASURED: Final = 3000


@dataclass(frozen=True, slots=True)
class Space:
    """A picture of chemical space.

    Attributes
    ----------
    pool
        float64 (n, 2): a random part of the pool.
    measured
        float64 (m, 2): compounds measured in earlier rounds.
    picked
        float64 (k, 2): the picks of the last round, measured or not.
    last
        Which round that is, and how far it is, in words.
    explained
        Share of the variance that the two axes hold.
    """

    pool: NDArray[np.float64]
    measured: NDArray[np.float64]
    picked: NDArray[np.float64]
    last: str
    explained: float


def chemical_space(campaign: AnyCampaign, rounds: Sequence[Round]) -> Space:
    """Project fingerprints of the pool and of all picks on two principal components.

    The axes are those of at most 1,500 random compounds of the pool, so picks do not bend them.
    Of more than 3,000 measured compounds, a random part is shown. The picks that stand out are
    those of the open round, or of the last one where none is open.
    """
    from sklearn.decomposition import PCA

    opened = campaign.folder.choice(len(rounds))
    if opened is None:
        before, picked = rounds[:-1], _smiles(rounds[-1:])
        last = f"measured in round {rounds[-1].number}"
    else:
        before, picked = rounds, [smiles for _, smiles in campaign.compounds(opened)]
        last = f"picked in round {len(rounds)}, not all measured"
    shown = initial_picks(_smiles(before), _MEASURED, seed=campaign.config.seed)
    pool = _bits(random_fingerprints(campaign, _POOL))
    axes = PCA(n_components=2, svd_solver="randomized", random_state=0).fit(pool)

    def placed(smiles: Sequence[str]) -> NDArray[np.float64]:
        if not smiles:
            return np.empty((0, 2))
        found: NDArray[np.float64] = axes.transform(_bits(morgan_from_smiles(smiles)))
        return found.astype(np.float64)

    return Space(
        pool=axes.transform(pool).astype(np.float64),
        measured=placed([one.compound_id for one in shown]),
        picked=placed(picked),
        last=last,
        explained=float(axes.explained_variance_ratio_.sum()),
    )


def _smiles(rounds: Sequence[Round]) -> list[str]:
    return [
        smiles
        for one in rounds
        for smiles in one.labels["smiles"].slice(0, len(one.picks)).to_pylist()
    ]


def _bits(morgan: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.unpackbits(morgan, axis=1).astype(np.float32)
