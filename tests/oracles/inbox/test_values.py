from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.oracles.inbox.asked import Refusal
from hitsieve.oracles.inbox.values import read_signal, read_value

if TYPE_CHECKING:
    from hitsieve.oracles.inbox import InboxConfig


@pytest.mark.parametrize(
    ("text", "unit", "relation", "wanted"),
    [
        ("7.25", "pX", "", (7.25, "=")),
        ("<5", "px", "", (5.0, "<")),
        ("100", "nM", "", (7.0, "=")),
        (">10", "uM", "", (5.0, "<")),
        ("6", "pX", ">", (6.0, ">")),
    ],
)
def test_values_come_in_the_asked_unit(
    config: InboxConfig, text: str, unit: str, relation: str, wanted: tuple[float, str]
) -> None:
    value, sign = read_value(text, {"unit": unit, "relation": relation}, config)
    assert (pytest.approx(value), sign) == wanted


@pytest.mark.parametrize(
    ("text", "unit", "words"),
    [
        ("7", "", "has no unit; the asked one is pX"),
        ("7", "mg", "unit 'mg' is not the asked pX or one of"),
        ("high", "pX", "use a decimal point, no unit, no words"),
        ("99", "pX", "check the value and its unit in this row"),
        ("-3", "nM", "a concentration is above 0; for pX values the unit is pX"),
        ("inf", "pX", "leave wells without a result empty"),
    ],
)
def test_refusals_tell_the_bench_what_to_do(
    config: InboxConfig, text: str, unit: str, words: str
) -> None:
    with pytest.raises(Refusal, match=words) as caught:
        read_value(text, {"unit": unit}, config)
    assert "dataset card" not in str(caught.value)


def test_controls_are_read_as_they_are(config: InboxConfig) -> None:
    assert read_signal("31000", {"unit": "RFU"}) == (31000.0, "=")
    assert read_signal("<2", {}) == (2.0, "<")
    with pytest.raises(Refusal, match="no words"):
        read_signal("bright", {})
    classes = config.model_copy(update={"unit": "class"})
    with pytest.raises(Refusal, match="write 0 or 1"):
        read_value("2", {"unit": "class"}, classes)
