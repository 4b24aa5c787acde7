from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from hitsieve.calibration.applicability import Applicability
from hitsieve.library.library import Library
from hitsieve.modeling.lesson import Lesson
from hitsieve.modeling.student import Student, student_contents
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import Bundle, read_bundle
from hitsieve.registry.registry import Registry
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.load import load_scorer
from hitsieve.testing.scorer_kit import sample_batch
from hitsieve.training.fitted import FittedNetwork

if TYPE_CHECKING:
    from hitsieve.registry.contents import BundleContents


@pytest.fixture(scope="module")
def teacher(school: Any) -> Bundle:
    return read_bundle(Registry(school.models).resolve("small").folder)


def student_of(teacher: Bundle, school: Any) -> BundleContents:
    torch.manual_seed(0)
    shape = NetworkConfig(hidden=8, head_hidden=8)
    network = build_network(shape, len(teacher.config.targets))
    scale = np.ones(len(teacher.config.targets), np.float32)
    student = Student(
        "pupil",
        teacher,
        shape,
        teacher.config.targets,
        FittedNetwork(network.state_dict(), scale, scale, (), 0),
        GnnScorer([network], teacher.config.targets),
        "by hand",
        0,
    )
    batch = sample_batch()
    said = load_scorer(Registry(school.models).resolve("small").folder).score(batch).mean
    lesson = Lesson(batch, said)
    return student_contents(student, Library.open(school.library), lesson, lesson)


def test_the_domain_is_that_of_similarity(teacher: Bundle, school: Any) -> None:
    theirs = Applicability.from_arrays(teacher.contents.domain)
    assert theirs.embedding is not None
    contents = student_of(teacher, school)
    ours = Applicability.from_arrays(contents.domain)
    assert ours.embedding is None
    assert np.array_equal(
        ours.fingerprint.check(sample_batch().morgan)[0],
        theirs.fingerprint.check(sample_batch().morgan)[0],
    )
    assert "leaves out" in contents.card.domain


def test_without_a_test_part_it_says_so(teacher: Bundle, school: Any) -> None:
    table = teacher.contents.training
    part = pa.array(["train"] * len(table))
    place = table.schema.get_field_index("part")
    trained = table.set_column(place, table.schema.field("part"), part)
    alone = replace(teacher, contents=replace(teacher.contents, training=trained))
    contents = student_of(alone, school)
    assert contents.card.metrics == ()
    assert any("no measured test part" in text for text in contents.card.warnings)
    assert set(contents.calibration["intervals"]["method"]) == {"none"}
    told = student_of(teacher, school)
    assert told.calibration["intervals"]["method"][0] != "none"


def test_a_teacher_without_a_validation_part_leaves_its_student_half_of_the_test_part(
    teacher: Bundle, school: Any
) -> None:
    table = teacher.contents.training
    place = table.schema.get_field_index("part")
    parts = table["part"].to_pylist()
    learned = pa.array(["test" if part == "test" else "train" for part in parts])
    alone = replace(
        teacher,
        contents=replace(
            teacher.contents,
            training=table.set_column(place, table.schema.field("part"), learned),
        ),
    )
    contents = student_of(alone, school)
    ours = contents.training["part"].to_pylist()
    test = parts.count("test")
    assert ours.count("valid") == test // 2
    assert ours.count("test") == test - test // 2
    assert [one == "train" for one in ours] == [one != "test" for one in parts]
    told = f"Fitted on {test // 2} measured compounds that its teacher did not learn from."
    assert contents.card.calibrated_on == told
    assert contents.calibration["intervals"]["count"][0] == test // 2
    assert {metric.compounds for metric in contents.card.metrics} == {test - test // 2}
    assert student_of(alone, school).training.equals(contents.training)
    assert student_of(teacher, school).training.equals(table)
