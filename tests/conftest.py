"""Fixtures shared by all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import open_executor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.engine import Executor


@pytest.fixture(scope="session")
def ray_executor() -> Iterator[Executor]:
    """Two workers on one private cluster, started once for all tests marked ``ray``."""
    with open_executor("ray", workers=2) as executor:
        yield executor
