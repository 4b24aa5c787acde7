"""Random products of a space in a fixed order: any first part of it is a random sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.picks import CONTROL
from hitsieve.campaign.reagents.choices import as_choice, draw, inside
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hitsieve.campaign.reagents.space import Choice, Made, SynthonSpace

    Audited = tuple[Choice, Made]

_BLOCK: Final = 256
_FRUITLESS: Final = 20_000


class Audit:
    """Draws the products that a campaign is audited with.

    Each choice of reagents whose product can be made is as likely as any other; a product that was
    drawn before, by whatever choice, is passed over. So the first n are a random sample without
    replacement, however long the list grows.

    Parameters
    ----------
    space
        Where products come from.
    excluded
        Structure keys and names of products that are left out.
    seed
        Of the campaign.
    """

    def __init__(self, space: SynthonSpace, excluded: Collection[str], *, seed: int) -> None:
        self._space, self._excluded = space, excluded
        self._drawn = self._draw(seed)
        self._known: list[Audited] = []

    def first(self, n: int) -> list[Audited]:
        """Return the first n products; fewer from a space that has no more."""
        while len(self._known) < n:
            one = next(self._drawn, None)
            if one is None:
                break
            self._known.append(one)
        return self._known[:n]

    def _draw(self, seed: int) -> Iterator[Audited]:
        rng = np.random.default_rng(child_seed(seed, CONTROL))
        names: set[str] = set()
        looked_at: set[Choice] = set()
        passed = 0
        while passed < _FRUITLESS:
            block = draw(self._space, _BLOCK, rng)
            for row, kept in zip(block, inside(self._space, block), strict=True):
                passed += 1
                choice = as_choice(row)
                made = self._space.make(choice) if kept and choice not in looked_at else None
                looked_at.add(choice)
                if made is None or made.compound_id in names:
                    continue
                names.add(made.compound_id)
                if made.compound_id not in self._excluded and made.name not in self._excluded:
                    passed = 0
                    yield choice, made
