"""What a cascade tells of itself: who scores what, and what was foretold."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hitsieve.cli.console import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.screen import ScreenPlan


def cascade_facts(folder: Path, plan: ScreenPlan) -> dict[str, Any] | None:
    """Return what a screen's cascade is and foretells, as JSON values; None if it is none."""
    from hitsieve.screen.cascade import read_cuts

    if plan.cascade is None:
        return None
    cuts = {name: asdict(cut) for name, cut in read_cuts(folder).items()}
    return asdict(plan.cascade) | {"targets": cuts}


def say_cascade(facts: dict[str, Any] | None) -> None:
    """Tell a person the same."""
    if facts is None:
        return
    say(
        f"{facts['student']} scores everything, {facts['teacher']} rescores what can be among "
        f"the best {facts['top']:,}"
    )
    for name, cut in facts["targets"].items():
        say(
            f"{name}: foretold from {cut['sample']:,} compounds: {cut['share']:.2%} rescored, "
            f"{cut['recall']:.1%} of the best {facts['top']:,} among them "
            f"({cut['low']:.1%} to {cut['high']:.1%})"
        )


def warn_beyond(
    plan: ScreenPlan, models: Sequence[str], wanted: int, *, in_domain: bool = False
) -> None:
    """Warn where a teacher's list asks for more than what its cascade looked for."""
    if plan.cascade is None or plan.cascade.teacher not in models:
        return
    if in_domain:
        say(
            f"this cascade looked for the best {plan.cascade.top:,} of all compounds: of those "
            "inside the domain, some that belong on this list may not have been rescored; "
            "screen with --full-rescore for all",
            style="yellow",
        )
    elif wanted > plan.cascade.top:
        say(
            f"this cascade looked for the best {plan.cascade.top:,}: compounds further down were "
            "rescored in part only; screen with a larger --top for a longer list",
            style="yellow",
        )
