"""A student as a bundle: its own weights, with what it takes over from its teacher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.calibration.applicability import Applicability
from hitsieve.modeling.fidelity import measure_fidelity
from hitsieve.modeling.student_judged import (
    calibrate_student,
    judge_student,
    measured_part,
    student_training,
)
from hitsieve.modeling.tables import golden_table
from hitsieve.provenance import fingerprint, versions
from hitsieve.registry.card import DataSource, ModelCard
from hitsieve.registry.config import BundleConfig
from hitsieve.registry.contents import BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints
from hitsieve.training.ensemble import ensemble_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.library.library import Library
    from hitsieve.modeling.lesson import Lesson
    from hitsieve.modeling.student_judged import Measured
    from hitsieve.networks.config import NetworkConfig
    from hitsieve.registry.bundle import Bundle
    from hitsieve.registry.card import CalibrationCheck, Metric
    from hitsieve.registry.config import TargetConfig
    from hitsieve.scoring.gnn import GnnScorer
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

    @property
    def classes(self) -> np.ndarray:
        """Which targets are classes: bool (T,)."""
        return np.array([target.task == "classification" for target in self.targets])


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
    training = student_training(teacher.training, student.seed)
    valid, test = (measured_part(student, training, part) for part in ("valid", "test"))
    calibration = calibrate_student(student, valid)
    judged = judge_student(student, calibration, test)
    # A domain in the teacher's own space says nothing about another network's.
    theirs = Applicability.from_arrays(teacher.domain)
    domain = Applicability(theirs.fingerprint, None, theirs.seen)
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
        training=training,
        baseline=teacher.baseline,
        card=_card(student, library, lesson, judges, judged).model_copy(
            update={"calibrated_on": _calibrated_on(valid)}
        ),
    )


def _card(
    student: Student,
    library: Library,
    lesson: Lesson,
    judges: Lesson,
    judged: tuple[tuple[Metric, ...], tuple[CalibrationCheck, ...]],
) -> ModelCard:
    teacher = student.teacher
    theirs = teacher.contents.card
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
        metrics=judged[0],
        calibration=judged[1],
        teacher=f"{teacher.name} (digest {teacher.digest})",
        fidelity=measure_fidelity(
            student.targets,
            student.scorer.score(judges.batch).mean.astype(np.float64),
            judges.teacher.astype(np.float64),
            student.seed,
        ),
        domain=_domain(theirs.domain, teacher),
        warnings=(*theirs.warnings, *_warnings(student, judged[0])),
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


def _warnings(student: Student, metrics: Sequence[Metric]) -> list[str]:
    if metrics:
        return []
    return [f"{student.name} was compared with its teacher only: there is no measured test part."]


def _calibrated_on(valid: Measured | None) -> str:
    if valid is None:
        return ""
    return f"Fitted on {len(valid.y)} measured compounds that its teacher did not learn from."
