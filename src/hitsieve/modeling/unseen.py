"""Compounds to calibrate on, as models see them that have not learned from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.calibration.applicability import SHARES
from hitsieve.calibration.embedding import EmbeddingDomain
from hitsieve.chem.fingerprints import nearest_tanimoto
from hitsieve.scoring.blend import BlendScorer
from hitsieve.scoring.embed import embed
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.protocol import Prediction
from hitsieve.training.ensemble import rebuild

if TYPE_CHECKING:
    from hitsieve.assays.splits import Split
    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.modeling.blend import FittedModel
    from hitsieve.networks.config import NetworkConfig

FEWEST: Final = 50
"""Compounds of families left out whole from which others do not calibrate."""


@dataclass(frozen=True, slots=True)
class Views:
    """How the domain looks at n compounds.

    Parameters
    ----------
    morgan
        uint8 (n, 256): packed fingerprints.
    graphs
        Their packed graphs.
    vectors
        float32 (n, p): in the network's own space; None for models without a network.
    """

    morgan: np.ndarray
    graphs: PackedGraphs
    vectors: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> Views:
        """Return the chosen compounds."""
        vectors = None if self.vectors is None else self.vectors[rows]
        return Views(self.morgan[rows], self.graphs.take(rows), vectors)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Compounds that a model, or each part of it that speaks of them, has not learned from.

    Parameters
    ----------
    rows
        int64 (k,): which of the n compounds.
    prediction
        (k, T) raw values of them; NaN where nobody can tell.
    similarity
        float32 (k,): to the nearest compound that was learned from.
    distance
        float64 (k,): from those that were learned from, in the network's own space; None for
        models without a network.
    how
        In words, for the card.
    """

    rows: np.ndarray
    prediction: Prediction
    similarity: np.ndarray
    distance: np.ndarray | None
    how: str


def unseen_part(
    fitted: FittedModel, network: NetworkConfig, split: Split, prediction: Prediction, views: Views
) -> Unseen:
    """Return the validation part, or left-out compounds where the model learned from that too.

    Parameters
    ----------
    fitted, network
        A model, and the shape of its networks.
    split
        Of n compounds.
    prediction
        Of all n compounds.
    views
        How the domain looks at them.
    """
    if len(split.valid):
        return validation_part(split, prediction, views)
    return left_out_part(fitted, network, split, views)


def validation_part(split: Split, prediction: Prediction, views: Views) -> Unseen:
    """Return the validation part, which no part of a model has seen.

    Parameters
    ----------
    split
        Of n compounds.
    prediction
        Of all n compounds.
    views
        How the domain looks at them.
    """
    rows = split.valid
    similarity, _ = nearest_tanimoto(views.morgan[rows], views.morgan[split.train])
    distance = None
    if views.vectors is not None:
        space = EmbeddingDomain.of(views.vectors[split.train], SHARES[0])
        distance = space.distance(views.vectors[rows])
    asked = Prediction(prediction.mean[rows], prediction.std[rows])
    return Unseen(
        rows, asked, similarity, distance, "compounds of the validation part, held out for it"
    )


def left_out_part(
    fitted: FittedModel, network: NetworkConfig, split: Split, views: Views
) -> Unseen:
    """Return the training part, each compound as members see it that left it out.

    Where families are left out together, those that are too large for a fold are dealt among all
    of them. Their compounds are judged by models that know the family, and do not calibrate, unless
    too few others are left: on ESOL divided by scaffold, where such families hold more than half of
    the compounds, 90 % intervals hold 86 % of the test part with them and 90 % without.

    Parameters
    ----------
    fitted
        A blend.
    network
        Shape of its networks.
    split
        Of n compounds.
    views
        How the domain looks at them.

    Raises
    ------
    TypeError
        If networks stand alone, which leave compounds out for one of them only.
    """
    if not isinstance(fitted.scorer, BlendScorer):
        raise TypeError("networks alone are calibrated on a validation part")
    learned = views.take(split.train)
    similarity = np.full(len(split.train), np.nan, np.float32)
    distance = np.full(len(split.train), np.nan)
    for model, member in zip(rebuild(fitted.members, network), fitted.plan, strict=True):
        if not np.isnan(similarity[member.stop]).all():
            continue  # an earlier member left the same compounds out
        near, _ = nearest_tanimoto(learned.morgan[member.stop], learned.morgan[member.learn])
        vectors = embed(GnnScorer([model], fitted.targets), learned.graphs)
        space = EmbeddingDomain.of(vectors[member.learn], SHARES[0])
        similarity[member.stop] = near
        distance[member.stop] = space.distance(vectors[member.stop])
    said = fitted.scorer.left_out(fitted.left_out)
    known, how = _as_new(fitted, np.flatnonzero(~np.isnan(similarity)))
    return Unseen(
        split.train[known],
        Prediction(said.mean[known], said.std[known]),
        similarity[known],
        distance[known],
        how,
    )


def _as_new(fitted: FittedModel, asked: np.ndarray) -> tuple[np.ndarray, str]:
    """Return those of the asked compounds that were as new to their judges, and say which."""
    how = "compounds of the training part, each as members say that left it out"
    if fitted.groups is None:
        return asked, how
    new = np.zeros(len(fitted.groups), dtype=np.bool_)
    for member in fitted.plan:
        known = np.isin(fitted.groups[member.stop], fitted.groups[member.learn])
        new[member.stop] = ~known
    chosen = asked[new[asked]]
    torn = len(asked) - len(chosen)
    if not torn:
        return asked, f"{how}, with all of its family"
    if len(chosen) < FEWEST:
        return asked, f"{how}, {torn} of them of families too large to leave out whole"
    return chosen, (
        f"{how}, with all of its family ({torn} of families too large for that do not calibrate)"
    )
