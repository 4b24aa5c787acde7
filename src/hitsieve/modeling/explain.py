"""Why a model predicts what it predicts: atoms that matter, and measured neighbors.

An atom's attribution is the prediction for the whole molecule minus that for the molecule
without the atom (occlusion; Sheridan, J. Chem. Inf. Model. 59 (2019) 1324). It asks nothing of
the model but predictions, so it explains a blend of any kinds of members as a whole. Attributions
do not add up to the prediction, and they say what the model looks at, not what nature does.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.fingerprints import MORGAN_BITS, tanimoto_matrix
from hitsieve.chem.masking import symmetry_classes, without_each_atom
from hitsieve.errors import InputError, NotFoundError, nearest
from hitsieve.scoring.batch import CompoundBatch

if TYPE_CHECKING:
    import pyarrow as pa

    from hitsieve.registry.contents import BundleContents
    from hitsieve.scoring.load import BundleScorer
    from hitsieve.scoring.protocol import Scorer

NEIGHBORS: Final = 5
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class MeasuredNeighbor:
    """A training compound near the explained one."""

    compound_id: str
    smiles: str
    value: float
    relation: str
    similarity: float
    part: str


@dataclass(frozen=True)
class Explanation:
    """One prediction, explained.

    Parameters
    ----------
    smiles
        The compound, standardized.
    target, unit
        What is predicted, and in which unit; ``probability`` for classes.
    score, lower, upper
        The prediction with its bounds; NaN where there are none.
    in_domain, domain_reason
        Whether the model was made for such compounds, and why.
    attributions
        float64 (n,): one a heavy atom in SMILES order, in the unit of the score (probability for
        classes); above 0 the atom raises the prediction. NaN where the molecule without the atom
        is none.
    neighbors
        The nearest measured compounds, closest first.
    """

    smiles: str
    target: str
    unit: str
    score: float
    lower: float
    upper: float
    in_domain: bool
    domain_reason: str
    attributions: np.ndarray
    neighbors: tuple[MeasuredNeighbor, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN is null."""
        values = asdict(self)
        values["attributions"] = [_plain(float(a)) for a in self.attributions]
        return {k: _plain(v) if isinstance(v, float) else v for k, v in values.items()}


def attribute(scorer: Scorer, smiles: str, target: str) -> np.ndarray:
    """Return what each atom adds to a prediction: float64 (n,).

    Parameters
    ----------
    scorer
        Any model.
    smiles
        A standardized SMILES.
    target
        One of the model's.

    Raises
    ------
    NotFoundError
        If the model has no such target.
    InputError
        If the molecule has fewer than two heavy atoms.
    """
    if target not in scorer.targets:
        raise NotFoundError(
            f"no target {target!r}{nearest(target, scorer.targets)}",
            cure=f"the model predicts {', '.join(scorer.targets)}",
        )
    parts = without_each_atom(smiles)
    if len(parts) < _FEWEST:
        raise InputError(f"{smiles!r} has {len(parts)} heavy atoms", cure="nothing to take out")
    readable = [place for place, text in enumerate(parts) if text]
    batch = CompoundBatch.from_smiles([smiles, *(parts[place] for place in readable)])
    values = scorer.score(batch).mean[:, scorer.targets.index(target)].astype(np.float64)
    found = np.full(len(parts), np.nan)
    found[readable] = values[0] - values[1:]
    return _averaged(found, np.array(symmetry_classes(smiles)))


def _averaged(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Give equivalent atoms the mean of what they got."""
    found = values.copy()
    for group in np.unique(groups):
        known = values[(groups == group) & ~np.isnan(values)]
        found[groups == group] = known.mean() if len(known) else np.nan
    return found


def explain(
    scorer: BundleScorer, contents: BundleContents, smiles: str, target: str
) -> Explanation:  # fmt: skip
    """Explain one prediction of a model.

    Parameters
    ----------
    scorer, contents
        The model, and its bundle's contents with the measured compounds.
    smiles
        A standardized parent SMILES.
    target
        One of the model's.

    Raises
    ------
    NotFoundError
        If the model has no such target.
    InputError
        If the molecule has fewer than two heavy atoms.
    """
    attributions = attribute(scorer, smiles, target)
    column = scorer.targets.index(target)
    facts = scorer.config.targets[column]
    batch = CompoundBatch.from_smiles([smiles])
    prediction = scorer.score(batch)
    lower, upper = scorer.bounds(prediction)
    return Explanation(
        smiles,
        target,
        facts.unit if facts.task == "regression" else "probability",
        float(prediction.mean[0, column]),
        float(lower[0, column]),
        float(upper[0, column]),
        bool(scorer.in_domain(batch)[0]),
        scorer.judgment.reasons(batch)[0],
        attributions,
        neighbors(contents.training, column, batch.morgan),
    )


def neighbors(
    training: pa.Table, column: int, morgan: np.ndarray, count: int = NEIGHBORS
) -> tuple[MeasuredNeighbor, ...]:
    """Return the measured compounds most similar to one compound, closest first.

    Parameters
    ----------
    training
        Rows of ``TRAINING_SCHEMA``.
    column
        Place of the target among the values.
    morgan
        uint8 (1, 256): the compound's fingerprint.
    count
        At most so many.
    """
    rows = [row for row in training.to_pylist() if row["values"][column] is not None]
    if not rows:
        return ()
    packed = np.frombuffer(b"".join(row["morgan"] for row in rows), np.uint8)
    similarity = tanimoto_matrix(morgan, packed.reshape(-1, MORGAN_BITS // 8))[0]
    return tuple(
        MeasuredNeighbor(
            rows[i]["compound_id"],
            rows[i]["smiles"],
            rows[i]["values"][column],
            rows[i]["relations"][column],
            round(float(similarity[i]), 4),
            rows[i]["part"],
        )
        for i in np.argsort(-similarity, kind="stable")[:count]
    )


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None
