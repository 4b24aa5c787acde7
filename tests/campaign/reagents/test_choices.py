from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.reagents import choices
from hitsieve.campaign.reagents.choices import (
    as_choice,
    as_choices,
    count,
    draw,
    every,
    inside,
    without,
)
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.library.enumerate import EnumerationConfig

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def both(space: dict[str, Any], tmp_path: Path) -> SynthonSpace:
    """900 ureas, of which some are too heavy, and 14 products of three components."""
    files = space["reagents"]["urea"]
    few = {}
    for role, smiles in {
        "anthranilic_acid": ["Nc1ccccc1C(=O)O"],
        "amine": [f"{'C' * n}N" for n in range(2, 9)],
        "acid": ["CC(=O)O", "CCC(=O)O"],
    }.items():
        path = tmp_path / f"few-{role}.smi"
        path.write_text("".join(f"{one} {role}{n}\n" for n, one in enumerate(smiles)))
        few[role] = [str(path)]
    config = EnumerationConfig.model_validate(
        {
            "reactions": ["urea", "quinazolinone"],
            "reagents": {"urea": files, "quinazolinone": few},
            "product": {"max_heavy_atoms": 20, "max_mw": 1000.0, "min_mw": 0.0},
        }
    )
    return SynthonSpace(config, BudgetConfig())


def test_all_choices_are_those_that_can_be_made(both: SynthonSpace) -> None:
    found = {as_choice(row) for row in every(both)}
    wanted = {(0, i, j) for i in range(30) for j in range(30)}
    wanted |= {(1, 0, j, k) for j in range(7) for k in range(2)}
    made = {choice for choice in wanted if both.make(choice) is not None}
    assert found == made
    assert len(made) == count(both) < 914


def test_choices_are_an_array_and_back(both: SynthonSpace) -> None:
    some = [(0, 3, 4), (1, 0, 6, 1)]
    rows = as_choices(some, both)
    assert rows.tolist() == [[0, 3, 4, -1], [1, 0, 6, 1]]
    assert [as_choice(row) for row in rows] == some
    assert as_choices([], both).shape == (0, 4)


def test_a_draw_is_uniform_over_all_reactions(both: SynthonSpace) -> None:
    rows = draw(both, 90_000, np.random.default_rng(3))
    assert (rows[:, 0] == 1).mean() == pytest.approx(14 / 914, rel=0.1)
    ureas = rows[rows[:, 0] == 0]
    seen = np.bincount(ureas[:, 1] * 30 + ureas[:, 2], minlength=900)
    assert len(seen) == 900
    assert abs(seen.std() - np.sqrt(seen.mean())) < 1, "as Poisson has it"
    assert (ureas[:, 3] == -1).all()


def test_a_large_space_is_counted_from_a_sample(
    both: SynthonSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = count(both)
    monkeypatch.setattr(choices, "COUNTED", 500)
    assert count(both) == pytest.approx(exact, rel=0.02)


def test_what_cannot_be_had_is_outside(both: SynthonSpace) -> None:
    some = as_choices([(0, 0, 0), (0, 1, 0), (1, 0, 0, 0)], both)
    assert inside(both, some).all()
    both.available[0][0][1] = False
    assert inside(both, some).tolist() == [True, False, True]


def test_what_is_taken_is_left_out_in_order(both: SynthonSpace) -> None:
    whole = every(both)
    taken = {(0, 3, 4), (1, 0, 5, 1), (0, 0, 0)}
    left = without(both, whole, taken)
    assert [as_choice(row) for row in left] == [
        as_choice(row) for row in whole if as_choice(row) not in taken
    ]
    assert len(left) == len(whole) - 3
    assert len(without(both, whole, ())) == len(whole)
