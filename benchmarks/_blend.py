"""A blend on given parts, with each of its members beside: what the accuracy tables share."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from hitsieve.chem.codes import MAX_ATOMS
from hitsieve.chem.counts import COUNTS_VERSION, CountFingerprints
from hitsieve.chem.molecule import parse
from hitsieve.chem.physchem import PHYSCHEM_VERSION
from hitsieve.engine import open_executor
from hitsieve.modeling.blend import TrainingPart, blend, fit_fingerprint_members, fit_model
from hitsieve.modeling.families import families
from hitsieve.modeling.labels import TargetFacts
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.blend import BlendScorer
from hitsieve.scoring.fit_members import FittedMember
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.inputs import COUNT_KINDS, Inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.modeling.config import Recipe
    from hitsieve.scoring.protocol import Prediction

Task = Literal["regression", "classification"]


@dataclass(frozen=True)
class Parts:
    """Rows that teach and rows that are asked for.

    ``method`` is how they came about, which tells what is left out together
    (:func:`hitsieve.modeling.families.families`).
    """

    train: np.ndarray
    test: np.ndarray
    method: str


@dataclass(frozen=True)
class Judged:
    """Predictions of the test part by each member, by the blend, and by the blend without networks.

    ``left_out`` is what the blend says of training compounds it had not seen, ``labels`` their
    values; ``weights`` are those of the members, (T, M).
    """

    predictions: dict[str, Prediction]
    labels: np.ndarray
    left_out: Prediction
    weights: dict[str, list[float]]


def mirror(folder: str) -> Path | None:
    """Return a folder of the data mirror, or None with a line that says what is missing."""
    root = os.environ.get("HITSIEVE_DATA_MIRROR", "")
    path = Path(root) / folder
    if not root or not path.is_dir():
        print(f"skipped: {folder} is not in the folder named by HITSIEVE_DATA_MIRROR")
        return None
    return path


def judge(
    smiles: Sequence[str],
    y: np.ndarray,
    parts: Parts,
    task: Task,
    recipe: Recipe,
    seed: int,
    *,
    network: bool = True,
) -> Judged:
    """Fit the recipe's blend to the training rows and predict the test rows.

    Parameters
    ----------
    smiles, y
        n compounds and their values (n, T), NaN where not measured.
    parts
        Which rows teach, and which are asked for.
    task
        Of all targets.
    recipe, seed
        How, and from which seed.
    network
        Whether graph networks are fitted; most of the time is theirs.
    """
    drawn = np.array([packable(text) for text in smiles])
    # A structure that no library takes is not learned from; asked for, it gets the mean label.
    asked = [text if fine else "C" for text, fine in zip(smiles, drawn, strict=True)]
    batch, inputs = CompoundBatch.from_smiles(asked), cached_inputs(asked)
    train, test = parts.train[drawn[parts.train]], parts.test
    facts = tuple(
        TargetFacts(f"t{column}", "value", "", "higher", task) for column in range(y.shape[1])
    )
    labels = y[train].astype(np.float32)
    learned = batch.take(train)
    groups = families(recipe.leave_out, parts.method, [asked[row] for row in train], learned.morgan)
    none = np.zeros(labels.shape, np.int8)
    part = TrainingPart(learned, labels, none, facts, inputs.take(train), groups)
    scorer, left_out = _fit(part, recipe, seed, network=network)
    said = scorer.member_predictions(batch.take(test), inputs.take(test))
    found = dict(zip(scorer.members, said, strict=True))
    members = {
        kind: FittedMember(member, left_out[kind])
        for kind, member in scorer.members.items()
        if not isinstance(member, GnnScorer)
    }
    without = blend(None, members, left_out, part)
    found["without network"] = without.combine([found[kind] for kind in members])
    found["blend"] = scorer.combine(said)
    for prediction in found.values():
        prediction.mean[~drawn[test]] = np.nanmean(labels, axis=0)
    weights: dict[str, list[float]] = {
        kind: [float(stack.weights[place]) for stack in scorer.stacks]
        for place, kind in enumerate(scorer.members)
    }
    return Judged(found, labels, scorer.left_out(left_out), weights)


def _fit(
    part: TrainingPart, recipe: Recipe, seed: int, *, network: bool
) -> tuple[BlendScorer, dict[str, Prediction]]:
    if not network:
        members = fit_fingerprint_members(part, recipe, seed)
        left_out = {kind: member.left_out for kind, member in members.items()}
        return blend(None, members, left_out, part), left_out
    with open_executor("serial", 1) as executor:
        fitted = fit_model(part, recipe, executor, seed, lambda *_: None)
    if not isinstance(fitted.scorer, BlendScorer):
        raise TypeError("the recipe names no members beside the networks")
    return fitted.scorer, fitted.left_out


def packable(smiles: str) -> bool:
    """Tell whether a structure is small enough for a packed graph."""
    mol = parse(smiles)
    return mol is not None and mol.GetNumAtoms() <= MAX_ATOMS


def cached_inputs(smiles: Sequence[str]) -> Inputs:
    """Return fingerprints and descriptors; kept in HITSIEVE_BENCH_CACHE, where that is set."""
    folder = os.environ.get("HITSIEVE_BENCH_CACHE", "")
    if not folder:
        return Inputs.from_smiles(smiles)
    version = f"{COUNTS_VERSION}.{PHYSCHEM_VERSION}"
    key = hashlib.sha256("\n".join([version, *smiles]).encode()).hexdigest()[:24]
    path = Path(folder) / f"{key}.npz"
    names = ("offsets", "features", "counts")
    if path.is_file():
        with np.load(path, allow_pickle=False) as stored:
            counts = (CountFingerprints(*(stored[f"{k}.{n}"] for n in names)) for k in COUNT_KINDS)
            return Inputs(tuple(counts), stored["physchem"])
    inputs = Inputs.from_smiles(smiles)
    arrays = {
        f"{kind}.{name}": getattr(counts, name)
        for kind, counts in zip(COUNT_KINDS, inputs.counts, strict=True)
        for name in names
    }
    Path(folder).mkdir(parents=True, exist_ok=True)
    np.savez(path, physchem=inputs.physchem, **arrays)
    return inputs
