"""Times of measurement, as data sets write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hitsieve.errors import DatasetError

_YEAR = re.compile(r"[12]\d{3}")
_MONTH = re.compile(r"[12]\d{3}-\d{2}")


def parse_time(text: str, where: str) -> datetime | None:
    """Read a year, a month or an ISO 8601 date or time; None if the cell is empty.

    What is not said is taken as the earliest moment that fits; without a zone it is UTC.

    Parameters
    ----------
    text
        Cell of the time column.
    where
        For the error: file and record.

    Raises
    ------
    DatasetError
        If the text is none of these.

    Examples
    --------
    >>> parse_time("2019-05", "a.csv#1")
    datetime.datetime(2019, 5, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    clean = text.strip()
    if not clean:
        return None
    if _YEAR.fullmatch(clean):
        clean += "-01-01"
    elif _MONTH.fullmatch(clean):
        clean += "-01"
    try:
        found = datetime.fromisoformat(clean)
    except ValueError:
        raise DatasetError(
            f"{where}: {text!r} is no time",
            cure="write dates as 2019-05-31, or leave time_column out of the card",
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
