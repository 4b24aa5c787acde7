from __future__ import annotations

from hitsieve.registry.card import Estimate, ModelCard


def test_the_answers_stand_in_the_json_and_follow_the_card(card: ModelCard) -> None:
    told = card.model_dump(mode="json")
    assert [item["number"] for item in told["principles"]] == [1, 2, 3, 4, 5]
    assert told["principles"][0]["answer"] == "bace: pIC50 (pX), higher is better"
    # What a file says is not believed: it is told anew.
    forged = told | {"principles": [{"number": 1, "principle": "", "answer": "perfect"}]}
    assert ModelCard.model_validate(forged) == card
    assert ModelCard.model_validate(forged).principles == card.principles
    del told["principles"]
    assert ModelCard.model_validate(told) == card, "a card of before is read"
    assert card.model_copy(update={"domain": "elsewhere"}).principles[2].answer == "elsewhere"


def test_robustness_is_what_was_measured_and_no_more(card: ModelCard) -> None:
    default = card.principles[3].answer
    assert "bace rmse 0.800 (0.700 to 0.900)" in default
    assert "bootstrap intervals in brackets" in default
    assert "divided was not measured (`hitsieve train --compare-splits`" in default
    nothing = Estimate(low=None, value=None, high=None)
    bare = card.metrics[0].model_copy(update={"network": nothing})
    assert "no interval tells" in card.model_copy(update={"metrics": (bare,)}).principles[3].answer
    assert "no interval tells" in card.model_copy(update={"metrics": ()}).principles[3].answer
