"""Training a model: measurements in, registered bundle out."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.modeling.audits import Audits, audit
from hitsieve.modeling.blend import TrainingPart, fit_model, needs_inputs
from hitsieve.modeling.calibrated import calibrate
from hitsieve.modeling.describe import Findings, loss_curves, write_card
from hitsieve.modeling.division import division
from hitsieve.modeling.epochs import EpochWatch
from hitsieve.modeling.families import left_out_together
from hitsieve.modeling.labels import Labels, load_labels
from hitsieve.modeling.parts import twin_cure
from hitsieve.modeling.run_folder import RunFolder
from hitsieve.modeling.side_by_side import compare_splits
from hitsieve.modeling.tables import golden_table, predictions_table, training_table
from hitsieve.modeling.unseen import Views, unseen_part
from hitsieve.modeling.worth import members_worth
from hitsieve.provenance import child_seed
from hitsieve.registry.bundle import verify_bundle
from hitsieve.registry.config import BundleConfig
from hitsieve.registry.contents import BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints
from hitsieve.registry.registry import Registry
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.blend import BlendScorer
from hitsieve.scoring.blend_arrays import blend_arrays
from hitsieve.scoring.embed import embed, networks_of
from hitsieve.scoring.forest import ForestScorer
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.load import load_scorer
from hitsieve.scoring.protocol import Prediction
from hitsieve.threads import one_thread_algebra
from hitsieve.training.ensemble import ensemble_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.assays.splits import Split
    from hitsieve.engine.executor import Executor
    from hitsieve.modeling.blend import FittedModel
    from hitsieve.modeling.calibrated import Calibrated
    from hitsieve.modeling.config import Recipe, TrainConfig
    from hitsieve.registry.card import ModelCard
    from hitsieve.registry.registry import Entry
    from hitsieve.training.trail import Trail

    Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a training made.

    Parameters
    ----------
    entry
        The new version in the registry.
    digest
        The bundle's identity.
    card
        What it is worth.
    run
        The run's folder.
    seconds
        Wall time by stage.
    """

    entry: Entry
    digest: str
    card: ModelCard
    run: Path
    seconds: dict[str, float]


@one_thread_algebra()
def train_model(
    config: TrainConfig, executor: Executor, progress: Progress | None = None
) -> TrainedModel:
    """Train, judge and register a model.

    Labels are curated and divided, the model and the baseline are fitted on the training part,
    intervals and domain on the validation part or on left-out compounds, as the recipe says, and
    both models judged on the test part. The same config and seed give the same bundle, byte for
    byte, on the same machine, whichever executor runs the members. A training that was killed goes
    on from its networks' last states when it is asked for again, to the same bytes.

    Parameters
    ----------
    config
        What to train on, and how.
    executor
        Standardizes structures and fits members.
    progress
        Called with the name of a stage, steps done, and steps in all.

    Raises
    ------
    ConfigError
        If the name or the recipe is wrong.
    NotFoundError
        If a card, file or recipe is absent.
    DatasetError
        If there is nothing to learn or to judge by; says what to do.
    IncompleteError
        If a member could not be fitted; nothing is registered then.
    """
    recipe = config.load_recipe()
    return _Training(config, recipe, executor, progress or _silent).run()


def _silent(*_told: object) -> None:
    """Ignore progress; of finished members always, since epochs are told."""


class _Training:
    """One training under way."""

    def __init__(
        self, config: TrainConfig, recipe: Recipe, executor: Executor, progress: Progress
    ) -> None:
        self.config, self.recipe, self.executor = config, recipe, executor
        self.progress = progress
        self.folder = RunFolder(config, recipe)
        self.clock = _Clock()

    def run(self) -> TrainedModel:
        labels = self._labels()
        batch, split, audits = self._split(labels)
        fitted = self._fit(labels, batch, split, self.folder.trail())
        self.folder.history(fitted.members)
        scorer = fitted.scorer
        forest = self._baseline(fitted, labels, batch, split)
        network, baseline = scorer.score(batch), forest.score(batch)
        views = Views(batch.morgan, batch.graphs, embed(networks_of(scorer), batch.graphs))
        calibrated = self._calibrate(fitted, labels, split, network, views)
        findings = Findings(network, baseline, calibrated, fitted.completed, audits, views)
        card = write_card(self.config, labels, split, findings)
        members = members_worth(fitted, labels, split)
        card = card.model_copy(update={"curves": loss_curves(fitted.members), "members": members})
        card = self._compared(card, labels, batch)
        self.clock.lap("judge")
        self.folder.table(
            "predictions.parquet", predictions_table(labels, split, network, baseline)
        )
        contents = BundleContents(
            config=self._bundle_config(fitted),
            weights=ensemble_weights(fitted.networks),
            calibration=calibrated.to_json(),
            domain=calibrated.domain.to_arrays(),
            golden=golden_table(scorer, labels.matrix.smiles, self.config.seed),
            training=training_table(labels, split, batch),
            baseline=forest.to_arrays(),
            card=card,
            blend=blend_arrays(scorer) if isinstance(scorer, BlendScorer) else {},
        )
        return self._register(contents)

    def _labels(self) -> Labels:
        self.progress("curate", 0, 1)
        labels = load_labels(
            self.config.data,
            self.config.policy,
            folder=self.config.data_folder,
            curation=self.config.curation_for(self.recipe),
            executor=self.executor,
        )
        self.folder.json("inputs.json", labels.checksums)
        self.folder.json("curation.json", list(labels.reports))
        self.progress("curate", 1, 1)
        self.clock.lap("curate")
        return labels

    def _split(self, labels: Labels) -> tuple[CompoundBatch, Split, Audits]:
        self.progress("split", 0, 1)
        batch = CompoundBatch.from_smiles(labels.matrix.smiles, labels.matrix.compound_ids)
        split = division(self.config, labels, batch.morgan)
        audits = audit(labels, split, batch.morgan)
        self.folder.json("split.json", split.to_dict())
        self.folder.json("leaks.json", audits.leaks.to_dict())
        self.folder.json("suspects.json", [item.to_dict() for item in audits.suspects])
        if self.config.leaks == "refuse":
            audits.leaks.require_clean(twin_cure(self.config.split))
        self.progress("split", 1, 1)
        self.clock.lap("split")
        return batch, split, audits

    def _fit(self, labels: Labels, batch: CompoundBatch, split: Split, trail: Trail) -> FittedModel:
        train = batch.take(split.train)
        part = TrainingPart(
            train,
            labels.matrix.y[split.train],
            labels.matrix.relation[split.train],
            labels.facts,
            Inputs.of(train) if needs_inputs(self.recipe) else None,
            left_out_together(self.config.split, self.recipe.leave_out, split, train),
        )
        settings = self.recipe.training
        with ExitStack() as stack:
            if trail.curves is not None:
                total = (settings.members + settings.refit) * settings.epochs
                stack.enter_context(EpochWatch(trail.curves, total, partial(self.progress, "fit")))
            fitted = fit_model(part, self.recipe, self.executor, self.config.seed, _silent, trail)
        self.clock.lap("fit")
        return fitted

    def _calibrate(
        self, fitted: FittedModel, labels: Labels, split: Split, network: Prediction, views: Views
    ) -> Calibrated:
        unseen = unseen_part(fitted, self.recipe.network, split, network, views)
        return calibrate(labels, unseen, views.take(split.train), self.recipe.level)

    def _baseline(
        self, fitted: FittedModel, labels: Labels, batch: CompoundBatch, split: Split
    ) -> ForestScorer:
        self.progress("baseline", 0, 1)
        # A forest knows no bounds: it learns from the labels that the model's members learn from.
        forest = ForestScorer.fit(
            batch.morgan[split.train],
            fitted.completed.y,
            targets=[facts.name for facts in labels.facts],
            tasks=[facts.task for facts in labels.facts],
            seed=child_seed(self.config.seed, "baseline"),
            config=self.recipe.baseline,
        )
        self.progress("baseline", 1, 1)
        self.clock.lap("baseline")
        return forest

    def _compared(self, card: ModelCard, labels: Labels, batch: CompoundBatch) -> ModelCard:
        """Add the model's measures under the other kinds of split, where they are asked for."""
        if not self.config.compare_splits:
            return card

        def train(split: Split) -> tuple[Prediction, Prediction]:
            unseen = replace(self.folder.trail(), curves=None)
            fitted = self._fit(labels, batch, split, unseen)
            baseline = self._baseline(fitted, labels, batch, split)
            network = fitted.scorer.score(batch)
            plain = Views(batch.morgan, batch.graphs)
            calibrated = self._calibrate(fitted, labels, split, network, plain)
            final = calibrated.values(network.mean).astype(np.float32)
            return Prediction(final, network.std), baseline.score(batch)

        splits, missing = compare_splits(self.config, labels, batch.morgan, card.metrics, train)
        return card.model_copy(update={"splits": splits, "warnings": (*card.warnings, *missing)})

    def _bundle_config(self, fitted: FittedModel) -> BundleConfig:
        network = self.recipe.network.model_dump(mode="json")
        policy = self.config.policy.model_dump(mode="json")
        return BundleConfig(
            name=self.config.name,
            members=len(fitted.networks),
            network=network,
            blend=tuple(fitted.scorer.members) if isinstance(fitted.scorer, BlendScorer) else (),
            policy=policy,
            targets=fitted.targets,
            level=self.recipe.level,
            **installed_fingerprints(policy, network),
        )

    def _register(self, contents: BundleContents) -> TrainedModel:
        self.progress("register", 0, 1)
        entry = Registry(self.config.registry).add(contents)
        digest = verify_bundle(entry.folder)
        load_scorer(entry.folder)  # what was registered can be used, golden molecules and all
        self.clock.lap("register")
        self.folder.json(
            "result.json",
            {"model": entry.reference, "digest": digest, "seconds": self.clock.seconds},
        )
        self.folder.finish()
        self.progress("register", 1, 1)
        return TrainedModel(entry, digest, contents.card, self.folder.path, self.clock.seconds)


class _Clock:
    """Wall time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        # A stage can come again, where kinds of split are compared.
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self.last, 3)
        self.last = now
