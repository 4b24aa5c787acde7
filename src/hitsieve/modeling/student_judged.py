"""A student's calibration, and what it shows, on measured compounds its teacher did not learn from.

A teacher that is calibrated on left-out compounds has learned from all but the test part, and its
student from its word. Then half of the test part is the student's validation part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hitsieve.assays.twins import twin_groups
from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.calibration.venn_abers import VennAbers
from hitsieve.modeling.evaluate import check_intervals, compare
from hitsieve.modeling.labels import TargetFacts
from hitsieve.provenance import child_seed
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.forest import ForestScorer

if TYPE_CHECKING:
    from hitsieve.modeling.student import Student
    from hitsieve.registry.card import CalibrationCheck, Metric
    from hitsieve.scoring.protocol import Prediction


@dataclass(frozen=True, slots=True)
class Measured:
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


def student_training(table: pa.Table, seed: int) -> pa.Table:
    """Return a teacher's measured compounds with parts that calibrate and judge its student.

    Stereoisomers and tautomers stay in one part, so that none is judged by its twin's value.

    Parameters
    ----------
    table
        Rows of ``TRAINING_SCHEMA``.
    seed
        Draws the half of the test part that becomes the validation part where there is none.
    """
    parts = np.array(table["part"].to_pylist(), dtype=object)
    if not (parts == "valid").any():
        test = np.random.default_rng(child_seed(seed, "halves")).permutation(
            np.flatnonzero(parts == "test")
        )
        rows = table.select(["compound_id", "smiles"]).to_pydict()
        twins = twin_groups(rows["compound_id"], rows["smiles"])
        drawn = twins[test[: len(test) // 2]]
        parts[test[np.isin(twins[test], drawn)]] = "valid"
    place = table.schema.get_field_index("part")
    return table.set_column(place, table.schema.field("part"), pa.array(parts, pa.string()))


def calibrate_student(student: Student, part: Measured | None) -> dict[str, Any]:
    """Fit intervals and probabilities on compounds the teacher did not learn from."""
    names = len(student.targets)
    nothing = np.full((1, names), np.nan)
    y, mean, std = (
        (nothing, np.zeros((1, names)), np.zeros((1, names)))
        if part is None
        else (part.y, part.prediction.mean, part.prediction.std)
    )
    classes, level = student.classes, student.teacher.config.level
    return {
        "intervals": ConformalIntervals.fit(np.where(classes, np.nan, y), mean, std, level),
        # the teacher's probabilities came true already
        "temperature": TemperatureScaling.fit(nothing, np.full((1, names), 0.5)),
        "probabilities": VennAbers.fit(np.where(classes, y, np.nan), np.where(classes, mean, 0.5)),
    }


def _final(
    student: Student, calibration: dict[str, Any], said: Prediction
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return calibrated predictions with lower and upper ends, (n, T) each."""
    classes = student.classes
    probability = calibration["probabilities"].apply(np.where(classes, said.mean, 0.5))
    mean = np.where(classes, probability, said.mean)
    low, high = calibration["intervals"].interval(mean, said.std)
    below, above = calibration["probabilities"].bounds(probability)
    return mean, np.where(classes, below, low), np.where(classes, above, high)


def measured_part(student: Student, training: pa.Table, part: str) -> Measured | None:
    """Predict the measured compounds of one part; None if there are none."""
    rows = [row for row in training.to_pylist() if row["part"] == part]
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
    return Measured(y, batch, student.scorer.score(batch))


def judge_student(
    student: Student, calibration: dict[str, Any], test: Measured | None
) -> tuple[tuple[Metric, ...], tuple[CalibrationCheck, ...]]:
    """Judge a student on its test part, beside the same forest as the teacher was."""
    baseline = student.teacher.contents.baseline
    if test is None or not baseline:
        return (), ()
    mean, lower, upper = _final(student, calibration, test.prediction)
    forest = ForestScorer.from_arrays(baseline, [t.name for t in student.targets])
    simple = forest.score(test.batch).mean.astype(np.float64)
    metrics: list[Metric] = []
    checks: list[CalibrationCheck] = []
    for column, target in enumerate(student.targets):
        facts = TargetFacts(
            target.name, target.endpoint, target.unit, target.direction, target.task
        )
        rows = np.flatnonzero(~np.isnan(test.y[:, column]))
        truth, said = test.y[rows, column], mean[rows, column].astype(np.float64)
        metrics += compare(facts, truth, said, simple[rows, column], student.seed)
        if target.task == "regression":
            ends = lower[rows, column], upper[rows, column]
            checks += check_intervals(facts, student.teacher.config.level, truth, *ends)
    return tuple(metrics), tuple(checks)
