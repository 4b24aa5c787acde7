"""The headers forbid whatever the pages do not need."""

from __future__ import annotations

from hitsieve.web.security import HEADERS


def test_the_policy_allows_inline_style_and_nothing_else() -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert policy["frame-ancestors"] == "'none'"
    assert policy["style-src"] == "'unsafe-inline'"


def test_confidential_pages_are_not_kept_or_told() -> None:
    assert HEADERS["Cache-Control"] == "no-store"
    assert HEADERS["Referrer-Policy"] == "no-referrer"
