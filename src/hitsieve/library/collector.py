"""Python's garbage collector, kept out of loops that make no cycles."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_collector() -> Iterator[None]:
    """Collect no cycles while rows pile up, which would look through all of them in vain.

    What is no cycle is freed as ever; the collector is on again afterwards if it was before.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
