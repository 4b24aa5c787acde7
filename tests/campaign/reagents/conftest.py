from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def space(tmp_path: Path) -> dict[str, Any]:
    """Thirty isocyanates with thirty amines: 900 ureas, long ones of long chains."""
    rows = {
        "isocyanate": [f"{'C' * n}{end}N=C=O" for n in range(1, 16) for end in ("", "OCC")],
        "amine": [f"{'C' * n}{end}CN" for n in range(1, 16) for end in ("", "OC")],
    }
    for role, smiles in rows.items():
        text = "".join(f"{one} {role[0]}{i}\n" for i, one in enumerate(smiles))
        (tmp_path / f"{role}.smi").write_text(text)
    files = {role: [str(tmp_path / f"{role}.smi")] for role in rows}
    return {"reactions": ["urea"], "reagents": {"urea": files}, "product": {}}
