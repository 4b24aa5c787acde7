"""What the nodes of a cluster are, and whether each can do its part of the work.

A probe runs on every node, held there by the resource ``node:<address>`` that each has. It
says which versions are installed, how its clock stands, and which files of the others it sees:
a node with another image, a wrong clock or without the shared storage spoils a run, and is
found here before one.
"""

from __future__ import annotations

import os
import platform
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from hitsieve.engine.executor import Limits, Task
from hitsieve.engine.gpus import GpuUse, gpu_use
from hitsieve.provenance import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hitsieve.engine.executor import Executor

PROBE_SECONDS: Final = 60.0
CLOCK_SECONDS: Final = 5.0
"""Difference of clocks at which times in logs and journals mislead."""
_SLIVER: Final = 0.001
_AT_A_TIME: Final = 16


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a cluster: its address, host name, state, resources and labels."""

    address: str
    host: str
    alive: bool
    resources: dict[str, float]
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Probe:
    """What a node says of itself.

    Parameters
    ----------
    host
        Its name.
    versions
        Of Python and all libraries that can change a result.
    clock
        Its time, seconds since 1970.
    gpus
        Its GPUs and how busy each is.
    left
        Name of the file the node left in the shared folder; empty without one.
    storage_error
        Why the node cannot use the shared folder; empty if it can.
    """

    host: str
    versions: dict[str, str]
    clock: float
    gpus: tuple[GpuUse, ...] = ()
    left: str = ""
    storage_error: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """All nodes, what each answered, and the problems that follow, each with its cure."""

    nodes: tuple[Node, ...]
    probes: dict[str, Probe]
    problems: tuple[str, ...]


def survey(executor: Executor, nodes: Sequence[Node], shared: Path | None = None) -> Survey:
    """Probe every living node.

    Parameters
    ----------
    executor
        Of the cluster.
    nodes
        The cluster's nodes.
    shared
        Folder all nodes must be able to write to and see each other's files in.
    """
    probes: dict[str, Probe] = {}
    problems = [f"node {n.address} is gone: restart it, or ignore it" for n in nodes if not n.alive]
    try:
        living = [node for node in nodes if node.alive]
        with ThreadPoolExecutor(_AT_A_TIME) as threads:
            answers = list(threads.map(lambda node: _ask(executor, node, shared), living))
        for node, answer in zip(living, answers, strict=True):
            if answer.probe is None:
                problems.append(f"node {node.address} does not answer: {answer.error}")
            else:
                probes[node.address] = answer.probe
                problems += _compared(node, answer.probe, answer)
        problems += _unseen(shared, probes)
    finally:
        for probe in probes.values():
            if shared is not None and probe.left:
                with suppress(OSError):
                    (shared / probe.left).unlink()
    return Survey(tuple(nodes), probes, tuple(problems))


def look(shared: Path | None) -> Probe:
    """Answer a probe on this machine."""
    left = error = ""
    if shared is not None:
        name = f".hitsieve-probe-{secrets.token_hex(8)}"
        try:
            _leave(shared, name)
            left = name
        except OSError as problem:
            error = str(problem)
    return Probe(platform.node(), versions(), time.time(), gpu_use(), left, error)


def prober(shared: Path | None) -> Callable[[object], Probe]:
    """Set up a probe's worker."""

    def answer(_: object) -> Probe:
        return look(shared)

    return answer


@dataclass(frozen=True, slots=True)
class _Answer:
    """A node's answer or why there is none, asked and answered at these times here."""

    probe: Probe | None
    error: str
    asked: float
    answered: float


def _ask(executor: Executor, node: Node, shared: Path | None) -> _Answer:
    pinned = {name: _SLIVER for name in node.resources if name == f"node:{node.address}"}
    limits = Limits(attempts=1, deadline_s=PROBE_SECONDS, cpus=0, resources=pinned)
    asked = time.time()
    (outcome,) = executor.map(partial(prober, shared), [Task(node.address, None)], limits)
    return _Answer(outcome.value, outcome.error, asked, time.time())


def _compared(node: Node, probe: Probe, answer: _Answer) -> Iterator[str]:
    here = versions()
    for name in sorted(here):
        theirs = probe.versions.get(name, "not installed")
        if theirs != here[name]:
            yield (
                f"node {node.address} has {name} {theirs}, here is {here[name]}: "
                "run the same image everywhere, or results may differ"
            )
    off = min(probe.clock - answer.asked, 0) + max(probe.clock - answer.answered, 0)
    if abs(off) > CLOCK_SECONDS:
        yield f"the clock of node {node.address} is off by {off:+.0f} s: synchronize it (NTP)"
    if probe.storage_error:
        yield (
            f"node {node.address} cannot use the shared folder: {probe.storage_error}; "
            "mount the same storage on every node, writable and with hard links"
        )


def _unseen(shared: Path | None, probes: Mapping[str, Probe]) -> Iterator[str]:
    # What a node wrote must be seen from here: else its mount is another folder of that name.
    if shared is None:
        return
    for address, probe in probes.items():
        if probe.left and not (shared / probe.left).is_file():
            yield (
                f"what node {address} wrote into {shared} is not seen here: "
                "mount the same storage on every node"
            )


def _leave(shared: Path, name: str) -> None:
    first = shared / f"{name}.tmp"
    first.write_text(platform.node(), encoding="utf-8")
    try:
        os.link(first, shared / name)  # commit records rest on hard links
    finally:
        first.unlink()
