"""GPUs of this machine as their driver reports them: name, memory, and how busy they are."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

_FIELDS: Final = "index,name,memory.total,memory.used,utilization.gpu"
_ANSWER_S: Final = 20


@dataclass(frozen=True, slots=True)
class GpuUse:
    """A GPU: its number and name, memory in MiB, and the share of time it computes, 0 to 1."""

    index: int
    name: str
    memory_mib: float
    used_mib: float
    busy: float


def gpu_use() -> tuple[GpuUse, ...]:
    """Return the NVIDIA GPUs of this machine; none if there is no driver or it does not answer.

    The share of time is what the driver measured over its last sample period, up to a second.
    """
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    query = [tool, f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(
            query, capture_output=True, text=True, timeout=_ANSWER_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()  # a driver that does not answer is a GPU that cannot be used
    return parse_gpu_use(answer.stdout)


def own_gpus_busy() -> float | None:
    """Return how busy the GPUs of this process are, on average; None if it was given none.

    Ray names a worker's GPUs in ``CUDA_VISIBLE_DEVICES``, by number or by identifier; where
    they are not numbers, all GPUs of the machine count.
    """
    given = [part for part in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if part]
    if not given:
        return None
    found = gpu_use()
    mine = [gpu for gpu in found if str(gpu.index) in given] or found
    return sum(gpu.busy for gpu in mine) / len(mine) if mine else None


def parse_gpu_use(text: str) -> tuple[GpuUse, ...]:
    r"""Read what ``nvidia-smi`` printed: one line a GPU, fields as of :func:`gpu_use`.

    Values a GPU does not report (``[N/A]``) count as 0.

    Examples
    --------
    >>> parse_gpu_use("0, NVIDIA H200, 143771, 512, 37\n")[0].busy
    0.37
    """
    found = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == _FIELDS.count(",") + 1 and parts[0].isdecimal():
            total, used, busy = (_number(part) for part in parts[2:])
            found.append(GpuUse(int(parts[0]), parts[1], total, used, busy / 100))
    return tuple(found)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
