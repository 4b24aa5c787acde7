"""How many workers a node has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.engine.open import cores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsieve.engine.executor import Limits


def room(resources: Mapping[str, float], labels: Mapping[str, str], limits: Limits) -> int:
    """Return how many workers with these needs fit on a node.

    Examples
    --------
    >>> from hitsieve.engine import Limits
    >>> room({"CPU": 8.0, "GPU": 1.0}, {}, Limits(cpus=1, gpus=0.25))
    4
    >>> room({"CPU": 8.0}, {"role": "featurize"}, Limits(labels={"role": "score"}))
    0
    """
    if any(labels.get(name) != value for name, value in limits.labels.items()):
        return 0
    needs = {"CPU": limits.cpus, "GPU": limits.gpus, **limits.resources}
    counts = [int(resources.get(k, 0) / need) for k, need in needs.items() if need > 0]
    return min(counts, default=cores())


def needs_of(limits: Limits) -> str:
    """Return in words what a worker needs.

    Examples
    --------
    >>> from hitsieve.engine import Limits
    >>> needs_of(Limits(cpus=2, gpus=0.5, resources={"licence": 1}, labels={"role": "score"}))
    '2 CPUs and 0.5 GPUs, 1 licence, a node labeled role=score'
    """
    more = [f"{amount:g} {name}" for name, amount in limits.resources.items()]
    more += [f"a node labeled {name}={value}" for name, value in limits.labels.items()]
    return ", ".join([f"{limits.cpus} CPUs and {limits.gpus} GPUs", *more])
