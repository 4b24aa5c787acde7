from __future__ import annotations

import pytest

from hitsieve.campaign.vendors import read_days, read_price, says_nothing


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("12.5", 12.5), ("7", 7.0), (7, 7.0), (7.25, 7.25), ("$ 12.50", 12.5), ("12.50 USD", 12.5),
        ("€12,50", 12.5), ("12,50 EUR", 12.5), ("0,125", 0.125), ("0.125", 0.125),
        ("EUR 1,250.00", 1250.0), ("1.250,00", 1250.0), ("1 250", 1250.0), ("1 250,50", 1250.5),
        ("1\u00a0250", 1250.0), ("1'250.00", 1250.0), ("1,250,000", 1.25e6), ("1.250.000", 1.25e6),
        ("1250.00", 1250.0), ("1250.125", 1250.125), ("0", 0.0),
    ],
)  # fmt: skip
def test_prices_as_vendors_write_them(text: object, wanted: float) -> None:
    assert read_price(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "1,250", "1.250", "10mg: 55", "10 mg 55", "-3", "ask us", "55/mg", "55-60", "from 55",
        "12,50,0", "1,25,000", "1 25", "12 5", "$", "EUR", "1e3", "inf", float("nan"), -2.0, True,
        "12.50 USD per mg", "1..5", "1.2.3", "٣",
    ],
)  # fmt: skip
def test_what_is_no_price_or_two_is_not_read(text: object) -> None:
    assert read_price(text) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5", 5.0), (5, 5.0), ("5 days", 5.0), ("1 day", 1.0), ("5d", 5.0), ("5-10 days", 10.0),
        ("5 \u2013 10", 10.0), ("5 to 10 days", 10.0), ("2 weeks", 14.0), ("1 week", 7.0),
        ("4-6 weeks", 42.0), ("2 W", 14.0), ("3 wks", 21.0), ("10 working days", 14.0),
        ("5 business days", 7.0), ("1.5 weeks", 10.5), ("0", 0.0),
    ],
)  # fmt: skip
def test_times_of_delivery_as_vendors_write_them(text: object, wanted: float) -> None:
    assert read_days(text) == wanted


@pytest.mark.parametrize(
    "text", ["soon", "10-5 days", "2 months", "days", "-3", "5-10-15", "1,5", ""]
)
def test_what_is_no_time_is_not_read(text: object) -> None:
    assert read_days(text) is None


@pytest.mark.parametrize(
    ("text", "empty"), [(None, True), (" N/A ", True), ("-", True), ("0", False)]
)
def test_an_empty_column_says_nothing(text: object, empty: bool) -> None:  # noqa: FBT001 - a table
    assert says_nothing(text) == empty
