"""The one door to DeepChem: its splitters over plain SMILES.

Importing DeepChem prints what it could not load and warns about its own dependencies; both are
silenced here and nowhere else.
"""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings, log records below errors, and prints."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(),
            redirect_stdout(StringIO()),
            redirect_stderr(StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def scaffold_indices(
    smiles: list[str], fractions: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return train, valid and test indices of DeepChem's ScaffoldSplitter.

    Parameters
    ----------
    smiles
        (n,) SMILES.
    fractions
        (3,) shares of train, valid and test.

    Raises
    ------
    DatasetError
        If DeepChem could not read a SMILES: it leaves such compounds out without a word.
    """
    with quiet():
        from deepchem.data import NumpyDataset
        from deepchem.splits import ScaffoldSplitter

        data = NumpyDataset(X=np.zeros((len(smiles), 1)), ids=np.array(smiles, dtype=object))
        train, valid, test = ScaffoldSplitter().split(
            data,
            frac_train=float(fractions[0]),
            frac_valid=float(fractions[1]),
            frac_test=float(fractions[2]),
        )
    found = len(train) + len(valid) + len(test)
    if found != len(smiles):
        raise DatasetError(
            f"{len(smiles) - found} of {len(smiles)} SMILES have no readable scaffold",
            cure="curate the data set first: standardized SMILES are needed",
        )
    return np.array(train, np.int64), np.array(valid, np.int64), np.array(test, np.int64)
