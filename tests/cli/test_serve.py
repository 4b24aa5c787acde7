"""``hitsieve serve`` stays on this machine unless told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.cli.serve import _is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    import uvicorn

    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: calls.append(options))
    return calls


def test_by_default_only_this_machine_is_served(
    hitsieve: Run, tiny: Any, served: list[dict[str, Any]]
) -> None:
    assert hitsieve("serve", tiny.screen.parent, "--port", "8123").exit_code == 0
    assert (served[0]["host"], served[0]["port"]) == ("127.0.0.1", 8123)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "lab.example"])  # noqa: S104 - refused
def test_an_address_others_can_reach_must_be_meant(
    hitsieve: Run, tiny: Any, served: list[dict[str, Any]], host: str
) -> None:
    result = hitsieve("serve", tiny.screen.parent, "--host", host)
    assert result.exit_code == 2
    assert "--expose" in result.stderr
    assert served == []
    assert hitsieve("serve", tiny.screen.parent, "--host", host, "--expose").exit_code == 0
    assert served[0]["host"] == host


def test_a_folder_that_is_not_there(hitsieve: Run, served: list[dict[str, Any]]) -> None:
    assert hitsieve("serve", "absent").exit_code == 3
    assert served == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_addresses(host: str) -> None:
    assert _is_loopback(host)
