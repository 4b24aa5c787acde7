"""Where work runs: one small seam, :class:`~hitsieve.engine.executor.Executor`.

:class:`~hitsieve.engine.serial.SerialExecutor` runs tasks in the calling process,
``RayExecutor`` on actors of a Ray cluster; :func:`~hitsieve.engine.open.open_executor` chooses.
"""

from hitsieve.engine.executor import Executor, Limits, Outcome, Task, Work
from hitsieve.engine.open import open_executor
from hitsieve.engine.serial import SerialExecutor

__all__ = ["Executor", "Limits", "Outcome", "SerialExecutor", "Task", "Work", "open_executor"]
