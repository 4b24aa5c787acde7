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
    return f"'{text}" if _runs(text) else text


def neutralize_once(text: str) -> str:
    """Do what :func:`neutralize` does, so that :func:`restore` gives the text back.

    Examples
    --------
    >>> neutralize_once("'=1"), restore("''=1"), restore(neutralize_once("'a"))
    ("''=1", "'=1", "'a")
    """
    return f"'{text}" if _runs(text.lstrip("'")) else text


def restore(text: str) -> str:
    """Take off the apostrophe that :func:`neutralize_once` put before a text.

    Examples
    --------
    >>> restore("'=A1"), restore("'A1"), restore("-5.2")
    ('=A1', "'A1", '-5.2')
    """
    return text[1:] if text.startswith("'") and _runs(text.lstrip("'")) else text


def _runs(text: str) -> bool:
    # Some spreadsheets skip blanks before they look for a formula.
    return text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS)
