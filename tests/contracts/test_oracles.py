from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.chem.shape import ShapeSettings
from hitsieve.oracles import LookupOracle, Oracle, ShapeOracle, ShapeOracleConfig
from hitsieve.oracles.protocol import Compound, Measurement, label_rows
from hitsieve.testing.oracle_kit import (
    ORACLE_CHECKS,
    STORED_CHECKS,
    FakeOracle,
    OracleCheck,
    StoredCheck,
    check_other_settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

COMPOUNDS = [
    ("KEY-A", "CC(=O)Nc1ccc(O)cc1"),
    ("KEY-B", "Cc1ccccc1"),
    ("KEY-C", "O=C(O)c1ccccc1"),
]


def shape() -> ShapeOracle:
    settings = ShapeSettings(conformers=2, reference_conformers=1)
    return ShapeOracle(ShapeOracleConfig(reference="CC(=O)Nc1ccccc1", settings=settings))


def lookup() -> LookupOracle:
    values = {name: (float(i), "=") for i, (name, _) in enumerate(COMPOUNDS)}
    return LookupOracle(values, target="T", endpoint="pIC50", unit="pX")


@pytest.mark.parametrize("make", [shape, lookup, FakeOracle], ids=lambda make: make.__name__)
@pytest.mark.parametrize("check", ORACLE_CHECKS, ids=lambda check: check.__name__)
def test_contract(make: Callable[[], Oracle], check: OracleCheck) -> None:
    check(make(), COMPOUNDS)


@pytest.mark.parametrize("make", [shape, lookup, FakeOracle], ids=lambda make: make.__name__)
@pytest.mark.parametrize("check", STORED_CHECKS, ids=lambda check: check.__name__)
def test_stored_contract(make: Callable[[], Oracle], check: StoredCheck, tmp_path: Path) -> None:
    check(make(), COMPOUNDS, tmp_path)


class _Shuffling(FakeOracle):
    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        return super().measure(sorted(compounds, reverse=True))


class _Zeros(FakeOracle):
    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        return label_rows(self, compounds, [Measurement(0.0) for _ in compounds])


class _Drifting(FakeOracle):
    calls = 0

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        type(self).calls += 1
        return label_rows(self, compounds, [Measurement(float(self.calls)) for _ in compounds])


@pytest.mark.parametrize(
    ("oracle", "check"),
    [
        (_Shuffling(), "check_rows"),
        (_Zeros(), "check_failures_are_rows"),
        (_Drifting(), "check_repeatable"),
        (FakeOracle({"KEY-B": "nothing"}), "check_rows"),
        (object(), "check_protocol"),
    ],
)
def test_the_kit_catches_broken_oracles(oracle: Oracle, check: str) -> None:
    found = {c.__name__: c for c in ORACLE_CHECKS}[check]
    compounds: list[Compound] = COMPOUNDS
    with pytest.raises(AssertionError):
        found(oracle, compounds)


@pytest.mark.parametrize("check", STORED_CHECKS, ids=lambda check: check.__name__)
def test_the_kit_catches_labels_that_are_not_kept(check: StoredCheck, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        check(_Drifting(), COMPOUNDS, tmp_path)


def test_the_kit_catches_settings_that_are_not_told_apart(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="same fingerprint"):
        check_other_settings(FakeOracle(), _Zeros(), COMPOUNDS, tmp_path)
