"""What surrounds a Ray cluster: environment, where it lies, and whether it is safe to join.

Nothing here imports Ray: the environment must be set before its first import.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from hitsieve.errors import ClusterError
from hitsieve.logs import worker_variables

TOKEN_DOCS: Final = "https://docs.ray.io/en/latest/ray-security/token-auth.html"  # noqa: S105 - an address
_THREADS: Final = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
DASHBOARD_PORT: Final = 8265
_SOCKETS: Final = Path("/proc/net/tcp")
_STATE: Final = 3
_LISTENS: Final = "0A"
_NAMELESS: Final = {"", "auto", "local"}
"""What Ray takes for an address without a host."""
_ANSWER_S: Final = 10.0
_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing leaves the machine
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


def prepare_environment() -> None:
    """Set what Ray reads when it is imported: telemetry off, no notices about accelerators."""
    os.environ.update(_QUIET)


def protect_local_cluster() -> None:
    """Turn on token authentication for a cluster about to start, with a private token.

    Ray writes the token readable for everybody on the machine; here it is made first, for the
    owner only. A mode the user set stands.
    """
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    if os.environ["RAY_AUTH_MODE"].lower() != "token":
        return
    path = token_file()
    if not _has_token():
        with suppress(FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as stream:
                stream.write(secrets.token_hex(16))
    protect_token()


def protect_token() -> None:
    """Make the token file, if there is one, readable for its owner only."""
    path = token_file()
    with suppress(OSError):
        if path.is_file() and path.stat().st_mode & 0o077:
            path.chmod(0o600)


def token_file() -> Path:
    """Return where Ray keeps the token of this user."""
    given = os.environ.get("RAY_AUTH_TOKEN_PATH")
    return Path(given) if given else Path.home() / ".ray" / "auth_token"


def is_local(address: str) -> bool:
    """Return whether an address of a cluster points to this very machine.

    Examples
    --------
    >>> is_local("127.0.0.1:6379"), is_local("ray://localhost:10001"), is_local("auto")
    (True, True, True)
    """
    return address in _NAMELESS or is_own_host(_host_and_port(address)[0])


def is_own_host(host: str) -> bool:
    """Return whether a host name or address belongs to this machine."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(_binds(family, address) for family, _, _, _, address in found)


def is_exposed(port: int = DASHBOARD_PORT, table: Path = _SOCKETS) -> bool:
    """Return whether something of this machine listens at a port of every interface (Linux)."""
    try:
        lines = [*_lines(table), *_lines(table.with_name(f"{table.name}6"))]
    except OSError:
        return False
    for line in lines:
        parts = line.split()
        if len(parts) > _STATE and parts[_STATE] == _LISTENS:
            address, _, number = parts[1].partition(":")
            if not address.strip("0") and int(number, 16) == port:
                return True
    return False


def refuse_unsafe(address: str) -> None:
    """Refuse a cluster on other machines unless token authentication is on.

    Whoever reaches a Ray cluster can run code on it, and structures travel to it.

    Raises
    ------
    ClusterError
        If the cluster is not local and ``RAY_AUTH_MODE`` is not ``token`` or no token is set.
    """
    if is_local(address):
        return
    mode = os.environ.get("RAY_AUTH_MODE", "")
    if mode.lower() != "token":
        raise ClusterError(
            f"the Ray cluster at {address} is not on this machine and "
            f"RAY_AUTH_MODE is {mode or 'not set'}: whoever reaches it could read your compounds",
            cure=f"start it with RAY_AUTH_MODE=token and set the same here; see {TOKEN_DOCS}",
        )
    if not _has_token():
        raise ClusterError(
            f"no authentication token for the Ray cluster at {address}",
            cure=f"copy the cluster's token to {token_file()} or set RAY_AUTH_TOKEN",
        )


def refuse_unreachable(address: str) -> None:
    """Refuse an address nobody answers at; Ray itself would try for minutes.

    Raises
    ------
    ClusterError
        If no connection can be made within 10 seconds.
    """
    host, port = _host_and_port(address)
    if address in _NAMELESS or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"nobody answers at the Ray cluster's address {address}: {error}",
            cure="check RAY_ADDRESS and that the cluster runs; unset it to work locally",
        ) from error


def worker_environment(cpus: float) -> dict[str, str]:
    """Return the environment of a worker that reserves ``cpus`` cores.

    Numeric libraries get as many threads as cores are reserved, so workers do not crowd each
    other out. A hitsieve that runs from a checkout is made importable.
    """
    threads = str(max(1, int(cpus)))
    environment = dict.fromkeys(_THREADS, threads) | _QUIET | worker_variables()
    source = Path(__file__).resolve().parents[2]
    if "site-packages" not in source.parts:
        known = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
        environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(source), *known]))
    if sys.flags.dont_write_bytecode:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return environment


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").splitlines()[1:] if path.is_file() else []


def _host_and_port(address: str) -> tuple[str, str]:
    place = address.split("://", 1)[-1]
    host, _, port = place.rpartition(":") if ":" in place else (place, "", "")
    return host.strip("[]"), port


def _binds(family: int, address: tuple[object, ...]) -> bool:
    # Only an address of an own interface can be bound.
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address[0], 0, *address[2:]))
        except OSError:
            return False
    return True


def _has_token() -> bool:
    return bool(os.environ.get("RAY_AUTH_TOKEN")) or token_file().is_file()
