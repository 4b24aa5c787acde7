"""A campaign whose folder was moved or copied: its configuration names the place where it began."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from hitsieve.campaign.plan import RECORD
from hitsieve.errors import HitsieveError, NotFoundError
from hitsieve.library import Library
from hitsieve.screen.moved import moved_together
from hitsieve.store.place import is_remote

if TYPE_CHECKING:
    from hitsieve.campaign.job import Job

JOB_FILE: Final = "campaign.yaml"
"""File of a campaign's folder that holds its configuration."""


def relocated(job: Job, folder: Path) -> Job:
    """Return the configuration of a campaign for the folder that it lies in now.

    What lies in its folder moved with it. A library that is no longer where it was is looked for
    as seen from the campaign (:func:`hitsieve.screen.moved.moved_together`), and is the same if its
    shards have the checksums that the campaign recorded.

    Parameters
    ----------
    job
        With absolute paths.
    folder
        Where the campaign lies now.

    Raises
    ------
    NotFoundError
        If the library is not found.
    """
    now, then = folder.absolute(), job.campaign.folder
    if now.resolve() == then.resolve():
        return job
    found: Job = _rebased(job, then, now)
    library = found.campaign.library
    if not isinstance(library, Path) or is_remote(library) or library.is_dir():
        return found
    known = json.loads((folder / RECORD).read_text(encoding="utf-8")).get("shards")
    near = next((one for one in moved_together(now, str(library)) if _shards(one) == known), None)
    if near is None:
        raise NotFoundError(
            f"the library of the campaign is no longer at {library}",
            cure=f"restore it, or write where it is now into {now / JOB_FILE}",
        )
    campaign = found.campaign.model_copy(update={"library": near})
    return found.model_copy(update={"campaign": campaign})


def _shards(folder: Path) -> list[list[str]] | None:
    """Return names and checksums of a library's shards, as a campaign records them."""
    try:
        return [[shard.name, shard.sha256] for shard in Library.open(folder).shards]
    except HitsieveError:
        return None


def _rebased(value: Any, then: Path, now: Path) -> Any:  # noqa: ANN401 - any part of a configuration
    """Return a part of a configuration with what lay in one folder in another."""
    if isinstance(value, Path) and not is_remote(value):
        return now / value.relative_to(then) if value.is_relative_to(then) else value
    if isinstance(value, tuple):
        return tuple(_rebased(one, then, now) for one in value)
    if isinstance(value, BaseModel):
        changed = {
            name: _rebased(getattr(value, name), then, now) for name in type(value).model_fields
        }
        return value.model_copy(update=changed)
    return value
