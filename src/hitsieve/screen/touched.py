"""Which screens hold scores of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.errors import HitsieveError
from hitsieve.screen.plan import PLAN_FILE, load_plan

if TYPE_CHECKING:
    from pathlib import Path


def touched_screens(root: Path, model: Path, reference: str, digest: str = "") -> list[Path]:
    """Find the screens below a folder that a model version scores or has scored.

    A screen counts if its plan names the version of the same folder, the same name and version
    wherever it lay, or the same bytes whatever they were called: a blocked model is better
    suspected once too often.

    Parameters
    ----------
    root
        Folder to look through; may be a screen itself, or absent.
    model
        The bundle's folder.
    reference
        Its ``name@version``.
    digest
        SHA-256 that identifies its bytes, if known.

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
        wanted = {reference, str(model), str(model.resolve()), digest} - {""}
        if any(wanted & {m.reference, m.folder, m.sha256} for m in plan.models):
            found.append(path.parent)
    return found
