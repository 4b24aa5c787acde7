"""The web application: a list of screens, one page each, and the same as JSON."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from hitsieve import __version__
from hitsieve.errors import HitsieveError, NotFoundError, UsageError
from hitsieve.hits import blocked_models, collect_all, plain_blocks, told_of
from hitsieve.report import render, screen_report
from hitsieve.report.html import environment
from hitsieve.screen import load_plan
from hitsieve.screen.catalog import Catalog
from hitsieve.web.security import add_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.registry.quarantine import Block
    from hitsieve.screen.catalog import Listed

TEMPLATES: Final = Path(__file__).parent / "templates"
MAX_HITS: Final = 1000
PAGES_KEPT: Final = 16
LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")

Top = Annotated[int, Query(ge=1, le=MAX_HITS, description="Hits a target.")]
Target = Annotated[str | None, Query(max_length=200, description="One target only.")]
InDomain = Annotated[bool, Query(description="Compounds inside the model's domain only.")]


def create_app(
    screens: Path, *, models: Path | None = None, hosts: Sequence[str] = LOCAL_HOSTS
) -> FastAPI:
    """Make the application over a folder of screens.

    Parameters
    ----------
    screens
        Folder whose sub-folders are screens; read, never written.
    models
        Registry to look for models that were moved since.
    hosts
        Host names it answers to. A foreign page that lets its own name point at this machine
        is refused by this.
    """
    catalog = Catalog(screens)
    # FastAPI's own documentation pages load scripts from elsewhere.
    app = FastAPI(title="hitsieve", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.middleware("http")(add_headers)
    app.add_exception_handler(HitsieveError, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    _add_pages(app, catalog, models)
    _add_api(app, catalog, models)
    return app


def allowed_hosts(host: str) -> tuple[str, ...]:
    """Return the host names a server bound to an address should answer to.

    Bound to every address it cannot know its names, so it answers to all.
    """
    try:
        if ipaddress.ip_address(host).is_unspecified:
            return ("*",)
    except ValueError:
        pass
    return tuple(dict.fromkeys((*LOCAL_HOSTS, host)))


def _add_pages(app: FastAPI, catalog: Catalog, models: Path | None) -> None:
    @lru_cache(maxsize=PAGES_KEPT)
    def page(
        name: str, target: str | None, top: int, now: tuple[object, ...], *, in_domain: bool
    ) -> str:
        del now  # part of the key: a page is drawn anew when more is scored, or a model is blocked
        folder = catalog.folder(name)
        lists = collect_all(
            folder, [target] if target else [], k=top, in_domain=in_domain, registry=models
        )
        return render(screen_report(folder, lists), home="/")

    @app.get("/", response_class=HTMLResponse)
    def index() -> str:
        template = environment(TEMPLATES).get_template("screens.html.j2")
        screens = [(item, told_of(_blocked(catalog, item, models))) for item in catalog.listed()]
        return template.render(screens=screens, home="/")

    @app.get("/screens/{name}", response_class=HTMLResponse)
    def screen(
        name: str, target: Target = None, top: Top = 50, *, in_domain: InDomain = False
    ) -> str:
        blocked = blocked_models(load_plan(catalog.folder(name)), models)
        now = (catalog.status(name).rows, *blocked.items())
        return page(name, target, top, now, in_domain=in_domain)


def _add_api(app: FastAPI, catalog: Catalog, models: Path | None) -> None:
    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @app.get("/api/screens")
    def screens() -> list[dict[str, Any]]:
        return [
            {
                "name": item.name,
                "state": item.state,
                "targets": list(item.targets),
                "compounds_done": item.done,
                "compounds_total": item.total,
                "problem": item.problem,
                "quarantined": plain_blocks(_blocked(catalog, item, models)),
            }
            for item in catalog.listed()
        ]

    @app.get("/api/screens/{name}")
    def screen(name: str) -> dict[str, Any]:
        status = catalog.status(name)
        return {
            "name": name,
            "state": status.state,
            "fingerprint": status.fingerprint,
            "shards_done": status.done,
            "shards_total": status.total,
            "compounds_done": status.compounds_done,
            "compounds_total": status.compounds_total,
            "failed": status.failed,
            "quarantined": plain_blocks(blocked_models(load_plan(catalog.folder(name)), models)),
        }

    @app.get("/api/screens/{name}/hits")
    def hits(
        name: str, target: Target = None, top: Top = 100, *, in_domain: InDomain = False
    ) -> list[dict[str, Any]]:
        folder = catalog.folder(name)
        lists = collect_all(
            folder, [target] if target else [], k=top, in_domain=in_domain, registry=models
        )
        return [record for found in lists for record in found.hits.to_pylist()]


def _blocked(catalog: Catalog, item: Listed, models: Path | None) -> dict[str, Block]:
    """Return what blocks the models of a listed screen; of an unreadable one nothing is known."""
    return {} if item.problem else blocked_models(load_plan(catalog.folder(item.name)), models)


def _refused(request: Request, error: Exception) -> Response:
    """Answer with what is wrong: 404 for what is not there, 400 for a wrong wish, else 409."""
    status = 409
    if isinstance(error, NotFoundError):
        status = 404
    elif isinstance(error, UsageError):
        status = 400
    message = error.message if isinstance(error, HitsieveError) else str(error)
    return _answer(request, status, message)


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else "error"
    return _answer(request, status, detail)


def _answer(request: Request, status: int, message: str) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": message}, status_code=status)
    template = environment(TEMPLATES).get_template("error.html.j2")
    return HTMLResponse(template.render(status=status, message=message, home="/"), status)
