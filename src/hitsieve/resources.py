"""Where packaged data lies: dataset cards, recipes, building blocks, templates.

In an installed hitsieve they are inside the package (``hitsieve/_data``), in a checkout at its
top level. Callers ask for a folder by name and never know which.
"""

from __future__ import annotations

from pathlib import Path

from hitsieve.errors import NotFoundError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder of packaged data with a name such as ``datasets`` or ``models/recipes``.

    Raises
    ------
    NotFoundError
        If neither the package nor the checkout around it holds the folder.
    """
    places = [_PACKAGE / "_data" / name]
    checkout = _PACKAGE.parents[1]
    if (checkout / "pyproject.toml").is_file():
        places.append(checkout / name)
    for place in places:
        if place.is_dir():
            return place
    raise NotFoundError(
        f"no packaged data folder {name!r} in {' or '.join(map(str, places))}",
        cure="install hitsieve again; its data files are missing",
    )
