from __future__ import annotations

import pytest

from hitsieve.registry.card import Estimate, Fit, Metric, ModelCard, SplitMetric, render_card
from hitsieve.registry.card_sections import LossCurve, ReliabilityBin


def _metric(better: str, network: float, baseline: float, margin: float) -> Metric:
    def around(value: float) -> Estimate:
        return Estimate(low=value - margin, value=value, high=value + margin)

    return Metric.model_validate(
        {
            "target": "t",
            "metric": "m",
            "better": better,
            "compounds": 9,
            "network": around(network),
            "baseline": around(baseline),
            "difference": around(network - baseline),
        }
    )


@pytest.mark.parametrize(
    ("better", "network", "baseline", "margin", "verdict", "ahead"),
    [
        ("lower", 0.5, 0.9, 0.1, "network", False),
        ("lower", 0.9, 0.5, 0.1, "baseline", True),
        ("higher", 0.9, 0.5, 0.1, "network", False),
        ("higher", 0.5, 0.9, 0.1, "baseline", True),
        ("lower", 0.9, 0.8, 0.2, "undecided", True),
    ],
)
def test_verdict_follows_the_interval_of_the_difference(
    *, better: str, network: float, baseline: float, margin: float, verdict: str, ahead: bool
) -> None:
    metric = _metric(better, network, baseline, margin)
    assert metric.verdict == verdict
    assert metric.baseline_ahead is ahead


def test_an_undefined_difference_decides_nothing() -> None:
    nothing = Estimate(low=None, value=None, high=None)
    metric = _metric("lower", 0.1, 0.9, 0.01).model_copy(
        update={"network": nothing, "difference": nothing}
    )
    assert metric.verdict == "undecided"
    assert metric.baseline_ahead is False
    assert str(nothing) == "not defined"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((0.1, 0.2, 0.3), "0.200 (0.100 to 0.300)"),
        ((-0.0002, 0.5, 0.9), "0.500 (-0.000 to 0.900)"),
        ((1e-9, 2.5e-9, 3.14159e-9), "2.5e-09 (1e-09 to 3.14e-09)"),
        ((9e5, 1e6, 1.25e6), "1e+06 (900000 to 1.25e+06)"),
    ],
)
def test_an_estimate_is_told_in_any_unit(values: tuple[float, float, float], told: str) -> None:
    low, value, high = values
    assert str(Estimate(low=low, value=value, high=high)) == told


def test_the_page_says_what_matters(card: ModelCard) -> None:
    warned = card.model_copy(update={"warnings": ("the random forest is better",)})
    page = render_card(warned)
    for text in ("**Warning:** the random forest is better", "0.800 (0.700 to 0.900)", "MIT"):
        assert text in page
    assert "Not for peptides." in page


def test_names_cannot_break_the_page(card: ModelCard) -> None:
    hostile = card.data[0].model_copy(update={"name": "a|b\n<script>"})
    page = render_card(card.model_copy(update={"data": (hostile,)}))
    assert "<script>" not in page
    assert "a\\|b &lt;script>" in page


def test_the_five_principles_are_answered_from_the_card(card: ModelCard) -> None:
    page = render_card(card)
    section = page[page.index("## The five OECD principles") :]
    for text in ("A defined endpoint", "bace: pIC50 (pX), higher is better", "Recipe fast, seed 1",
                 "near the training compounds", "not measured", "hitsieve explain"):  # fmt: skip
        assert text in section
    for item in card.principles:
        assert f"| {item.number} | {item.principle} | {item.answer} |" in section
    assert "Performance by kind of split" not in page


def test_kinds_of_split_stand_side_by_side(card: ModelCard) -> None:
    metric = card.metrics[0]
    rows = tuple(
        SplitMetric(split=kind, **metric.model_dump(exclude={"difference"}))
        for kind in ("random", "scaffold", "cluster")
    )
    fit = (Fit(target="bace", metric="rmse", value=0.25),)
    page = render_card(card.model_copy(update={"splits": rows, "fit": fit}))
    table = page[page.index("## Performance by kind of split") :]
    for kind in ("random", "scaffold", "cluster"):
        assert f"| {kind} | 1 | 0.800 (0.700 to 0.900) |" in table
    assert "bace rmse 0.250" in page
    assert "robustness over cluster, random, scaffold splits" in page


def test_curves_and_reliability_are_told(card: ModelCard) -> None:
    curve = LossCurve(member=0, best=2, train_loss=(0.9, 0.5), stopping_loss=(0.8, 0.625))
    bins = ReliabilityBin(target="a|b", calibrated=True, promised=0.7, observed=0.4, compounds=11)
    page = render_card(card.model_copy(update={"curves": (curve,), "reliability": (bins,)}))
    assert "| 0 | 2 | 2 | 0.5000 | 0.6250 |" in page
    assert "| after | 0.70 | 0.40 | 11 |" in page
    assert "## Fitting" not in render_card(card)
    assert "## Reliability" not in render_card(card)
