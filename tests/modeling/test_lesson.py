from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.errors import DatasetError, IncompleteError
from hitsieve.library.library import Library
from hitsieve.modeling.lesson import FEWEST, ask_teacher
from hitsieve.registry.registry import Registry
from hitsieve.schema.teaching import may_teach
from hitsieve.scoring.load import load_scorer

if TYPE_CHECKING:
    from pathlib import Path


def ask(school: Any, seed: int = 0, **settings: Any) -> Any:
    given = {"sample": 120, "held_out": 200, "seed": seed, "progress": lambda *_: None}
    folder = Registry(school.models).resolve("small").folder
    with SerialExecutor() as executor:
        return ask_teacher(folder, Library.open(school.library), executor, **(given | settings))


def test_none_that_judges_teaches(school: Any) -> None:
    told: list[tuple[int, int]] = []
    lesson, judges = ask(school, progress=lambda *step: told.append(step))
    assert (len(lesson), len(judges)) == (120, 200)
    assert all(may_teach(lesson.batch.compound_ids).to_pylist())
    assert not any(may_teach(judges.batch.compound_ids).to_pylist())
    assert told[-1][0] == told[-1][1] == len(told)
    scorer = load_scorer(Registry(school.models).resolve("small").folder)
    for part in (lesson, judges):
        np.testing.assert_allclose(
            part.teacher,
            scorer.judgment.warmed(scorer.model.score(part.batch).mean),
            rtol=1e-4,
            atol=1e-5,
        )


def test_the_seed_draws(school: Any) -> None:
    first, again, other = (ask(school, seed, sample=110)[0] for seed in (0, 0, 1))
    assert first.batch.compound_ids.equals(again.batch.compound_ids)
    assert np.array_equal(first.teacher, again.teacher)
    assert not first.batch.compound_ids.equals(other.batch.compound_ids)


def test_a_small_library_needs_no_student(school: Any) -> None:
    with pytest.raises(DatasetError, match=rf"gives 20 compounds.*{FEWEST} of each"):
        ask(school, sample=20)
    with pytest.raises(DatasetError, match="30 to be judged on"):
        ask(school, held_out=30)


def test_a_changed_shard_is_refused(school: Any, tmp_path: Path) -> None:
    shutil.copytree(school.library, tmp_path / "library")
    for path in (tmp_path / "library/shards").iterdir():
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(IncompleteError, match="not the file the library's manifest lists"):
        ask(replace(school, library=tmp_path / "library"))
