"""Prices and times of delivery as vendors write them, and nothing that only looks like one.

A price that is misread by a factor of a hundred spends a budget, so no form is guessed: what can be
read in two ways is not read.
"""

from __future__ import annotations

import math
import re
from typing import Final

_NOTHING: Final = frozenset({"", "nan", "na", "n/a", "none", "null", "-"})
_GAP: Final = "[ '\u2019\u00a0\u2009\u202f]"
_CURRENCY: Final = r"(?:[A-Z]{3}|[$\u20ac\u00a3\u00a5])"
_PRICE: Final = re.compile(rf"{_CURRENCY}?\s*(?P<number>[0-9][^A-Za-z$]*?)\s*{_CURRENCY}?")
_PLAIN: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_ENGLISH: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,}")
_COMMA: Final = re.compile(
    r"[0-9]+,[0-9]{1,2}|0,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,}"
)
_SPACED: Final = re.compile(rf"[0-9]{{1,3}}(?:{_GAP}[0-9]{{3}})+(?:[.,][0-9]{{1,2}})?")
_TWO_WAYS: Final = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_DAYS: Final = re.compile(
    r"(?:(?P<low>[0-9]+(?:\.[0-9]+)?)\s*(?:-|\u2013|to)\s*)?(?P<high>[0-9]+(?:\.[0-9]+)?)"
    r"\s*(?P<unit>d|days?|(?:working|business)\s+days?|w|wks?|weeks?)?",
    re.IGNORECASE,
)
_WEEK: Final = 7.0
_WORKING_WEEK: Final = 5.0


def says_nothing(text: object) -> bool:
    """Return whether a vendor left a column empty."""
    return text is None or str(text).strip().lower() in _NOTHING


def read_price(text: object) -> float | None:
    """Return a price, or None where it is none or can be read in two ways.

    One number, which may have a currency on either side (``EUR``, ``$``): ``12.5``, ``12,50``,
    ``1250.00``, ``1,250.00``, ``1.250,00``, ``1 250``. ``1,250`` and ``1.250`` could be a thousand
    or one, and are not read.

    Examples
    --------
    >>> [read_price(text) for text in ("$ 12.50", "12,50 EUR", "1.250,00", "1 250", "1,250")]
    [12.5, 12.5, 1250.0, 1250.0, None]
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return float(text) if math.isfinite(text) and text >= 0 else None
    found = _PRICE.fullmatch(str(text).strip())
    return None if found is None else _number(found["number"])


def read_days(text: object) -> float | None:
    """Return days to delivery, or None where it is no such time.

    A number, or a range of which the upper end counts; without a unit of days. A week has seven,
    and five working (business) days are a week.

    Examples
    --------
    >>> [read_days(text) for text in ("5", "5-10 days", "2 weeks", "10 working days", "soon")]
    [5.0, 10.0, 14.0, 14.0, None]
    """
    found = _DAYS.fullmatch(str(text).strip())
    if found is None:
        return None
    high = float(found["high"])
    if found["low"] and float(found["low"]) > high:
        return None
    unit = (found["unit"] or "d").lower()
    if unit.startswith(("working", "business")):
        return high * _WEEK / _WORKING_WEEK
    return high * (_WEEK if unit.startswith("w") else 1.0)


def _number(text: str) -> float | None:
    if _TWO_WAYS.fullmatch(text):
        return None
    if _PLAIN.fullmatch(text):
        return float(text)
    if _ENGLISH.fullmatch(text):
        return float(text.replace(",", ""))
    if _COMMA.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if _SPACED.fullmatch(text):
        return float(re.sub(_GAP, "", text).replace(",", "."))
    return None
