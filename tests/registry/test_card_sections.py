"""How a model was fitted, and how far its probabilities come true, as sections of its card."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hitsieve.registry.card_sections import (
    LossCurve,
    MemberWorth,
    ReliabilityBin,
    fitting_section,
    members_section,
    reliability_section,
)


def _bin(*, calibrated: bool, promised: float, observed: float, compounds: int) -> ReliabilityBin:
    return ReliabilityBin(
        target="amine",
        calibrated=calibrated,
        promised=promised,
        observed=observed,
        compounds=compounds,
    )


def test_without_bins_curves_or_members_there_is_no_section() -> None:
    assert members_section([]) == ""
    assert reliability_section([]) == ""
    assert fitting_section(()) == ""


def test_bins_say_what_was_promised_and_what_came_true() -> None:
    bins = [
        _bin(calibrated=False, promised=0.949, observed=0.7, compounds=31),
        _bin(calibrated=True, promised=0.704, observed=0.7, compounds=30),
    ]
    lines = reliability_section(bins).splitlines()
    assert lines[0] == "## Reliability of probabilities"
    assert "| amine | before | 0.95 | 0.70 | 31 |" in lines
    assert "| amine | after | 0.70 | 0.70 | 30 |" in lines
    assert lines.index("| amine | before | 0.95 | 0.70 | 31 |") == 4, "in the order given"
    assert "--figures FOLDER" in lines[-1]


def test_curves_tell_the_losses_of_the_epoch_that_was_kept() -> None:
    curves = [
        LossCurve(member=0, best=2, train_loss=(0.9, 0.5, 0.3), stopping_loss=(1.0, 0.61, 0.7)),
        LossCurve(member=1, best=1, train_loss=(0.25,), stopping_loss=(0.0,)),
    ]
    lines = fitting_section(curves).splitlines()
    assert lines[0] == "## Fitting"
    assert lines[-2:] == [
        "| 0 | 3 | 2 | 0.5000 | 0.6100 |",
        "| 1 | 1 | 1 | 0.2500 | 0.0000 |",
    ]


def test_members_tell_their_error_and_their_weight() -> None:
    items = [
        MemberWorth(target="pic50", member=member, measure="RMSE", left_out=error, weight=weight)
        for member, error, weight in [("extra trees", 0.65432, 0.25), ("all of them", None, None)]
    ]
    lines = members_section(items).splitlines()
    assert lines[0] == "## What it is made of"
    assert lines[4] == "| pic50 | extra trees | RMSE | 0.654 | 0.250 |"
    assert lines[5] == "| pic50 | all of them | RMSE | not defined |  |"
    assert "standard error" in lines[-1]


def test_names_of_targets_cannot_break_the_table() -> None:
    wild = _bin(calibrated=True, promised=0.5, observed=0.5, compounds=1).model_copy(
        update={"target": "a|b\n<i>"}
    )
    assert "| a\\|b &lt;i> | after |" in reliability_section([wild])


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        LossCurve.model_validate(
            {"member": 0, "best": 1, "train_loss": [1], "stopping_loss": [1], "extra": 2}
        )
