from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.oracles.docking import BoxConfig, DockingConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TYPES = (
    ("C", "C ", 0.05),
    ("O", "OA", -0.35),
    ("CA", "C ", 0.1),
    ("N", "N ", -0.3),
    ("CB", "A ", 0.0),
)


def pocket(radius: float = 6.0, atoms: int = 60) -> str:
    """Return a hollow of atoms around the origin, open at the top, as PDBQT."""
    lines = []
    for i in range(atoms):
        z = 1 - 1.6 * (i + 0.5) / atoms  # a golden spiral without its cap
        turn, ring = i * math.pi * (3 - math.sqrt(5)), math.sqrt(1 - z * z)
        x, y = math.cos(turn) * ring, math.sin(turn) * ring
        name, kind, charge = TYPES[i % len(TYPES)]
        place = "".join(f"{radius * value:8.3f}" for value in (x, y, z))
        lines.append(
            f"ATOM  {i + 1:5d}  {name:<3} ALA A{i // 5 + 1:4d}    {place}  1.00  0.00    "
            f"{charge:6.3f} {kind}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def receptor(tmp_path: Path) -> Path:
    path = tmp_path / "receptor.pdbqt"
    path.write_text(pocket())
    return path


@pytest.fixture
def settings(receptor: Path) -> Callable[..., DockingConfig]:
    def made(**changes: Any) -> DockingConfig:
        base = {
            "target": "pocket",
            "receptor": receptor,
            "box": BoxConfig(center=(0, 0, 0), size=(10, 10, 10)),
            "exhaustiveness": 1,
            "evaluations": 500,
            "isomers": 2,
            "time_limit_s": 120.0,
        }
        return DockingConfig(**(base | changes))

    return made
