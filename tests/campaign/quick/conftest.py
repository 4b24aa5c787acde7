from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.campaign.quick.compounds import Compounds, columns_for
from hitsieve.library import Library

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def pool(library: Path) -> Compounds:
    """All sixty compounds of the library, with all that surrogates read, by structure key."""
    needs: Any = {"bits", "counts", "graphs"}
    opened = Library.open(library)
    ids = [name for t in opened.iter_tables(["compound_id"]) for name in t[0].to_pylist()]
    return Compounds.of(opened.lookup(ids, columns_for(needs)), needs)


@pytest.fixture(scope="session")
def lengths(pool: Compounds) -> np.ndarray:
    """Heavy atoms of each: something that every surrogate can learn."""
    return pool.properties[:, 1].astype(np.float64)
