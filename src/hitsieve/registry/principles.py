"""The five OECD principles for QSAR models, answered from a model card's own entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.config import StrictConfig
from hitsieve.registry.markdown import number, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.registry.card import ModelCard


class Principle(StrictConfig):
    """A principle of OECD ENV/JM/MONO(2007)2, and what a model has to say to it."""

    number: int
    principle: str
    answer: str


def answers(card: ModelCard) -> tuple[Principle, ...]:
    """Return the answers of a card, in the order of the principles."""
    endpoints = "; ".join(
        f"{t.target}: {t.endpoint} ({t.unit}), {t.direction} is better" for t in card.targets
    )
    told = (
        ("A defined endpoint", endpoints or "not known"),
        (
            "An unambiguous algorithm",
            (
                f"{card.summary} Recipe {card.recipe}, seed {card.seed}; weights, settings and "
                "software versions are in the bundle; golden predictions prove them at each load."
            ),
        ),
        ("A defined domain of applicability", card.domain),
        ("Goodness of fit, robustness and predictivity", _performance(card)),
        (
            "A mechanistic interpretation, if possible",
            (
                "None is claimed: the model finds correlations. What it looks at in a compound, "
                "and the measured compounds nearest to it, are shown by `hitsieve explain`."
            ),
        ),
    )
    return tuple(
        Principle(number=place, principle=principle, answer=answer)
        for place, (principle, answer) in enumerate(told, start=1)
    )


def principles_section(principles: Sequence[Principle]) -> str:
    """Return the principles with their answers as Markdown."""
    rows = [(str(p.number), p.principle, p.answer) for p in principles]
    return "## The five OECD principles for QSAR models\n\n" + table(
        ("", "principle", "answer"), rows
    )


def _performance(card: ModelCard) -> str:
    fit = ", ".join(f"{f.target} {f.metric} {number(f.value)}" for f in card.fit)
    tested = ", ".join(f"{m.target} {m.metric} {m.network}" for m in card.metrics)
    return (
        f"Fit on the training part: {fit or 'not measured'}. Predictivity on held-out compounds: "
        f"{tested or 'not measured'}. {_robustness(card)}"
    )


def _robustness(card: ModelCard) -> str:
    """Say how far the measures depend on the compounds tested, and on how they were divided."""
    ways = sorted({s.split for s in card.splits})
    intervals = any(m.network.low is not None for m in card.metrics)
    tested = (
        "the 95 % bootstrap intervals in brackets tell how far these numbers depend on which "
        "compounds were tested"
        if intervals
        else "no interval tells how far these numbers depend on which compounds were tested"
    )
    divided = (
        f"robustness over {', '.join(ways)} splits: see the table by kind of split"
        if ways
        else "how far they depend on how compounds were divided was not measured "
        "(`hitsieve train --compare-splits` trains the model on other divisions and tells it)"
    )
    return f"Robustness: {tested}; {divided}."
