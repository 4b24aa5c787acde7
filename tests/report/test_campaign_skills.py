from __future__ import annotations

from typing import Any

from hitsieve.campaign.state import Round
from hitsieve.report.campaign_skills import Skill, skills_of
from hitsieve.testing.oracle_kit import FakeOracle

QUICK: dict[str, Any] = {
    "labels": 80,
    "chosen": "blend",
    "skills": {"forest": {"spearman": 0.5}, "blend": {"spearman": 0.6}},
    "pruned": {"dropped": 12, "expected_loss": 0.01},
}
CARD: dict[str, Any] = {
    "metrics": [
        {"metric": "rmse", "value": 1.0, "baseline": 2.0},
        {"metric": "spearman", "value": 0.4, "baseline": 0.3},
    ]
}


def _rounds(*told: dict[str, Any]) -> list[Round]:
    empty = FakeOracle().measure([])
    return [Round(n, "m", (), empty, surrogate=one) for n, one in enumerate(told)]


def test_quick_surrogates_tell_every_kind() -> None:
    found, kinds = skills_of(_rounds({}, QUICK))
    assert found == [
        Skill(1, "", 80, "blend", {"forest": 0.5, "blend": 0.6}, dropped=12, loss=0.01)
    ]
    assert kinds == ["forest", "blend"]


def test_a_panel_tells_of_each_target() -> None:
    told = {"model": "p", "targets": {"A": QUICK, "B": {**QUICK, "chosen": "forest"}}}
    found, kinds = skills_of(_rounds(told))
    assert [(one.target, one.chosen) for one in found] == [("A", "blend"), ("B", "forest")]
    assert kinds == ["forest", "blend"]


def test_graph_networks_tell_what_their_card_says() -> None:
    found, kinds = skills_of(_rounds(CARD, {"targets": {"A": CARD, "B": QUICK}}))
    assert found[0] == Skill(0, "", None, "network", {"network": 0.4, "baseline": 0.3})
    assert [one.target for one in found[1:]] == ["A", "B"]
    assert kinds == ["network", "baseline", "forest", "blend"]


def test_a_card_without_ranks_says_nothing() -> None:
    assert skills_of(_rounds({"metrics": CARD["metrics"][:1]})) == ([], [])
