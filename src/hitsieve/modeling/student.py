"""A student as a bundle: its own weights, with what it takes over from its teacher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.calibration.applicability import Applicability
from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.calibration.venn_abers import VennAbers
from hitsieve.modeling.evaluate import check_intervals, compare
from hitsieve.modeling.fidelity import measure_fidelity
from hitsieve.modeling.labels import TargetFacts
from hitsieve.modeling.tables import golden_table
from hitsieve.provenance import fingerprint, versions
from hitsieve.registry.card import DataSource, ModelCard
from hitsieve.registry.config import BundleConfig
from hitsieve.registry.contents import BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.forest import ForestScorer
from hitsieve.training.ensemble import ensemble_weights

if TYPE_CHECKING:
    from hitsieve.library.library import Library
    from hitsieve.modeling.lesson import Lesson
    from hitsieve.networks.config import NetworkConfig
    from hitsieve.registry.bundle import Bundle
    from hitsieve.registry.card import CalibrationCheck, Metric
    from hitsieve.registry.config import TargetConfig
    from hitsieve.scoring.gnn import GnnScorer
    from hitsieve.scoring.protocol import Prediction
    from hitsieve.training.fitted import FittedNetwork


@dataclass(frozen=True, slots=True)
class Student:
    """A fitted student.

    Parameters
    ----------
    name
        In the registry.
    teacher
        Whom it learned from.
    network, targets, fitted
        Its shape, the scales of its outputs, and its weights.
    scorer
        Itself, ready to predict.
    recipe, seed
        How it was made, for the card.
    """

    name: str
    teacher: Bundle
    network: NetworkConfig
    targets: tuple[TargetConfig, ...]
    fitted: FittedNetwork
    scorer: GnnScorer
    recipe: str
    seed: int


@dataclass(frozen=True, slots=True)
class _Measured:
    """Measured compounds of one part of the teacher's data, with the student's predictions.

    Parameters
    ----------
    y
        float64 (n, T): exact values; NaN where not measured, or a bound only.
    batch, prediction
        Of the n compounds.
    """

    y: np.ndarray
    batch: CompoundBatch
    prediction: Prediction


def student_contents(
    student: Student, library: Library, lesson: Lesson, judges: Lesson
) -> BundleContents:
    """Return what goes into a student's bundle.

    Parameters
    ----------
    student
        Fitted.
    library, lesson, judges
        Where it learned, from how many compounds, and on which it is compared with its teacher.
    """
    teacher = student.teacher.contents
    policy = teacher.config.policy
    network = student.network.model_dump(mode="json")
    calibration = _calibration(student)
    # A domain in the teacher's own space says nothing about another network's.
    domain = Applicability(Applicability.from_arrays(teacher.domain).fingerprint)
    golden = list(dict.fromkeys(teacher.golden.column("smiles").to_pylist()))
    return BundleContents(
        config=BundleConfig(
            name=student.name,
            members=1,
            network=network,
            policy=policy,
            targets=student.targets,
            level=teacher.config.level,
            **installed_fingerprints(policy, network),
        ),
        weights=ensemble_weights([student.fitted]),
        calibration={name: part.to_dict() for name, part in calibration.items()},
        domain=domain.to_arrays(),
        golden=golden_table(student.scorer, golden, student.seed),
        training=teacher.training,
        baseline=teacher.baseline,
        card=_card(student, library, lesson, judges, calibration["intervals"]),
    )


def _calibration(student: Student) -> dict[str, Any]:
    """Fit intervals on the teacher's validation part; probabilities are calibrated already."""
    names = len(student.targets)
    classes = np.array([target.task == "classification" for target in student.targets])
    part = _measured(student, "valid")
    nothing = np.full((1, names), np.nan)
    y, mean, std = (
        (nothing, np.zeros((1, names)), np.zeros((1, names)))
        if part is None
        else (part.y, part.prediction.mean, part.prediction.std)
    )
    level = student.teacher.config.level
    return {
        "intervals": ConformalIntervals.fit(np.where(classes, np.nan, y), mean, std, level),
        "temperature": TemperatureScaling.fit(nothing, np.full((1, names), 0.5)),
        "probabilities": VennAbers.fit(np.where(classes, y, np.nan), np.where(classes, mean, 0.5)),
    }


def _measured(student: Student, part: str) -> _Measured | None:
    """Predict the measured compounds of one part of the teacher's data; None if there are none."""
    rows = [r for r in student.teacher.contents.training.to_pylist() if r["part"] == part]
    if not rows:
        return None
    y = np.array([
        [
            value if value is not None and relation == "=" else np.nan
            for value, relation in zip(row["values"], row["relations"], strict=True)
        ]
        for row in rows
    ])  # fmt: skip
    batch = CompoundBatch.from_smiles([row["smiles"] for row in rows])
    return _Measured(y, batch, student.scorer.score(batch))


def _card(
    student: Student,
    library: Library,
    lesson: Lesson,
    judges: Lesson,
    intervals: ConformalIntervals,
) -> ModelCard:
    teacher = student.teacher
    theirs = teacher.contents.card
    metrics, checks = _judged(student, intervals)
    what = "; ".join(f"{t.endpoint} of {t.name} ({t.unit})" for t in student.targets)
    source = DataSource(
        name="library",
        title="compounds without labels, predicted by the teacher",
        source=f"library of {len(library):,} compounds",
        license="of the library's suppliers; no structure of it is in this bundle",
        sha256=fingerprint([shard.sha256 for shard in library.shards], length=64),
        rows=len(library),
        kept=len(lesson),
    )
    return ModelCard(
        name=student.name,
        summary=f"A student of {teacher.name}: one small network that predicts {what} as it "
        f"does, learned from its predictions of {len(lesson):,} library compounds.",
        data=(*theirs.data, source),
        targets=theirs.targets,
        curation=theirs.curation,
        split=theirs.split,
        leaks=theirs.leaks,
        metrics=tuple(metrics),
        calibration=tuple(checks),
        teacher=f"{teacher.name} (digest {teacher.digest})",
        fidelity=measure_fidelity(
            student.targets,
            student.scorer.score(judges.batch).mean.astype(np.float64),
            judges.teacher.astype(np.float64),
            student.seed,
        ),
        domain=_domain(theirs.domain, teacher),
        warnings=(*theirs.warnings, *_warnings(student, metrics)),
        limits=(
            "It knows no more than its teacher, and errs where the teacher errs.",
            "It is one network: its spread is zero and tells nothing about uncertainty.",
            *theirs.limits,
        ),
        recipe=student.recipe,
        seed=student.seed,
        versions=versions(),
    )


def _domain(told: str, teacher: Bundle) -> str:
    asked = Applicability.from_arrays(teacher.contents.domain).embedding is not None
    less = " The student leaves out the question of the network's own space." if asked else ""
    return told + less


def _warnings(student: Student, metrics: list[Metric]) -> list[str]:
    if metrics:
        return []
    return [f"{student.name} was compared with its teacher only: there is no measured test part."]


def _judged(
    student: Student, intervals: ConformalIntervals
) -> tuple[list[Metric], list[CalibrationCheck]]:
    """Judge a student on the teacher's test part, beside the same forest as the teacher was."""
    part, baseline = _measured(student, "test"), student.teacher.contents.baseline
    if part is None or not baseline:
        return [], []
    forest = ForestScorer.from_arrays(baseline, [t.name for t in student.targets])
    simple = forest.score(part.batch).mean.astype(np.float64)
    lower, upper = intervals.interval(part.prediction.mean, part.prediction.std)
    metrics: list[Metric] = []
    checks: list[CalibrationCheck] = []
    for column, target in enumerate(student.targets):
        facts = TargetFacts(
            target.name, target.endpoint, target.unit, target.direction, target.task
        )
        rows = np.flatnonzero(~np.isnan(part.y[:, column]))
        truth = part.y[rows, column]
        mean = part.prediction.mean[rows, column].astype(np.float64)
        metrics += compare(facts, truth, mean, simple[rows, column], student.seed)
        if target.task == "regression":
            ends = lower[rows, column], upper[rows, column]
            checks += check_intervals(facts, student.teacher.config.level, truth, *ends)
    return metrics, checks
