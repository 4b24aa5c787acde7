"""Where measured compounds lie in their pool: fingerprints in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.choose import ids_of
from hitsieve.campaign.picks import initial_picks
from hitsieve.campaign.spacing import fingerprints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.run import Campaign
    from hitsieve.campaign.state import Round

_POOL: Final = 3000
_MEASURED: Final = 3000


@dataclass(frozen=True, slots=True)
class Space:
    """A picture of chemical space.

    Attributes
    ----------
    pool
        float64 (n, 2): a random part of the pool.
    measured
        float64 (m, 2): measured compounds.
    rounds
        int64 (m,): round each was measured in.
    explained
        Share of the variance that the two axes hold.
    """

    pool: NDArray[np.float64]
    measured: NDArray[np.float64]
    rounds: NDArray[np.int64]
    explained: float


def chemical_space(campaign: Campaign, rounds: Sequence[Round]) -> Space:
    """Project fingerprints of the pool and of what was measured on two principal components.

    The axes are those of at most 3,000 random compounds of the pool, so measured compounds do
    not bend them. Of more than 3,000 measured ones, a random part is shown.
    """
    from sklearn.decomposition import PCA

    drawn = initial_picks(ids_of(campaign.library), _POOL, seed=campaign.config.seed)
    sample = [one.compound_id for one in drawn]
    when = {pick.compound_id: one.number for one in rounds for pick in one.picks}
    shown = initial_picks(when, _MEASURED, seed=campaign.config.seed)
    names = [one.compound_id for one in shown]
    bits = [
        np.unpackbits(fingerprints(campaign.library, ids), axis=1).astype(np.float32)
        for ids in (sample, names)
    ]
    axes = PCA(n_components=2, svd_solver="randomized", random_state=0).fit(bits[0])
    return Space(
        pool=axes.transform(bits[0]).astype(np.float64),
        measured=axes.transform(bits[1]).astype(np.float64),
        rounds=np.array([when[name] for name in names], dtype=np.int64),
        explained=float(axes.explained_variance_ratio_.sum()),
    )
