from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hitsieve.networks import memory

CODE = """
import resource, sys
import torch
from hitsieve.networks.memory import keep_freed_memory
kept = sys.argv[1] == "keep" and keep_freed_memory()
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(8 * 2**20)
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str, **environment: str) -> tuple[bool, int]:
    """Ten tensors of 32 MiB one after the other: pages that the system had to hand out."""
    known = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.run(
        [sys.executable, "-c", CODE, how],
        env=known | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    kept, number = done.stdout.split()
    return kept == "True", int(number)


@pytest.mark.skipif(not memory._is_gnu(), reason="not the GNU C library")
def test_freed_blocks_are_used_again() -> None:
    kept, few = faults("keep")
    assert kept
    assert few < faults("leave")[1] / 10


def test_what_the_user_has_set_stands() -> None:
    assert faults("keep", MALLOC_TRIM_THRESHOLD_="131072")[0] is False


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_is_gnu", lambda: False)
    assert memory.keep_freed_memory.__wrapped__() is False


def test_a_system_that_names_no_library_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> str:
        raise ValueError(name)

    monkeypatch.setattr(os, "confstr", unknown)
    assert memory._is_gnu() is False
