"""The model card: what a model is for, how good it is, and where it ends."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, computed_field, model_validator

from hitsieve.config import StrictConfig
from hitsieve.registry.card_sections import (
    LossCurve,
    MemberWorth,
    ReliabilityBin,
    fitting_section,
    members_section,
    reliability_section,
)
from hitsieve.registry.markdown import cell, number, numbers, table
from hitsieve.registry.principles import Principle, answers, principles_section


class Estimate(StrictConfig):
    """A number with its bootstrap interval; null where it is not defined."""

    low: float | None
    value: float | None
    high: float | None

    def __str__(self) -> str:
        if self.value is None:
            return "not defined"
        if self.low is None or self.high is None:
            return number(self.value)
        value, low, high = numbers(self.value, self.low, self.high)
        return f"{value} ({low} to {high})"


class DataSource(StrictConfig):
    """One set of measurements a model learned from; ``replicates``: how they were merged."""

    name: str
    title: str = ""
    source: str
    license: str
    sha256: str
    rows: int = Field(ge=0)
    kept: int = Field(ge=0)
    replicates: str = ""


class TargetSizes(StrictConfig):
    """How many measurements of a target stand in each part."""

    target: str
    endpoint: str
    unit: str
    direction: Literal["higher", "lower"]
    task: Literal["regression", "classification"]
    train: int
    valid: int
    test: int


class Metric(StrictConfig):
    """One measure on the held-out test part, for the network and for the baseline.

    ``difference`` is network minus baseline with a paired bootstrap interval.
    """

    target: str
    metric: str
    better: Literal["higher", "lower"]
    compounds: int
    network: Estimate
    baseline: Estimate
    difference: Estimate

    @property
    def verdict(self) -> Literal["network", "baseline", "undecided"]:
        """Which is better; undecided where the interval of the difference holds zero."""
        low, high = self.difference.low, self.difference.high
        if low is None or high is None or low <= 0 <= high:
            return "undecided"
        return "network" if (high < 0) == (self.better == "lower") else "baseline"

    @property
    def baseline_ahead(self) -> bool:
        """Whether the baseline's value is the better one, significant or not."""
        network, baseline = self.network.value, self.baseline.value
        if network is None or baseline is None:
            return False
        return baseline < network if self.better == "lower" else baseline > network


class SplitMetric(StrictConfig):
    """One measure under one way of dividing the compounds, each a training of its own."""

    split: Literal["random", "scaffold", "cluster", "time", "column"]
    target: str
    metric: str
    better: Literal["higher", "lower"]
    compounds: int
    network: Estimate
    baseline: Estimate


class Fit(StrictConfig):
    """One measure on the training part: how closely the model follows what it has seen."""

    target: str
    metric: str
    value: float | None


class CalibrationCheck(StrictConfig):
    """How well intervals or probabilities hold on the test part."""

    target: str
    measure: str
    expected: str
    found: float | None


class Fidelity(StrictConfig):
    """How closely a distilled model follows its teacher, on compounds it did not learn from."""

    target: str
    measure: str
    compounds: int
    student: Estimate


class ModelCard(StrictConfig):
    """Everything somebody needs to decide whether to trust a model.

    Holds no time and no host: training twice from one seed gives the same card.
    """

    name: str
    summary: str
    data: tuple[DataSource, ...]
    targets: tuple[TargetSizes, ...]
    curation: dict[str, int]
    split: str
    leaks: dict[str, int]
    metrics: tuple[Metric, ...]
    fit: tuple[Fit, ...] = ()
    splits: tuple[SplitMetric, ...] = ()
    calibrated_on: str = ""
    calibration: tuple[CalibrationCheck, ...]
    reliability: tuple[ReliabilityBin, ...] = ()
    members: tuple[MemberWorth, ...] = ()
    curves: tuple[LossCurve, ...] = ()
    teacher: str = ""
    fidelity: tuple[Fidelity, ...] = ()
    domain: str
    warnings: tuple[str, ...]
    limits: tuple[str, ...]
    recipe: str
    seed: int
    versions: dict[str, str]

    @model_validator(mode="before")
    @classmethod
    def _told_anew(cls, values: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        # The answers follow from the other entries; those in a file are for its readers.
        if isinstance(values, dict) and "principles" in values:
            return {name: value for name, value in values.items() if name != "principles"}
        return values

    @computed_field  # type: ignore[prop-decorator]
    @property
    def principles(self) -> tuple[Principle, ...]:
        """The five OECD principles for QSAR models, answered from the entries above."""
        return answers(self)


def render_card(card: ModelCard) -> str:
    """Return the card as Markdown."""
    parts = [
        f"# {cell(card.name)}\n\n{card.summary}",
        _warnings(card),
        _fidelity(card),
        "## Performance on the held-out test part\n\n" + _metrics(card),
        _side_by_side(card),
        "## Calibration\n\n"
        + (f"{card.calibrated_on}\n\n" if card.calibrated_on else "")
        + table(
            ("target", "measure", "expected", "found"),
            [(c.target, c.measure, c.expected, number(c.found)) for c in card.calibration],
        ),
        reliability_section(card.reliability),
        f"## Applicability domain\n\n{card.domain}",
        principles_section(card.principles),
        "## Limits of use\n\n" + "\n".join(f"- {limit}" for limit in card.limits),
        "## Data\n\n" + _data(card),
        f"## Split\n\n{card.split}\n\n" + _counts("leak audit", card.leaks),
        f"## Made with\n\nRecipe {card.recipe}, seed {card.seed}.\n\n"
        + table(("library", "version"), sorted(card.versions.items())),
        members_section(card.members),
        fitting_section(card.curves),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _warnings(card: ModelCard) -> str:
    return "\n".join(f"> **Warning:** {cell(text)}\n" for text in card.warnings).rstrip()


def _metrics(card: ModelCard) -> str:
    head = (
        "target",
        "metric",
        "better",
        "compounds",
        "model",
        "random forest",
        "which is better",
    )
    words = {
        "network": "the model",
        "baseline": "the random forest",
        "undecided": "no clear difference",
    }
    rows = [
        (
            m.target,
            m.metric,
            m.better,
            str(m.compounds),
            str(m.network),
            str(m.baseline),
            words[m.verdict],
        )
        for m in card.metrics
    ]
    note = "In brackets: 95 % bootstrap intervals over the compounds of the test part."
    return f"{table(head, rows)}\n\n{note}"


def _fidelity(card: ModelCard) -> str:
    if not card.teacher:
        return ""
    rows = [(f.target, f.measure, str(f.compounds), str(f.student)) for f in card.fidelity]
    return (
        f"## Fidelity to its teacher\n\nIt was distilled from {cell(card.teacher)}.\n\n"
        + table(("target", "measure", "compounds", "found"), rows)
        + "\n\nIn brackets: 95 % bootstrap intervals over library compounds that it did not "
        "learn from."
    )


def _side_by_side(card: ModelCard) -> str:
    if not card.splits:
        return ""
    head = ("target", "metric", "better", "split", "compounds", "model", "random forest")
    rows = [
        (s.target, s.metric, s.better, s.split, str(s.compounds), str(s.network), str(s.baseline))
        for s in card.splits
    ]
    note = (
        "Each row is a training of its own on the same measurements. A random split asks for more "
        "of the same chemistry; scaffold and cluster splits ask for new chemistry."
    )
    return f"## Performance by kind of split\n\n{table(head, rows)}\n\n{note}"


def _data(card: ModelCard) -> str:
    sources = table(
        ("set", "source", "license", "rows", "kept", "replicates by", "sha256"),
        [
            (d.name, d.source, d.license, str(d.rows), str(d.kept), d.replicates, d.sha256)
            for d in card.data
        ],
    )
    sizes = table(
        ("target", "endpoint", "unit", "wanted", "task", "train", "valid", "test"),
        [
            (
                t.target,
                t.endpoint,
                t.unit,
                t.direction,
                t.task,
                str(t.train),
                str(t.valid),
                str(t.test),
            )
            for t in card.targets
        ],
    )
    return f"{sources}\n\n{sizes}\n\n" + _counts("curation", card.curation)


def _counts(title: str, counts: dict[str, int]) -> str:
    rows = [(name.replace("_", " "), str(count)) for name, count in counts.items()]
    return table((title, "count"), rows)
