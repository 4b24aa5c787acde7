"""What the demo is set to, and what it tells at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from hitsieve.config import StrictConfig
from hitsieve.library.enumerate import EnumerationConfig
from hitsieve.oracles.measure import MeasureConfig
from hitsieve.oracles.shape import ShapeOracleConfig

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.campaign.compare import Comparison


class DemoConfig(StrictConfig):
    """Sizes of the demo.

    Parameters
    ----------
    sample
        Compounds measured at random.
    top
        Compounds picked by the model and measured; also the length of the hit list.
    recipe, overrides
        Training recipe, and settings laid over it.
    enumeration
        Which products make up the library.
    oracle, measure
        The measurement, and its time limit.
    seed
        Of everything random.
    """

    sample: int = Field(default=500, ge=20)
    top: int = Field(default=100, ge=1)
    recipe: str = "fast"
    overrides: dict[str, Any] = Field(default_factory=dict)
    enumeration: EnumerationConfig = EnumerationConfig()
    oracle: ShapeOracleConfig = ShapeOracleConfig()
    measure: MeasureConfig = MeasureConfig()
    seed: int = 7


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What the demo made and where.

    Parameters
    ----------
    folder, library, screen, registry
        Where things are.
    compounds
        In the library.
    model
        ``name@version``.
    target
        What was predicted.
    skill
        For each measure on the held-out scaffolds the value of the ensemble and that of the
        fingerprint forest; None where it is not defined.
    warnings
        What the model's card warns of.
    comparison
        Picks against the random sample.
    files
        Hits and report, by kind.
    seconds
        Wall time of each step of this run.
    commands
        What to try next.
    """

    folder: Path
    library: Path
    screen: Path
    registry: Path
    compounds: int
    model: str
    target: str
    skill: dict[str, tuple[float | None, float | None]]
    warnings: tuple[str, ...]
    comparison: Comparison
    files: dict[str, Path]
    seconds: dict[str, float]
    commands: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the closing summary, one finding or place a line."""
        skill = [
            f"  {name}: ensemble {_number(network)}, fingerprint forest {_number(forest)}"
            for name, (network, forest) in self.skill.items()
        ]
        low, gain, high = self.comparison.difference
        made = f"{self.compounds:,} compounds made, {self.comparison.random:,} measured at random"
        return [
            f"{made}, all scored by {self.model}, {self.comparison.picked:,} picks measured",
            "on scaffolds the model never saw:",
            *skill,
            *(f"  warning: {text}" for text in self.warnings),
            "are the picks better than chance?",
            f"  {self.comparison.sentence()}",
            f"  mean difference {gain:+.3f} (95 % interval {low:+.3f} to {high:+.3f})",
            "where it is:",
            f"  report   {self.files['html']}",
            f"  hits     {self.files['csv']}, {self.files['sdf']}",
            f"  measured {self.files['measured']}",
            f"  library  {self.library}",
            f"  model    {self.registry}",
            f"  scores   {self.screen}",
            f"finished in {sum(self.seconds.values()):.0f} s; try next:",
            *(f"  {command}" for command in self.commands),
        ]

    def to_json(self) -> dict[str, Any]:
        """Return what does not differ between runs, as JSON values."""
        found = self.comparison
        return {
            "compounds": self.compounds,
            "model": self.model,
            "target": self.target,
            "held_out": {name: list(pair) for name, pair in self.skill.items()},
            "picks": found.picked,
            "random": found.random,
            "picked_mean": found.picked_mean,
            "random_mean": found.random_mean,
            "difference": list(found.difference),
            "threshold": found.threshold,
            "picked_hits": found.picked_hits,
            "random_hits": found.random_hits,
            "enrichment": list(found.enrichment),
            "share_better": found.share_better,
        }


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
