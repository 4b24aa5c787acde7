"""What a screen was made from, found after it was moved: a project copied from a cluster."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from hitsieve.errors import ChecksumError, HitsieveError, NotFoundError, SchemaError
from hitsieve.library import Library
from hitsieve.registry.bundle import read_bundle
from hitsieve.registry.registry import Registry
from hitsieve.store.place import is_remote, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.registry.bundle import Bundle
    from hitsieve.screen.plan import ScreenPlan
    from hitsieve.screen.sources import Model


def find_library(plan: ScreenPlan, screen: Path, named: Path | None = None) -> Library:
    """Return the library that was screened.

    Parameters
    ----------
    plan, screen
        A screen's plan, and the folder of the screen.
    named
        Where the library is now. By default where it was, or where it lies if it was moved
        together with the screen (:func:`moved_together`).

    Raises
    ------
    NotFoundError
        If there is no library.
    SchemaError
        If what is there is not the library that was screened.
    """
    if named is not None:
        return _checked(Library.open(named), plan)
    try:
        return _checked(Library.open(plan.library), plan)
    except (NotFoundError, SchemaError) as error:
        for folder in moved_together(screen, plan.library):
            try:
                return _checked(Library.open(folder), plan)
            except HitsieveError:
                continue  # another library of that name
        if isinstance(error, SchemaError):
            raise
        raise NotFoundError(
            f"the library of the screen is no longer at {plan.library}",
            cure="restore it, or say where it is now with --library",
        ) from None


def find_bundle(model: Model, screen: Path, registry: Path | None = None) -> Bundle:
    """Read the bundle that scored, from where it was, from a registry, or moved with the screen.

    Nothing is predicted with it by whoever looks at scores, so a model made with other chemistry,
    or quarantined since, may be read.

    Parameters
    ----------
    model, screen
        Of a screen's plan, and the folder of the screen.
    registry
        Where it is looked for if it is not where it was.

    Raises
    ------
    NotFoundError
        If it is in neither place.
    ChecksumError
        If its bytes are not those that scored.
    """
    folders = [folder for folder in _places(model, screen, registry) if folder.is_dir()]
    if not folders:
        raise NotFoundError(
            f"the model {model.reference} is no longer at {model.folder}",
            cure="restore it, or name the registry it was moved to with --models",
        )
    bundles = (read_bundle(folder, check_chemistry=False) for folder in folders)
    first = next(bundles)
    for bundle in chain([first], bundles):
        if bundle.digest == model.sha256:
            return bundle
    raise ChecksumError(
        f"{folders[0]} is not the model that scored: digest {first.digest[:16]}, "
        f"the screen records {model.sha256[:16]}",
        cure="restore the model, or run the screen again into a new folder",
    )


def _places(model: Model, screen: Path, registry: Path | None) -> Iterator[Path]:
    """Yield where the bundle that scored may lie."""
    yield Path(model.folder)
    if registry is not None:
        with suppress(NotFoundError):
            yield Registry(registry).find(model.reference).folder
    yield from moved_together(screen, model.folder)


def moved_together(screen: Path, recorded: str) -> Iterator[Path]:
    """Yield folders where what a screen records may lie now, if both were moved together.

    Those are the ends of the recorded path as seen from the folders that hold the screen, nearest
    ones first: ``/cluster/libraries/m`` of ``/home/me/project/screens/first`` may be
    ``/home/me/project/libraries/m``. Whoever takes one must check that it is the same.

    Parameters
    ----------
    screen
        Folder of the screen, now.
    recorded
        Path of a folder, then.
    """
    if is_remote(place(screen)) or is_remote(place(recorded)):
        return
    parts = Path(recorded).parts
    ends = [Path(*parts[start:]) for start in range(1, len(parts))]
    for above in Path(screen).absolute().parents:
        for end in ends:
            folder = above / end
            if folder.is_dir() and folder != Path(recorded):
                yield folder


def _checked(library: Library, plan: ScreenPlan) -> Library:
    then = [(shard.name, shard.sha256) for shard in plan.shards]
    if then != [(shard.name, shard.sha256) for shard in library.shards]:
        raise SchemaError(
            f"{library.root} is not the library that was screened: its shards differ",
            cure="name the library with --library, or run the screen again into a new folder",
        )
    return library
