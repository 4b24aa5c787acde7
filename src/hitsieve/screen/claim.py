"""A screen's folder belongs to one plan: who writes it first, claims it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.errors import UsageError
from hitsieve.screen.plan import PLAN_FILE, load_plan
from hitsieve.store.files import create_exclusive, json_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.screen.plan import ScreenPlan


def claim_folder(plan: ScreenPlan, folder: Path) -> bool:
    """Write the plan into the screen's folder; return False if it stood there already.

    Raises
    ------
    UsageError
        If the folder belongs to another plan.
    StorageError
        If the storage refuses.
    """
    if create_exclusive(folder / PLAN_FILE, json_bytes(plan.to_json())):
        return True
    refuse_other_plan(folder, plan.fingerprint)
    return False


def refuse_other_plan(folder: Path, expected: str) -> None:
    """Refuse to work in a folder whose plan has another fingerprint.

    Raises
    ------
    UsageError
        If the folder belongs to another plan.
    """
    found = load_plan(folder).fingerprint
    if found != expected:
        raise UsageError(
            f"the screen folder {folder} belongs to another plan ({found}, not {expected}): "
            "library, models, targets or the version of hitsieve differ",
            cure="choose another output folder, or the settings the screen was begun with",
        )
