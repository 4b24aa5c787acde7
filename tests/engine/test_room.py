from __future__ import annotations

from hitsieve.engine import Limits
from hitsieve.engine.open import cores
from hitsieve.engine.room import needs_of, room


def test_the_scarcest_resource_counts() -> None:
    node = {"CPU": 8.0, "GPU": 2.0, "licence": 3.0}
    assert room(node, {}, Limits(cpus=2)) == 4
    assert room(node, {}, Limits(cpus=1, gpus=0.5)) == 4
    assert room(node, {}, Limits(cpus=0.5, gpus=0.5, resources={"licence": 1})) == 3
    assert room(node, {}, Limits(cpus=16)) == 0
    assert room({}, {}, Limits(gpus=1)) == 0


def test_a_worker_without_needs_gets_as_many_seats_as_there_are_cores() -> None:
    assert room({}, {}, Limits(cpus=0)) == cores()


def test_labels_must_be_borne() -> None:
    asked = Limits(labels={"role": "score"})
    assert room({"CPU": 4.0}, {"role": "score", "zone": "a"}, asked) == 4
    assert room({"CPU": 4.0}, {}, asked) == 0


def test_needs_are_told_in_words() -> None:
    assert needs_of(Limits(cpus=4096)) == "4096 CPUs and 0 GPUs"
