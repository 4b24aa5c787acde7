"""Training a model: measurements in, registered bundle out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.assays.audit import audit_split
from hitsieve.modeling.calibrated import calibrate
from hitsieve.modeling.describe import count_leaks, write_card
from hitsieve.modeling.labels import Labels, load_labels
from hitsieve.modeling.parts import check_parts, divide
from hitsieve.modeling.run_folder import RunFolder
from hitsieve.modeling.tables import golden_table, predictions_table, training_table
from hitsieve.provenance import child_seed
from hitsieve.registry.bundle import verify_bundle
from hitsieve.registry.config import BundleConfig, TargetConfig
from hitsieve.registry.contents import BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints
from hitsieve.registry.registry import Registry
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.forest import ForestScorer
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.load import load_scorer
from hitsieve.training.data import TrainingSet
from hitsieve.training.ensemble import ensemble_weights, fit_ensemble, rebuild

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.assays.audit import LeakAudit
    from hitsieve.assays.splits import Split
    from hitsieve.engine.executor import Executor
    from hitsieve.modeling.config import Recipe, TrainConfig
    from hitsieve.registry.card import ModelCard
    from hitsieve.registry.registry import Entry
    from hitsieve.training.loop import FittedNetwork

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


def train_model(
    config: TrainConfig, executor: Executor, progress: Progress | None = None
) -> TrainedModel:
    """Train, judge and register a model.

    Labels are curated and divided, the ensemble and the baseline are fitted on the training
    part, intervals and domain on the validation part, and both models judged on the test
    part. The same config and seed give the same bundle, byte for byte, on the same machine,
    whichever executor runs the members.

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


def _silent(stage: str, done: int, total: int) -> None:
    """Ignore progress."""


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
        batch, split, audit = self._split(labels)
        fitted = self._fit(labels, batch, split)
        targets = _target_configs(labels, fitted[0])
        scorer = GnnScorer(rebuild(fitted, self.recipe.network), targets)
        forest = self._baseline(labels, batch, split)
        network, baseline = scorer.score(batch), forest.score(batch)
        calibrated = calibrate(labels, split, network, batch.morgan, self.recipe.level)
        card = write_card(
            self.config,
            labels,
            split,
            network=network,
            baseline=baseline,
            calibrated=calibrated,
            leaks=count_leaks(audit),
            morgan=batch.morgan,
        )
        self.clock.lap("judge")
        self.folder.table(
            "predictions.parquet", predictions_table(labels, split, network, baseline)
        )
        contents = BundleContents(
            config=self._bundle_config(targets),
            weights=ensemble_weights(fitted),
            calibration=calibrated.to_json(),
            domain=calibrated.domain.to_arrays(),
            golden=golden_table(scorer, labels.matrix.smiles, self.config.seed),
            training=training_table(labels, split, batch),
            baseline=forest.to_arrays(),
            card=card,
        )
        return self._register(contents)

    def _labels(self) -> Labels:
        self.progress("curate", 0, 1)
        labels = load_labels(
            self.config.data,
            self.config.policy,
            folder=self.config.data_folder,
            executor=self.executor,
        )
        self.folder.json("inputs.json", labels.checksums)
        self.folder.json("curation.json", list(labels.reports))
        self.progress("curate", 1, 1)
        self.clock.lap("curate")
        return labels

    def _split(self, labels: Labels) -> tuple[CompoundBatch, Split, LeakAudit]:
        self.progress("split", 0, 1)
        batch = CompoundBatch.from_smiles(labels.matrix.smiles, labels.matrix.compound_ids)
        split = divide(labels, self.config.split, batch.morgan, self.config.seed)
        check_parts(labels, split)
        audit = audit_split(labels.matrix.compound_ids, split, batch.morgan)
        self.folder.json("split.json", split.to_dict())
        self.folder.json("leaks.json", audit.to_dict())
        if self.config.leaks == "refuse":
            audit.require_clean()
        self.progress("split", 1, 1)
        self.clock.lap("split")
        return batch, split, audit

    def _fit(self, labels: Labels, batch: CompoundBatch, split: Split) -> list[FittedNetwork]:
        members = self.recipe.training.members
        done = 0

        def finished(_number: int, _fitted: FittedNetwork) -> None:
            nonlocal done
            done += 1
            self.progress("fit", done, members)

        data = TrainingSet(
            batch.graphs,
            labels.matrix.y,
            labels.matrix.relation,
            tuple(facts.task for facts in labels.facts),
        )
        self.progress("fit", 0, members)
        fitted = fit_ensemble(
            self.executor,
            data.take(split.train),
            self.recipe.network,
            self.recipe.training,
            child_seed(self.config.seed, "ensemble"),
            progress=finished,
        )
        self.folder.history(fitted)
        self.clock.lap("fit")
        return fitted

    def _baseline(self, labels: Labels, batch: CompoundBatch, split: Split) -> ForestScorer:
        self.progress("baseline", 0, 1)
        # A forest knows no bounds: they are taken at their value, as is commonly done.
        forest = ForestScorer.fit(
            batch.morgan[split.train],
            labels.matrix.y[split.train],
            targets=[facts.name for facts in labels.facts],
            tasks=[facts.task for facts in labels.facts],
            seed=child_seed(self.config.seed, "baseline"),
            config=self.recipe.baseline,
        )
        self.progress("baseline", 1, 1)
        self.clock.lap("baseline")
        return forest

    def _bundle_config(self, targets: tuple[TargetConfig, ...]) -> BundleConfig:
        network = self.recipe.network.model_dump(mode="json")
        policy = self.config.policy.model_dump(mode="json")
        return BundleConfig(
            name=self.config.name,
            members=self.recipe.training.members,
            network=network,
            policy=policy,
            targets=targets,
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
        self.progress("register", 1, 1)
        return TrainedModel(entry, digest, contents.card, self.folder.path, self.clock.seconds)


class _Clock:
    """Wall time by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = round(now - self.last, 3)
        self.last = now


def _target_configs(labels: Labels, fitted: FittedNetwork) -> tuple[TargetConfig, ...]:
    return tuple(
        TargetConfig(
            name=facts.name,
            endpoint=facts.endpoint,
            unit=facts.unit,
            direction=facts.direction,
            task=facts.task,
            mean=float(mean),
            std=float(std),
        )
        for facts, mean, std in zip(labels.facts, fitted.mean, fitted.std, strict=True)
    )
