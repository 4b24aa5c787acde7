"""``hitsieve version``: the version, and those of the libraries that can change a result."""

from __future__ import annotations

import typer

from hitsieve.cli.console import emit, emit_json
from hitsieve.cli.options import Json


def version(as_json: Json = False) -> None:
    """Print the version of hitsieve; with --json those of its libraries too.

    Examples
    --------
    hitsieve version
    """
    from hitsieve import __version__
    from hitsieve.provenance import versions

    if as_json:
        emit_json(versions())
    else:
        emit(f"hitsieve {__version__}")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="version")(version)
