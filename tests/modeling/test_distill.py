from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError, FingerprintError, NotFoundError
from hitsieve.library import LibraryConfig, build_library
from hitsieve.modeling.distill import DistillConfig, StudentTraining, distill
from hitsieve.registry.bundle import read_bundle
from hitsieve.registry.registry import Registry
from hitsieve.scoring.load import load_scorer
from hitsieve.testing.scorer_kit import SCORER_CHECKS, sample_batch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.modeling.distill import DistilledModel


def config(school: Any, tmp_path: Path, **settings: Any) -> DistillConfig:
    given = {
        "teacher": str(Registry(school.models).resolve("small").folder),
        "library": school.library,
        "registry": tmp_path / "models",
        "sample": 180,
        "held_out": 300,
        "network": {"hidden": 24, "head_hidden": 24},
        "training": {"epochs": 15, "batch_size": 32, "learning_rate": 5e-3},
    }
    return DistillConfig.model_validate(given | settings)


@pytest.fixture(scope="module")
def made(school: Any, tmp_path_factory: pytest.TempPathFactory) -> DistilledModel:
    with SerialExecutor() as executor:
        return distill(config(school, tmp_path_factory.mktemp("distilled")), executor)


def test_a_student_says_what_its_teacher_says(school: Any, made: DistilledModel) -> None:
    assert made.entry.reference == "small-student@1"
    student = load_scorer(made.entry.folder)
    teacher = load_scorer(Registry(school.models).resolve("small").folder)
    assert student.targets == teacher.targets
    found = {f.measure: f.student.value for f in made.card.fidelity if f.target == "potency"}
    assert found["spearman"] > 0.9
    batch = sample_batch()
    values = student.score(batch).mean[:, student.targets.index("amine")]
    assert ((values >= 0) & (values <= 1)).all(), "probabilities stay probabilities"


def test_it_takes_over_what_must_not_be_lost(school: Any, made: DistilledModel) -> None:
    teacher = read_bundle(Registry(school.models).resolve("small").folder)
    student = read_bundle(made.entry.folder).contents
    card = student.card
    assert card.teacher == f"small@1 (digest {teacher.digest})"
    assert card.data[:-1] == teacher.contents.card.data
    assert card.data[-1].name == "library"
    assert card.data[-1].kept == 180
    assert student.training.equals(teacher.contents.training)
    assert set(student.golden["smiles"].to_pylist()) == set(
        teacher.contents.golden["smiles"].to_pylist()
    ), "no structure of the library"
    told = [(t.name, t.endpoint, t.unit, t.direction, t.task) for t in student.config.targets]
    theirs = [(t.name, t.endpoint, t.unit, t.direction, t.task) for t in teacher.config.targets]
    assert told == theirs
    assert student.config.members == 1
    assert not student.config.blend
    assert "## Fidelity to its teacher" in (made.entry.folder / "card.md").read_text()


def test_it_is_judged_on_the_teachers_test_part(made: DistilledModel) -> None:
    assert {m.target for m in made.card.metrics} == {"potency", "amine"}
    share = next(c for c in made.card.calibration if "inside the interval" in c.measure)
    assert share.found is not None
    assert share.found > 0.6
    scorer = load_scorer(made.entry.folder)
    batch = sample_batch()
    lower, upper = scorer.bounds(scorer.score(batch))
    column = scorer.targets.index("potency")
    assert (lower[:, column] < upper[:, column]).all()


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
def test_contract(made: DistilledModel, check: Callable[..., None]) -> None:
    check(load_scorer(made.entry.folder), sample_batch())


def test_equal_seeds_give_equal_bytes(school: Any, made: DistilledModel, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    with SerialExecutor() as executor:
        again = distill(config(school, tmp_path), executor, lambda *step: steps.append(step))
        other = distill(config(school, tmp_path, seed=1, training={"epochs": 2}), executor)
    assert again.digest == made.digest
    assert other.digest != made.digest
    assert {step[0] for step in steps} == {"teacher", "fit"}


def test_what_cannot_be_distilled(school: Any, tmp_path: Path) -> None:
    with SerialExecutor() as executor:
        with pytest.raises(NotFoundError):
            distill(config(school, tmp_path, teacher="nobody"), executor)
        with pytest.raises(ConfigError, match="cannot name a model"):
            distill(config(school, tmp_path, name="../up"), executor)
        compounds = tmp_path / "few.smi"
        compounds.write_text("CCO a\nCCN b\n")
        other = LibraryConfig.model_validate(
            {
                "inputs": [str(compounds)],
                "output": tmp_path / "few",
                "policy": {"max_heavy_atoms": 40},
            }
        )
        build_library(other, executor)
        with pytest.raises(FingerprintError, match="max_heavy_atoms"):
            distill(config(school, tmp_path, library=tmp_path / "few"), executor)
    with pytest.raises(ValueError, match="members"):
        StudentTraining(members=2)


def test_certain_probabilities_have_finite_logits() -> None:
    from hitsieve.modeling.distill import _unbounded
    from hitsieve.registry.config import TargetConfig

    classes = TargetConfig(
        name="c", endpoint="e", unit="class", direction="higher", task="classification"
    )
    found = _unbounded(np.array([[0.0], [0.5], [1.0]]), (classes,))
    assert np.isfinite(found).all()
    assert found[1, 0] == pytest.approx(0.0)
