"""A model in use, judged: new measurements against what a screen foretold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.assays.cards import load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.fetch import locate
from hitsieve.assays.label_tables import read_label_table
from hitsieve.assays.read import read_assay
from hitsieve.assays.targets import Demands
from hitsieve.chem.policy import ChemPolicy
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.chem.standardize import Standardizer
from hitsieve.config import parse_config
from hitsieve.errors import DatasetError, NotFoundError
from hitsieve.monitor.advice import advise
from hitsieve.monitor.comparison import compare
from hitsieve.monitor.former import against_former
from hitsieve.monitor.new_labels import Known
from hitsieve.monitor.scoreboard import Prospective, prospective
from hitsieve.monitor.slices import Slice, slices
from hitsieve.schema import SCORES
from hitsieve.screen.journal import scored_at
from hitsieve.screen.moved import find_bundle
from hitsieve.screen.scores import Scores

if TYPE_CHECKING:
    from datetime import datetime

    from hitsieve.registry.bundle import Bundle
    from hitsieve.registry.contents import BundleContents
    from hitsieve.registry.registry import Registry
    from hitsieve.screen.sources import Target


@dataclass(frozen=True, slots=True)
class Screened:
    """The scores of one target in a screen, and the model that made them.

    Parameters
    ----------
    scores
        Where they are.
    bundle
        The model.
    """

    scores: Scores
    bundle: Bundle

    @property
    def policy(self) -> ChemPolicy:
        """How structures are prepared for the model."""
        where = f"policy of {self.scores.model.reference}"
        return parse_config(ChemPolicy, self.bundle.config.policy, where=where)

    def of(self, compound_ids: pa.ChunkedArray) -> pa.Table:
        """Return SCORES of some compounds; reads one shard after the other."""
        wanted = compound_ids.combine_chunks()
        parts = [
            table.filter(pc.is_in(table["compound_id"], value_set=wanted)).cast(SCORES.schema)
            for table in self.scores.tables(SCORES.names)
        ]
        return pa.concat_tables([SCORES.empty(), *parts])


@dataclass(frozen=True, slots=True)
class ScreenJudgment:
    """How a screen's predictions of one target fared, and what to do with the model.

    Parameters
    ----------
    model
        ``name@version``.
    predicted_at
        Only what was measured later is compared.
    learned
        Compounds the model is known to have learned from; 0 if it does not tell, as one that was
        imported without its data: some of what is compared may then be known to it.
    overall
        Over all compared compounds.
    slices
        By scaffold and month.
    advice, reason
        keep, retrain, roll back or wait, and why.
    """

    model: str
    predicted_at: datetime
    learned: int
    overall: Prospective
    slices: tuple[Slice, ...]
    advice: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "model": self.model,
            "predicted_at": self.predicted_at.isoformat(),
            "learned": self.learned,
            "overall": self.overall.to_dict(),
            "slices": [one.to_dict() for one in self.slices],
            "advice": self.advice,
            "reason": self.reason,
        }


def find_screened(
    screen: Path, target: str, *, registry: Registry, model: str | None = None
) -> Screened:
    """Find the scores of a target in a screen, and the model that made them.

    Parameters
    ----------
    screen
        Folder of the screen.
    target
        Which target.
    registry
        Where the model is looked for if it is not where it was when it screened.
    model
        ``name@version``, where several scored the target.

    Raises
    ------
    HitsieveError
        If screen, target, scores or model are not there.
    ChecksumError
        If another model bears the name now.
    """
    scores = Scores.open(screen, target, model)
    return Screened(scores, find_bundle(scores.model, screen, registry.root))


def read_new_labels(source: str, *, folder: Path, policy: ChemPolicy | None = None) -> pa.Table:
    """Read new measurements: a Parquet file in LABELS form, or a dataset card (YAML or name).

    Parameters
    ----------
    source
        Path of the file, or path or name of the card.
    folder
        Where the files of a card are looked for, and fetched to, as a training does.
    policy
        How structures are prepared: that of the model, or compounds do not meet their scores.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DatasetError
        If it cannot be read, or holds nothing usable.
    SchemaError
        If a Parquet file is no LABELS table.
    """
    path = Path(source)
    if path.suffix != ".parquet":
        card = load_card(source)
        raw = read_assay(locate(card, folder), card)
        # Few compounds, one class or bounds alone can be compared, if not learned from.
        table, _ = curate(raw, Standardizer(policy), Demands(minimum=0))
        return table
    if not path.is_file():
        raise NotFoundError(f"no label table {path}", cure="check the path")
    return read_label_table(path)


def judge_screen(
    screened: Screened,
    labels: pa.Table,
    *,
    registry: Registry,
    predicted_at: datetime | None = None,
    active_at: float | None = None,
) -> ScreenJudgment:
    """Score new measurements against the predictions a screen made before.

    Parameters
    ----------
    screened
        The predictions and their model.
    labels
        LABELS of new measurements; see :mod:`hitsieve.monitor.new_labels` for which are new.
    registry
        Where the former champion is.
    predicted_at
        When the screen ran; by default when its last scores were made.
    active_at
        Value from which a compound counts as active.

    Raises
    ------
    HitsieveError
        If labels are of another unit, or nothing new can be compared.
    """
    wanted, reference = screened.scores.target, screened.scores.model.reference
    contents, higher = screened.bundle.contents, screened.scores.higher_is_better
    _refuse_other_unit(labels, wanted)
    moment = predicted_at or _moment(screened.scores)
    known = Known.of(contents.training)
    scores = screened.of(labels["compound_id"])
    found = compare(labels, scores, wanted.name, known=known, predicted_at=moment)
    task = next(t.task for t in contents.config.targets if t.name == wanted.name)
    overall = prospective(found, task=task, higher_is_better=higher, active_at=active_at)
    advice, reason = advise(
        overall,
        expected_rmse=_promised_rmse(contents, wanted.name),
        level=contents.config.level,
        former=against_former(registry, reference, found, task=task, policy=screened.policy),
    )
    parts = slices(
        found.rows,
        task=task,
        known_scaffolds=_scaffolds(contents),
        active_at=active_at,
        higher_is_better=higher,
    )
    learned = len(known.learned)
    return ScreenJudgment(reference, moment, learned, overall, parts, advice, reason)


def _moment(scores: Scores) -> datetime:
    moment = scored_at(scores.folder)
    if moment is None:  # they were there a moment ago
        raise NotFoundError(f"{scores.folder} holds no scores", cure="run the screen")
    return moment


def _refuse_other_unit(labels: pa.Table, wanted: Target) -> None:
    units = set(labels.filter(pc.equal(labels["target"], wanted.name))["unit"].to_pylist())
    other = sorted(units - {wanted.unit})
    if other:
        raise DatasetError(
            f"target {wanted.name!r} is measured in {', '.join(map(repr, other))} and predicted "
            f"in {wanted.unit!r}",
            cure=f"give the measurements in {wanted.unit!r}, and say so in their `unit`",
        )


def _scaffolds(contents: BundleContents) -> set[str]:
    rows = contents.training.filter(pc.equal(contents.training["part"], "train"))
    return {murcko_scaffold(text) for text in rows["smiles"].to_pylist()}


def _promised_rmse(contents: BundleContents, target: str) -> float:
    """Return the upper end of the card's interval of the error: what was known when promised."""
    for metric in contents.card.metrics:
        if metric.target == target and metric.metric == "rmse" and metric.network.high is not None:
            return metric.network.high
    return float("inf")
