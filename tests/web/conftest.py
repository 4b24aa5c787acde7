"""A client that talks to the application without a socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from hitsieve.web.app import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI


class Client:
    """Sends requests to an application through ASGI."""

    def __init__(self, app: FastAPI, host: str = "127.0.0.1") -> None:
        self.app = app
        self.host = host

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(
                transport=transport, base_url=f"http://{self.host}"
            ) as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())


@pytest.fixture(scope="session")
def client(tiny: Any) -> Client:
    return Client(create_app(tiny.screen.parent, models=tiny.models))


@pytest.fixture
def client_of(tiny: Any) -> Any:
    def make(root: Path, models: Path | None = None) -> Client:
        return Client(create_app(root, models=models or tiny.models), host="localhost")

    return make
