from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.acquisition.desirability import TransformConfig, desirability
from hitsieve.campaign.hopeless import Foretold, needed, reach
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.quick.spread import Tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

RISING = TransformConfig(low=5.0, high=8.0)
FALLING = TransformConfig(kind="falling", low=-3.0, high=2.0)
WINDOW = TransformConfig(kind="inside", low=1.0, high=4.0)
LINEAR = TransformConfig(kind="linear", low=0.0, high=1.0)
N = 200


def objective(aggregate: str, *, beside: bool = False) -> ObjectiveConfig:
    components = [
        ComponentConfig(target="a", transform=RISING, weight=2.0),
        ComponentConfig(target="b", transform=FALLING),
        ComponentConfig(target="c", transform=WINDOW),
    ]
    if beside:
        known = TransformConfig(kind="falling", low=10.0, high=30.0)
        components.append(ComponentConfig(property="heavy_atoms", transform=known))
    return ObjectiveConfig(components=tuple(components), aggregate=aggregate)


def told(kind: str) -> Foretold:
    tail = Tail(4.0, 1.3) if kind != "c" else Tail()
    return Foretold(Path(kind), tail, higher_is_better=kind != "b")


KNOWN = {kind: told(kind) for kind in "abc"}


def predictions(rng: np.random.Generator) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    return {
        "a": (rng.uniform(4, 9, N), rng.uniform(0.05, 1.5, N)),
        "b": (rng.uniform(-4, 4, N), rng.uniform(0.05, 1.5, N)),
        "c": (rng.uniform(-1, 6, N), rng.uniform(0.05, 1.5, N)),
    }


def drawn(
    rng: np.random.Generator, mean: NDArray[Any], std: NDArray[Any], one: Foretold
) -> NDArray[Any]:
    """Values as the tails say, (draws, n)."""
    nu, width = one.tail.freedom, one.tail.width  # type: ignore[union-attr]
    return mean + std * width * np.sqrt((nu - 2) / nu) * rng.standard_t(nu, (2000, N))


@pytest.mark.parametrize("aggregate", ["geometric_mean", "mean", "worst"])
@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("utility", [0.5, 0.95])
def test_no_chance_is_higher_than_the_bound(
    aggregate: str, utility: float, *, beside: bool
) -> None:
    rng = np.random.default_rng(int(100 * utility))
    wishes, said = objective(aggregate, beside=beside), predictions(rng)
    fixed = {"heavy_atoms": rng.uniform(8, 35, N)} if beside else {}
    bound = reach(wishes, utility, fixed, said, KNOWN)
    values = {kind: drawn(rng, *said[kind], KNOWN[kind]) for kind in said}
    parts = [
        desirability(
            one.transform,
            values[one.target] if one.target else np.tile(fixed[one.property], (2000, 1)),
        )
        for one in wishes.components
    ]
    happened = (wishes.join(np.stack(parts, axis=-1)) >= utility).mean(axis=0)
    slack = 4 * np.sqrt(np.maximum(bound * (1 - bound), 1e-4) / 2000)
    assert (happened <= bound + slack).all()
    # It is no idle bound where much is asked: many compounds are all but ruled out by it.
    assert utility < 0.9 or (bound < 0.01).mean() > 0.3


def test_with_one_wish_the_bound_is_the_chance() -> None:
    rng = np.random.default_rng(1)
    wishes = ObjectiveConfig(components=(ComponentConfig(target="a", transform=RISING),))
    said = {"a": predictions(rng)["a"]}
    bound = reach(wishes, 0.6, {}, said, KNOWN)
    values = drawn(rng, *said["a"], KNOWN["a"])
    happened = (desirability(RISING, values) >= 0.6).mean(axis=0)
    assert np.abs(happened - bound).max() < 0.04


def test_what_is_known_counts_as_it_is() -> None:
    wishes = ObjectiveConfig(
        components=(
            ComponentConfig(target="a", transform=LINEAR),
            ComponentConfig(property="clogp", transform=LINEAR),
        )
    )
    wanted = needed(wishes, {"clogp": np.array([1.0, 0.36, 0.16])}, 0.6)
    # The geometric mean of x and 0.36 is 0.6 at x = 1; with 0.16 it never is.
    assert wanted[:, 0] == pytest.approx([0.36, 1.0, 2.25])
    said = {"a": (np.array([9.0, 9.0, 9.0]), np.array([0.1, 0.1, 0.1]))}
    known = {"a": Foretold(Path("a"), Tail(), higher_is_better=True)}
    chance = reach(wishes, 0.6, {"clogp": np.array([1.0, 0.36, 0.16])}, said, known)
    assert chance[0] == pytest.approx(1)
    assert chance[2] == 0


@pytest.mark.parametrize(
    ("aggregate", "wanted"), [("mean", 0.2), ("geometric_mean", 0.36), ("worst", 0.6)]
)
def test_others_are_taken_at_their_best(aggregate: str, wanted: float) -> None:
    wishes = ObjectiveConfig(
        components=tuple(ComponentConfig(target=t, transform=LINEAR) for t in "ab"),
        aggregate=aggregate,
    )
    assert needed(wishes, {}, 0.6) == pytest.approx(np.full((1, 2), wanted))


def test_nobody_is_ruled_out_by_errors_nobody_judged() -> None:
    rng = np.random.default_rng(1)
    wishes, said = objective("worst"), predictions(rng)
    blind = {kind: Foretold(Path(kind), None, higher_is_better=kind != "b") for kind in "abc"}
    assert (reach(wishes, 0.9, {}, said, blind) == 1).all()
    # Nor by a tail towards the other end than the wish goes.
    other = {kind: Foretold(Path(kind), Tail(), higher_is_better=kind == "b") for kind in "abc"}
    assert (reach(wishes, 0.9, {}, said, other) == 1).all()


def test_what_equals_the_best_to_the_last_digit_is_not_ruled_out() -> None:
    wishes = ObjectiveConfig(components=(ComponentConfig(target="a", transform=RISING),))
    said = {"a": (np.array([30.0]), np.array([0.1]))}
    assert desirability(RISING, [30.0])[0] == 1.0
    assert reach(wishes, 1.0, {}, said, KNOWN)[0] > 0.99


def test_the_tail_is_that_of_what_scored_the_pool() -> None:
    skills = {kind: {"freedom": nu, "upward": 1.1} for kind, nu in (("fast", 4.0), ("good", 9.0))}
    scouted = Foretold.of(
        Path("x"), {"skills": skills, "scout": "fast", "chosen": "good"}, higher_is_better=True
    )
    assert scouted.tail == Tail(4.0, 1.1)
    alone = {"skills": skills, "scout": None, "chosen": "good"}
    assert Foretold.of(Path("x"), alone, higher_is_better=True).tail == Tail(9.0, 1.1)
    assert Foretold.of(Path("x"), {"metrics": []}, higher_is_better=True).tail is None
