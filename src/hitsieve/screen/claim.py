"""A screen's folder belongs to one plan: who writes it first, claims it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hitsieve.errors import UsageError
from hitsieve.screen.plan import PLAN_FILE, load_plan
from hitsieve.store.files import create_exclusive, json_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hitsieve.screen.plan import ScreenPlan


_CURE: Final = "choose another output folder, or the settings the screen was begun with"


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
    found = load_plan(folder)
    if found.fingerprint != plan.fingerprint:
        raise UsageError(
            f"the screen folder {folder} belongs to another plan: {_differences(found, plan)}",
            cure=_CURE,
        )
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
            cure=_CURE,
        )


def _differences(begun: ScreenPlan, asked: ScreenPlan) -> str:
    """Say in words what a screen was begun with, and what is asked for now."""
    told = []
    if begun.shards != asked.shards:
        rows = [sum(shard.rows for shard in plan.shards) for plan in (begun, asked)]
        told.append(
            f"the library has other shards, {rows[1]:,} compounds where it had {rows[0]:,}"
            if rows[0] != rows[1]
            else f"the library has other shards than when it began, of {rows[0]:,} compounds too"
        )
    scored = [
        {f"{target.name} by {model.reference}": model.sha256
         for model in plan.models for target in model.targets}
        for plan in (begun, asked)
    ]  # fmt: skip
    if scored[0].keys() != scored[1].keys():
        told.append(f"it scores {_list(scored[0])}, asked is {_list(scored[1])}")
    elif scored[0] != scored[1]:
        changed = [name for name, digest in scored[0].items() if scored[1][name] != digest]
        told.append(f"another model bears the name now in {_list(changed)}")
    if begun.controls != asked.controls:
        told.append(
            f"its {len(begun.controls)} controls are not the {len(asked.controls)} that are asked"
        )
    if begun.cascade != asked.cascade:
        words = ["a cascade" if plan.cascade else "no cascade" for plan in (begun, asked)]
        told.append(f"it is {words[0]}, asked is {words[1]}" if words[0] != words[1]
                    else "its cascade has other settings")  # fmt: skip
    if begun.scoring != asked.scoring:
        told.append(f"scoring is of version {asked.scoring}, it began with {begun.scoring}")
    return "; ".join(told) or "precision, device, units or directions of its models differ"


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
