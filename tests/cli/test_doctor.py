"""``hitsieve doctor`` and ``hitsieve version`` speak to people and machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hitsieve import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]


def test_doctor_for_people_and_machines(hitsieve: Run) -> None:
    text = hitsieve("doctor")
    assert text.exit_code == 0
    assert "cores\t" in text.stdout
    found = json.loads(hitsieve("doctor", "--json", "--workers", "3").stdout)
    assert found["use"]["workers"] == 3
    assert {"rdkit", "torch", "ray"} <= set(found["versions"])


def test_doctor_tells_a_wrong_setting(hitsieve: Run) -> None:
    result = hitsieve("doctor", "--executor", "slurm")
    assert result.exit_code == 2
    assert "executor = 'slurm'" in result.stderr


def test_version(hitsieve: Run) -> None:
    assert hitsieve("version").stdout == f"hitsieve {__version__}\n"
    assert "python" in json.loads(hitsieve("version", "--json").stdout)
