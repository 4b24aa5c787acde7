from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from hitsieve.registry.card import ModelCard, TargetSizes
from hitsieve.registry.card_sections import LossCurve, ReliabilityBin
from hitsieve.report.model_figures import loss_figure, reliability_figure, write_figures

if TYPE_CHECKING:
    from pathlib import Path


def _card(**changes: Any) -> ModelCard:
    def sizes(target: str) -> TargetSizes:
        return TargetSizes(
            target=target,
            endpoint="active",
            unit="class",
            direction="higher",
            task="classification",
            train=9,
            valid=5,
            test=5,
        )

    bins = tuple(
        ReliabilityBin(target="hERG", calibrated=after, promised=p, observed=o, compounds=n)
        for after, p, o, n in ((False, 0.1, 0.3, 20), (False, 0.9, 0.6, 9), (True, 0.3, 0.3, 29))
    )
    curves = tuple(
        LossCurve(member=n, best=2, train_loss=(1.0, 0.5, 0.4), stopping_loss=(1.1, 0.7, 0.8))
        for n in range(2)
    )
    facts: dict[str, Any] = {
        "name": "m",
        "summary": "",
        "data": (),
        "targets": (sizes("BACE1"), sizes("hERG")),
        "curation": {},
        "split": "",
        "leaks": {},
        "metrics": (),
        "calibration": (),
        "reliability": bins,
        "curves": curves,
        "domain": "",
        "warnings": (),
        "limits": (),
        "recipe": "fast",
        "seed": 1,
        "versions": {},
    }
    return ModelCard(**(facts | changes))


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (loss_figure(_card()), ("epoch", "held out", "kept", "Loss of 2 networks of m")),
        (
            reliability_figure(_card(), "hERG"),
            ("promised probability", "before calibration", "after calibration"),
        ),
    ],
    ids=["loss", "reliability"],
)
def test_a_figure_is_svg_with_words_that_loads_nothing(figure: str, words: tuple[str, ...]) -> None:
    ET.fromstring(figure)  # noqa: S314 - our own text
    assert all(word in figure for word in words)
    assert not re.findall(r'(?:href|src)="(?!#)', figure)


def test_figures_repeat_byte_for_byte() -> None:
    assert loss_figure(_card()) == loss_figure(_card())
    assert reliability_figure(_card(), "hERG") == reliability_figure(_card(), "hERG")
    assert loss_figure(_card()) != loss_figure(_card(curves=_card().curves[:1]))


def test_what_is_not_there_is_not_drawn(tmp_path: Path) -> None:
    assert reliability_figure(_card(), "BACE1") == ""
    assert loss_figure(_card(curves=())) == ""
    assert write_figures(_card(curves=(), reliability=()), tmp_path) == []


def test_files_are_numbered_as_targets_are(tmp_path: Path) -> None:
    written = write_figures(_card(), tmp_path / "figures")
    assert [path.name for path in written] == ["loss.svg", "reliability-2.svg"]
    for path in written:
        assert path.read_text().startswith("<?xml")
