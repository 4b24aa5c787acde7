"""What is foretold of the products that nobody measured, in a space too large to foretell all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.reagents.choices import COUNTED, as_choice, draw, every, inside, without
from hitsieve.campaign.reagents.search import best_choices
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from hitsieve.campaign.reagents.choices import Choices
    from hitsieve.campaign.reagents.learned import Learned
    from hitsieve.campaign.reagents.space import Choice, SynthonSpace

    Floats = NDArray[np.float64]

_BEST: Final = 20_000
_SAMPLE: Final = 200_000
_COMPARED: Final = 1_000_000


def foretold_rest(
    space: SynthonSpace,
    learned: Learned,
    seen: Collection[Choice],
    pool: int,
    *,
    seed: int,
) -> tuple[Floats, Floats]:
    """Return predictions of products that nobody measured, and how many each stands for.

    Of a space of up to a million choices all are foretold. Of a larger one two parts are: those
    expected to be best, one by one, and a random part of all others, each of which stands for
    many. So the sum over the space is unbiased whatever was taken for the best.

    Parameters
    ----------
    space
        All products.
    learned
        What foretells them.
    seen
        Choices that were measured, or looked at and found to be no product or a measured one.
    pool
        Products of the space.
    seed
        Of the random part.

    Returns
    -------
    float64 (k,), float64 (k,)
        Predictions, higher is better, and counts.
    """
    if space.combinations <= COUNTED:
        rest = without(space, every(space), seen)
        return learned.foretold(rest), np.ones(len(rest))
    best = without(space, _best(space, learned), seen)
    rng = np.random.default_rng(child_seed(seed, "rest"))
    drawn = draw(space, _SAMPLE, rng)
    taken = {as_choice(row) for row in best}
    others = without(space, drawn[inside(space, drawn)], taken | set(seen))
    each = max(0, pool - len(best) - len(seen)) / max(1, len(others))
    counts = np.concatenate([np.ones(len(best)), np.full(len(others), each)])
    return learned.foretold(np.concatenate([best, others])), counts


def _best(space: SynthonSpace, learned: Learned) -> Choices:
    """Return the products that are expected to be best, the same number of each reaction."""
    width = 1 + max(len(plan.entries) for plan in space.plans)
    found = [np.empty((0, width), np.int64)]
    for block, tables in learned.expected().items():
        shortlist = int(_COMPARED ** (1 / len(tables.single)))
        places, _ = best_choices(tables, space.available[block], shortlist, _BEST)
        rows = np.insert(places, 0, block, axis=1)
        found.append(np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=-1))
    every_best = np.concatenate(found)
    kept: Choices = every_best[inside(space, every_best)]
    return kept
