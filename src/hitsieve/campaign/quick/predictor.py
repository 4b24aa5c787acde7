"""The chosen surrogate of a round, and how it is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.campaign.quick.said import Said, stretched
from hitsieve.scoring.stacking import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds
    from hitsieve.campaign.quick.said import Fitted, Skill

BLEND: Final = "blend"
_CHANCE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Predictor:
    """The chosen surrogate, ready to score; values in the endpoint's own direction.

    Attributes
    ----------
    name
        Of the model.
    models, weights
        Fitted surrogates by kind, and how much each counts.
    skill
        On left-out compounds; scales the spreads.
    sign
        -1 where low values are wanted.
    seen
        uint8 (256,): fingerprint bits that any measured compound has.
    """

    name: str
    models: Mapping[str, Fitted]
    weights: Mapping[str, float]
    skill: Skill
    sign: float
    seen: NDArray[np.uint8]

    @property
    def needs(self) -> frozenset[Any]:
        """What it reads of compounds."""
        return frozenset(model.needs for model in self.models.values())

    def predict(self, compounds: Compounds) -> Said:
        """Predict compounds, spreads scaled to the errors on left-out compounds."""
        said = {kind: model.predict(compounds) for kind, model in self.models.items()}
        found = blended(said, self.weights) if len(said) > 1 else next(iter(said.values()))
        scaled = stretched(found, self.skill)
        return Said(self.sign * scaled.mean, scaled.std)


def best_of(skills: Mapping[str, Skill], labels: int) -> str:
    """Return the kind with the best rank skill; a blend that is as good as the best wins.

    On few compounds small differences are chance, about half of one over the root of their
    number, and a mean of several models errs less than the one that was lucky.

    Parameters
    ----------
    skills
        By kind.
    labels
        Compounds they were judged on.
    """
    best = max(skills, key=lambda kind: skills[kind].score)
    close = BLEND in skills and skills[BLEND].score >= skills[best].score - _CHANCE / labels**0.5
    return BLEND if close else best


def blended(said: Mapping[str, Said], weights: Mapping[str, float]) -> Said:
    """Return the weighted mean of what several surrogates say, and its spread."""
    kinds = [kind for kind in said if weights.get(kind, 0) > 0]
    means = np.stack([said[kind].mean for kind in kinds], axis=1)
    spreads = np.stack([said[kind].std for kind in kinds], axis=1)
    stack = Stack(np.array([weights[kind] for kind in kinds]), 0.0, "regression")
    return Said(stack.mean(means), stack.std(means, spreads))
