"""A campaign whose folder was moved or copied: its configuration names the place where it began."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from hitsieve.screen.moved import moved_together
from hitsieve.store.place import is_remote

if TYPE_CHECKING:
    from hitsieve.campaign.job import Job


def relocated(job: Job, folder: Path) -> Job:
    """Return the configuration of a campaign for the folder that it lies in now.

    What lies in its folder moved with it. A library that is no longer where it was is looked for
    as seen from the campaign (:func:`hitsieve.screen.moved.moved_together`); that it is the same is
    checked where the campaign is opened, by the checksums of its shards.

    Parameters
    ----------
    job
        With absolute paths.
    folder
        Where the campaign lies now.
    """
    now, then = folder.absolute(), job.campaign.folder
    if now.resolve() == then.resolve():
        return job
    found: Job = _rebased(job, then, now)
    library = found.campaign.library
    if not isinstance(library, Path) or is_remote(library) or library.is_dir():
        return found
    near = next(moved_together(now, str(library)), library)
    campaign = found.campaign.model_copy(update={"library": near})
    return found.model_copy(update={"campaign": campaign})


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
