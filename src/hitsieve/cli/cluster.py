"""What a cluster is and whether it is fit for a run; the part of ``hitsieve doctor`` for one."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, Final

from hitsieve.engine import cluster
from hitsieve.engine.survey import survey

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.engine.survey import Node, Survey

_CURE: Final = "--dashboard-host=127.0.0.1"


def inspect_cluster(shared: Path | None) -> dict[str, Any]:
    """Join the cluster of ``RAY_ADDRESS`` and ask every node.

    Parameters
    ----------
    shared
        Folder every node must be able to write to and see the others' files in.

    Returns
    -------
    dict
        ``address``, ``authentication``, ``nodes`` and ``problems``; plain JSON.

    Raises
    ------
    ClusterError
        If the cluster cannot be reached or is unsafe.
    """
    from hitsieve.engine.ray_executor import RayExecutor

    problems = token_problems()  # joining makes the token file private, so look before
    with RayExecutor(1) as executor:
        found = survey(executor, executor.nodes(), shared)
    return {
        "address": os.environ.get("RAY_ADDRESS") or "a private cluster on this machine",
        "authentication": os.environ.get("RAY_AUTH_MODE", "not set"),
        "nodes": [_plain(node, found) for node in found.nodes],
        "problems": [*problems, *found.problems, *address_problems(found.nodes)],
    }


def token_problems() -> list[str]:
    """Return what is wrong with the token file of this user."""
    path = cluster.token_file()
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return []
    if mode & 0o077:
        return [
            f"{path} could be read by others (mode {mode:04o}): it was closed; change the token"
        ]
    return []


def address_problems(nodes: tuple[Node, ...]) -> list[str]:
    """Return a warning if this machine's dashboard answers on every interface."""
    heads = [node for node in nodes if "node:__internal_head__" in node.resources and node.alive]
    if any(cluster.is_own_host(node.address) for node in heads) and cluster.is_exposed():
        where = f"port {cluster.DASHBOARD_PORT} of this machine"
        return [f"{where} listens on every interface: start the head with {_CURE}"]
    return []


def _plain(node: Node, found: Survey) -> dict[str, Any]:
    probe = found.probes.get(node.address)
    amounts = {
        name: amount
        for name, amount in sorted(node.resources.items())
        if not name.startswith("node:")
    }
    return {
        "address": node.address,
        "host": node.host,
        "state": "gone" if not node.alive else "silent" if probe is None else "ready",
        "cpus": amounts.pop("CPU", 0),
        "gpus": amounts.pop("GPU", 0),
        "memory_gib": round(amounts.pop("memory", 0) / (1 << 30), 1),
        "gpu_names": [gpu.name for gpu in probe.gpus] if probe else [],
        "gpu_busy": [gpu.busy for gpu in probe.gpus] if probe else [],
        "labels": {k: v for k, v in node.labels.items() if not k.startswith("ray.io/node-")},
        "hitsieve": probe.versions["hitsieve"] if probe else "",
    }
