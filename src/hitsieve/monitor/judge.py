"""A model in use, judged: new measurements against a screen, a library against the training set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.assays.cards import load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.read import read_assay
from hitsieve.assays.targets import Demands
from hitsieve.chem.features import featurize
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import DatasetError, HitsieveError, NotFoundError
from hitsieve.monitor.drift import NAMES, DriftReport, Profile, descriptor_columns, drift
from hitsieve.monitor.embedding import SAMPLE, EmbeddingDrift, embedding_drift
from hitsieve.monitor.scoreboard import Prospective, advise, compared, former_is_better, prospective
from hitsieve.monitor.slices import Slice, slices
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch
from hitsieve.scoring.embed import embed
from hitsieve.scoring.load import BundleScorer, load_scorer
from hitsieve.screen.plan import load_plan, output_of
from hitsieve.screen.top import top_hits

if TYPE_CHECKING:
    from datetime import datetime

    from hitsieve.library import Library
    from hitsieve.registry.bundle import Bundle
    from hitsieve.registry.contents import BundleContents
    from hitsieve.registry.registry import Registry

_EVERYTHING: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class ScreenJudgment:
    """How a screen's predictions of one target fared, and what to do with the model.

    Parameters
    ----------
    model
        ``name@version``.
    overall
        Over all compared compounds.
    slices
        By scaffold and month.
    advice, reason
        keep, retrain, roll back or wait, and why.
    """

    model: str
    overall: Prospective
    slices: tuple[Slice, ...]
    advice: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def read_new_labels(source: str) -> pa.Table:
    """Read new measurements: a Parquet file in LABELS form, or a dataset card (YAML or name).

    Raises
    ------
    NotFoundError
        If there is no such file.
    DatasetError
        If it cannot be read, or holds nothing usable.
    """
    path = Path(source)
    if path.suffix != ".parquet":
        card = load_card(source)
        raw = read_assay(card.folder or path, card)
        # Few compounds, one class or bounds alone can be compared, if not learned from.
        table, _ = curate(raw, Standardizer(), Demands(minimum=0))
        return table
    if not path.is_file():
        raise NotFoundError(f"no label table {path}", cure="check the path")
    try:
        return pq.ParquetFile(path).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(f"{path} is not readable Parquet: {error}") from None


def judge_screen(
    screen: Path,
    labels: pa.Table,
    target: str,
    *,
    registry: Registry,
    model: str | None = None,
    predicted_at: datetime | None = None,
    active_at: float | None = None,
) -> ScreenJudgment:
    """Score new measurements against the predictions a screen made before.

    Parameters
    ----------
    screen
        Folder of the screen.
    labels
        LABELS of new measurements.
    target
        Which of them.
    registry
        Where the model and its former champion are.
    model
        ``name@version``, where several scored the target.
    predicted_at
        When the screen ran; earlier measurements do not count.
    active_at
        Value from which a compound counts as active.

    Raises
    ------
    HitsieveError
        If screen, target or model are not there, or nothing can be compared.
    """
    wanted, by = output_of(load_plan(screen), target, model)
    scores = top_hits(screen, target, by.reference, k=_EVERYTHING)
    higher = wanted.direction == "higher"
    overall = prospective(
        labels, scores, target, higher_is_better=higher,
        predicted_at=predicted_at, active_at=active_at,
    )  # fmt: skip
    rows = compared(labels, scores, target, predicted_at=predicted_at)
    folder = Path(by.folder)
    contents = read_bundle(
        folder if folder.is_dir() else registry.resolve(by.reference).folder, check_chemistry=False
    ).contents
    parts = slices(
        rows,
        known_scaffolds=_scaffolds(contents),
        active_at=active_at,
        higher_is_better=higher,
    )
    advice, reason = advise(
        overall,
        expected_rmse=_promised_error(contents, target),
        level=contents.config.level,
        former=_former(registry, by.reference, rows, target),
    )
    return ScreenJudgment(by.reference, overall, parts, advice, reason)


def _scaffolds(contents: BundleContents) -> set[str]:
    rows = contents.training.filter(pc.equal(contents.training["part"], "train"))
    return {murcko_scaffold(text) for text in rows["smiles"].to_pylist()}


def _promised_error(contents: BundleContents, target: str) -> float:
    """Return the upper end of the card's interval of the error: what was known when promised."""
    for metric in contents.card.metrics:
        if metric.target == target and metric.metric == "rmse" and metric.network.high is not None:
            return metric.network.high
        if metric.target == target and metric.metric == "brier" and metric.network.high is not None:
            return float(np.sqrt(metric.network.high))
    return float("inf")


def _former(registry: Registry, reference: str, rows: pa.Table, target: str) -> tuple[bool, str]:
    name, _, version = reference.partition("@")
    try:
        earlier = [v for v in registry.alias(name).history if str(v) != version]
        if not earlier:
            return False, ""
        former = load_scorer(registry.resolve(f"{name}@{earlier[-1]}").folder)
    except HitsieveError:
        return False, ""  # blocked, damaged or gone: nothing to roll back to
    if target not in former.targets:
        return False, ""
    known = [Standardizer()(text).parent_smiles for text in rows["smiles"].to_pylist()]
    usable = [place for place, text in enumerate(known) if text]
    batch = CompoundBatch.from_smiles([known[place] or "" for place in usable])
    theirs = former.score(batch).mean[:, former.targets.index(target)].astype(np.float64)
    truth, ours = (
        rows[column].to_numpy(zero_copy_only=False).astype(np.float64)[usable]
        for column in ("value", "score")
    )
    better, text = former_is_better(truth, ours, theirs)
    return better, f"{former.name} predicts them better: {text}"


@dataclass(frozen=True, slots=True)
class LibraryDrift:
    """How a library differs from what a model was trained on."""

    descriptors: DriftReport
    embedding: EmbeddingDrift

    @property
    def verdict(self) -> str:
        """The worse of the two verdicts."""
        both = {self.descriptors.verdict, self.embedding.verdict}
        return next(v for v in ("shifted", "moderate", "stable") if v in both)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "verdict": self.verdict,
            "descriptors": self.descriptors.to_dict(),
            "embedding": self.embedding.to_dict(),
        }


def library_drift(library: Library, bundle: Bundle) -> LibraryDrift:
    """Compare a library with a model's training part, by descriptors and in the network's space.

    Shards are uniform samples of the library: the descriptors of all are read, and the vectors
    of the first 400 compounds compared.
    """
    training = bundle.contents.training
    smiles = training.filter(pc.equal(training["part"], "train"))["smiles"].to_pylist()
    own = [featurize(text).descriptors for text in smiles]
    columns = {name: np.array([float(row[name]) for row in own]) for name in NAMES}
    reference = Profile.reference(columns)
    seen = reference.empty()
    for table in library.iter_tables(list(NAMES)):
        seen = seen.update(descriptor_columns(table))
    ensemble = BundleScorer(bundle).ensemble
    first = next(iter(library.iter_tables(list(BATCH_COLUMNS)))).slice(0, SAMPLE)
    vectors = embed(ensemble, CompoundBatch.from_library(first).graphs)
    known = embed(ensemble, CompoundBatch.from_smiles(smiles).graphs)
    return LibraryDrift(drift(reference, seen), embedding_drift(known, vectors))
