from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

import hitsieve
from hitsieve.engine import cluster
from hitsieve.errors import ClusterError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "PYTHONPATH"):
        monkeypatch.setenv(name, "")  # so that the test's end restores it
        monkeypatch.delenv(name)
    return tmp_path


@pytest.mark.parametrize(
    "address",
    ["", "auto", "local", "localhost:6379", "127.0.0.1:6379", "ray://127.0.0.1:10001", "[::1]:1"],
)
def test_own_addresses_are_local(address: str) -> None:
    if "::1" in address and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    assert cluster.is_local(address)


def test_the_own_host_name_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert cluster.is_local("node-17:6379")


@pytest.mark.parametrize("address", ["192.0.2.1:6379", "ray://198.51.100.7:10001", "203.0.113.5"])
def test_foreign_addresses_need_a_token(
    address: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ClusterError, match="RAY_AUTH_MODE is not set") as caught:
        cluster.refuse_unsafe(address)
    assert "RAY_AUTH_MODE=token" in caught.value.cure
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with pytest.raises(ClusterError, match="RAY_AUTH_MODE is disabled"):
        cluster.refuse_unsafe(address)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    with pytest.raises(ClusterError, match="no authentication token"):
        cluster.refuse_unsafe(address)
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text("t")
    cluster.refuse_unsafe(address)


def test_an_address_nobody_answers_at_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        cluster.refuse_unreachable(f"127.0.0.1:{port}")
        cluster.refuse_unreachable(f"ray://127.0.0.1:{port}")
    for address in (f"127.0.0.1:{port}", "127.0.0.1:99999"):
        with pytest.raises(ClusterError, match="nobody answers") as caught:
            cluster.refuse_unreachable(address)
        assert "RAY_ADDRESS" in caught.value.cure
    cluster.refuse_unreachable("auto")
    cluster.refuse_unreachable("local")


def test_a_token_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "t")
    cluster.refuse_unsafe("192.0.2.1:6379")


def test_names_nobody_knows_are_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert not cluster.is_local("nowhere.invalid:6379")


def test_a_local_cluster_gets_a_private_token(home: Path) -> None:
    cluster.protect_local_cluster()
    path = home / ".ray" / "auth_token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text()
    cluster.protect_local_cluster()
    assert path.read_text() == first
    assert len(first) >= 32


def test_a_mode_the_user_chose_stands(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    cluster.protect_local_cluster()
    assert not (home / ".ray").exists()


def test_a_readable_token_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    path.write_text("t")
    path.chmod(0o644)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(path))
    cluster.protect_token()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_workers_get_their_threads_and_find_hitsieve() -> None:
    assert cluster.worker_environment(1)["OMP_NUM_THREADS"] == "1"
    assert cluster.worker_environment(0.5)["OMP_NUM_THREADS"] == "1"
    environment = cluster.worker_environment(4)
    assert environment["OMP_NUM_THREADS"] == environment["MKL_NUM_THREADS"] == "4"
    assert environment["RAY_USAGE_STATS_ENABLED"] == "0"
    source = Path(hitsieve.__file__).resolve().parents[1]
    if "site-packages" not in source.parts:
        assert str(source) in environment["PYTHONPATH"].split(":")


def test_telemetry_is_off_before_ray_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    cluster.prepare_environment()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_what_listens_on_every_interface_is_seen(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    head = "sl local_address rem_address st\n"
    table.write_text(f"{head}0: 0100007F:2049 00000000:0000 0A\n")
    assert not cluster.is_exposed(table=table)
    table.write_text(f"{head}0: 00000000:2049 0A0B0C0D:0000 01\n")  # connected, not listening
    assert not cluster.is_exposed(table=table)
    table.write_text(f"{head}0: 00000000:2049 00000000:0000 0A\n")
    assert cluster.is_exposed(table=table)
    assert not cluster.is_exposed(1, table=table)
    table.unlink()
    (tmp_path / "tcp6").write_text(f"{head}0: {'0' * 32}:2049 {'0' * 32}:0000 0A\n")
    assert cluster.is_exposed(table=table)


def test_a_real_listener_is_seen() -> None:
    with (
        socket.create_server(("", 0)) as open_to_all,
        socket.create_server(("127.0.0.1", 0)) as own,
    ):
        assert cluster.is_exposed(open_to_all.getsockname()[1])
        assert not cluster.is_exposed(own.getsockname()[1])
