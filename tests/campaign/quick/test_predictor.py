from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from hitsieve.campaign.quick.predictor import BLEND, Predictor, best_of, blended
from hitsieve.campaign.quick.said import Said, Skill

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds, Need


class Fixed:
    """Says the same of whatever it is asked."""

    def __init__(self, mean: list[float], std: list[float], needs: Need = "bits") -> None:
        self.said = Said(np.array(mean), np.array(std))
        self.needs = needs

    needs: ClassVar[Need] = "bits"

    def predict(self, compounds: Compounds) -> Said:
        del compounds
        return self.said

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        return {}


def skill(score: float, **more: Any) -> Skill:
    values = {"rmse": 0.4, "stretch": 1.0, **more}
    return Skill(spearman=score, recall=score, **values)


def predictor(models: dict[str, Fixed], weights: dict[str, float], **more: Any) -> Predictor:
    values: dict[str, Any] = {"skill": skill(0.5), "sign": 1.0, **more}
    return Predictor("m", models, weights, seen=np.zeros(256, np.uint8), **values)


NOTHING: Any = None


def test_one_model_speaks_for_itself_with_spreads_as_its_errors_ask() -> None:
    model = Fixed([1.0, 2.0, 3.0], [0.1, 0.2, 0.0])
    said = predictor({"a": model}, {"a": 1.0}, skill=skill(0.5, stretch=2.0)).predict(NOTHING)
    assert said.mean.tolist() == [1.0, 2.0, 3.0]
    # One without a spread gets the error on left-out compounds.
    assert said.std.tolist() == pytest.approx([0.2, 0.4, 0.4])


def test_low_values_come_back_in_their_own_direction() -> None:
    said = predictor({"a": Fixed([9.5], [0.5])}, {"a": 1.0}, sign=-1.0).predict(NOTHING)
    assert said.mean.tolist() == [-9.5]
    assert said.std.tolist() == [0.5]


def test_a_blend_is_the_weighted_mean_and_its_spread_holds_what_parts_its_members() -> None:
    models = {"a": Fixed([1.0, 4.0], [0.3, 0.3]), "b": Fixed([3.0, 4.0], [0.3, 0.3])}
    said = predictor(models, {"a": 0.25, "b": 0.75}).predict(NOTHING)
    assert said.mean.tolist() == [2.5, 4.0]
    apart = 0.25 * 1.5**2 + 0.75 * 0.5**2
    assert said.std == pytest.approx([np.sqrt(0.09 + apart), 0.3])


def test_who_has_no_weight_has_no_word() -> None:
    said = {
        "a": Said(np.array([1.0]), np.array([0.1])),
        "b": Said(np.array([9.0]), np.array([5.0])),
    }
    found = blended(said, {"a": 1.0, "b": 0.0})
    assert found.mean.tolist() == [1.0]
    assert found.std == pytest.approx([0.1])


def test_it_reads_what_any_of_its_models_reads() -> None:
    models = {"a": Fixed([1.0], [1.0]), "b": Fixed([1.0], [1.0], "counts")}
    assert predictor(models, {"a": 0.5, "b": 0.5}).needs == {"bits", "counts"}


def test_the_best_rank_skill_wins_and_a_blend_that_is_as_good() -> None:
    skills = {"a": skill(0.6), "b": skill(0.7)}
    assert best_of(skills, 100) == "b"
    # Half of one over the root of a hundred labels is 0.05, of ten thousand 0.005.
    for labels, blend, wanted in ((100, 0.66, BLEND), (100, 0.64, "b"), (10_000, 0.66, "b")):
        assert best_of({**skills, BLEND: skill(blend)}, labels) == wanted
