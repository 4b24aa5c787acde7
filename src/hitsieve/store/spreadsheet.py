"""Text that spreadsheets open without running it.

Names of compounds come from suppliers' files. A spreadsheet runs a cell that starts like a
formula, so such cells get an apostrophe in front, which spreadsheets hide and never run.
"""

from __future__ import annotations

from typing import Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width forms start formulas too


def neutralize(text: str) -> str:
    """Put an apostrophe before text a spreadsheet would run as a formula.

    Examples
    --------
    >>> neutralize('=HYPERLINK("http://example.com")')[:2]
    "'="
    >>> neutralize("CCO")
    'CCO'
    """
    # Some spreadsheets skip blanks before they look for a formula.
    starts = text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS)
    return f"'{text}" if starts else text
