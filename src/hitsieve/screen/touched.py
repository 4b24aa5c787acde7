"""Which screens hold scores of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.errors import HitsieveError
from hitsieve.screen.plan import PLAN_FILE, load_plan

if TYPE_CHECKING:
    from pathlib import Path


def touched_screens(root: Path, model: Path, reference: str) -> list[Path]:
    """Find the screens below a folder that a model version scores or has scored.

    A screen counts if its plan names the version of the same folder, or the same name and
    version wherever it lay: a blocked model is better suspected once too often.

    Parameters
    ----------
    root
        Folder to look through; may be a screen itself, or absent.
    model
        The bundle's folder.
    reference
        Its ``name@version``.

    Returns
    -------
    list of Path
        In order. Plans that cannot be read are passed over.
    """
    found = []
    for path in sorted(root.rglob(PLAN_FILE)) if root.is_dir() else []:
        try:
            plan = load_plan(path.parent)
        except HitsieveError:
            continue
        if any(m.reference == reference or m.folder == str(model) for m in plan.models):
            found.append(path.parent)
    return found
