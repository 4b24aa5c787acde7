"""``hitsieve serve``: the web page over a folder of screens."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from hitsieve.cli.console import say
from hitsieve.cli.options import Models
from hitsieve.cli.settings import load_settings
from hitsieve.errors import NotFoundError, UsageError


def serve(
    screens: Annotated[Path, typer.Argument(help="Folder that holds screens.")] = Path("screens"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    models: Models = None,
    expose: Annotated[
        bool, typer.Option("--expose", help="Allow an address that others can reach.")
    ] = False,
) -> None:
    """Serve the screens of a folder as web pages, read-only.

    Structures are confidential and the pages ask for no password yet, so only this machine
    can reach them unless --expose is given.

    Examples
    --------
    hitsieve serve screens --port 8080
    """
    if not screens.is_dir():
        raise NotFoundError(
            f"no folder {screens}", cure="`hitsieve screen run` makes the first screen"
        )
    if not expose and not _is_loopback(host):
        raise UsageError(
            f"--host {host} can be reached from outside, and the pages have no password",
            cure="keep 127.0.0.1 and use an SSH tunnel, or give --expose if that is meant",
        )
    import uvicorn

    from hitsieve.web.app import allowed_hosts, create_app

    registry = load_settings(models=models).models
    app = create_app(screens, models=registry, hosts=allowed_hosts(host))
    say(f"http://{host}:{port}/  (Ctrl-C ends)")
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="serve")(serve)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name may resolve to anything
