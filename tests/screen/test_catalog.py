"""Screens are found by listing their folder."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitsieve.errors import NotFoundError
from hitsieve.screen.catalog import Catalog, Listed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text())
def test_only_listed_names_become_folders(tiny: Any, name: str) -> None:
    catalog = Catalog(tiny.screen.parent)
    if name == "first":
        return
    with pytest.raises(NotFoundError):
        catalog.folder(name)


def test_a_listed_name_is_its_folder(tiny: Any) -> None:
    catalog = Catalog(tiny.screen.parent)
    assert catalog.names() == ["first"]
    assert catalog.folder("first") == tiny.screen
    assert catalog.status("first").complete


def test_the_share_of_an_empty_screen_is_zero() -> None:
    assert Listed("a", "complete", (), 0, 0).share == 0
    assert Listed("a", "incomplete", (), 1, 4).share == 0.25
