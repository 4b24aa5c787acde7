from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.assays.units import MOLAR, to_px, unit_name
from hitsieve.errors import DatasetError


@pytest.mark.parametrize(
    ("text", "name"),
    [("nM", "nM"), (" um ", "uM"), ("\u00b5M", "uM"), ("\u03bcM", "uM"), ("mol/l", "M"),
     ("mM", "mM"), ("", None), ("%", None), ("ug/mL", None)],
)  # fmt: skip
def test_spellings(text: str, name: str | None) -> None:
    assert unit_name(text) == name


@given(st.floats(1e-3, 1e6), st.sampled_from(sorted(MOLAR)))
def test_px_is_minus_log10_of_molar(value: float, unit: str) -> None:
    expected = -np.log10(value * MOLAR[unit])
    assert to_px(np.array([value]), unit)[0] == pytest.approx(expected, abs=1e-9)


def test_no_logarithm_of_zero() -> None:
    assert np.isnan(to_px(np.array([0.0, -3.0]), "nM")).all()


def test_a_foreign_unit_is_refused() -> None:
    with pytest.raises(DatasetError, match="no concentration"):
        to_px(np.array([1.0]), "ug/mL")
