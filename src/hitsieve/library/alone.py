"""One process at a time builds a library: two would clear away each other's staging."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, TypeVar

from hitsieve.library.finish import sweep
from hitsieve.library.layout import MANIFEST, RUNS
from hitsieve.store.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


def build_alone(root: Path, work: Callable[[], T]) -> T | None:
    """Do what finishes a library, unless it is finished; nobody else works on it meanwhile.

    Parameters
    ----------
    root
        Folder of the library, with the plan of this build in it.
    work
        Builds it.

    Returns
    -------
    What ``work`` returned; None if the library was finished before.

    Raises
    ------
    IncompleteError
        If another process builds it now.
    """
    if _is_finished(root):
        return None
    driver = root / RUNS / "driver"
    with Lease(driver, f"the library in {root}"):
        done = None if _is_finished(root) else work()
    shutil.rmtree(driver, ignore_errors=True)  # a finished library needs no lease
    return done


def _is_finished(root: Path) -> bool:
    if not (root / MANIFEST).is_file():
        return False
    sweep(root)
    return True
