"""What this machine has: cores, memory, disk, GPUs, and what hitsieve will make of them."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hitsieve.provenance import versions

if TYPE_CHECKING:
    from hitsieve.cli.settings import Settings

GIB: Final = 1 << 30
LOW_MEMORY_GIB: Final = 4.0
LOW_DISK_GIB: Final = 5.0
OPTIONAL: Final = {"chemprop": "chemprop", "docking": "vina", "notebooks": "nbclient"}


def inspect(settings: Settings) -> dict[str, Any]:
    """Return what is installed, what the machine has, and what will be used.

    Returns
    -------
    dict
        ``versions``, ``extras``, ``machine``, ``settings``, ``use`` and ``problems``; plain JSON.
    """
    machine = {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "memory_gib": round(memory_bytes() / GIB, 1),
        "disk_free_gib": round(shutil.disk_usage(Path.cwd()).free / GIB, 1),
        "gpus": gpus(),
    }
    installed = versions()
    use = {
        "executor": executor(settings),
        "workers": settings.workers or machine["cores"],
        "ray": os.environ.get("RAY_ADDRESS") or "a private cluster on this machine",
        "models": str(settings.models.resolve()),
        "data": str(settings.data.resolve()),
        "data_mirror": str(settings.data_mirror or ""),
    }
    return {
        "versions": installed,
        "extras": {extra: _is_installed(package) for extra, package in OPTIONAL.items()},
        "machine": machine,
        "settings": settings.model_dump(mode="json"),
        "use": use,
        "problems": problems(installed, machine, settings),
    }


def problems(installed: dict[str, str], machine: dict[str, Any], settings: Settings) -> list[str]:
    """Return what would stop or slow a run, each with its cure."""
    found = [
        f"{name} is not installed: run `make demo`, or pip install it"
        for name, version in installed.items()
        if version == "not installed"
    ]
    if machine["memory_gib"] < LOW_MEMORY_GIB:
        found.append(
            f"only {machine['memory_gib']} GiB of memory: use --executor serial, "
            "each Ray worker needs about 1 GiB"
        )
    if machine["disk_free_gib"] < LOW_DISK_GIB:
        found.append(f"only {machine['disk_free_gib']} GiB free here: choose another folder")
    if settings.data_mirror is not None and not settings.data_mirror.is_dir():
        found.append(f"data mirror {settings.data_mirror} is no folder: correct the path")
    return found


def executor(settings: Settings) -> str:
    """Return which executor will run the work, in words."""
    if settings.executor == "auto":
        return "Ray for large work, this process for small"
    return {"ray": "Ray", "serial": "this process"}[settings.executor]


def cores() -> int:
    """Return the cores this process may use: affinity and container limits count."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        allowed = os.cpu_count() or 1
    quota, _, period = _read("/sys/fs/cgroup/cpu.max").partition(" ")
    if quota.isdigit() and period.strip().isdigit():
        allowed = min(allowed, max(1, int(quota) // int(period)))
    return allowed


def memory_bytes() -> int:
    """Return the memory this process may use: a container's limit counts."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _read("/sys/fs/cgroup/memory.max").strip()
    return min(total, int(limit)) if limit.isdigit() else total


def gpus() -> list[str]:
    """Return name and memory of each NVIDIA GPU the driver shows."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []  # a driver that does not answer is a GPU that cannot be used
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def _is_installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return ""
