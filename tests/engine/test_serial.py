from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import SerialExecutor, Task
from hitsieve.engine.serial import describe

if TYPE_CHECKING:
    from collections.abc import Callable


def interrupted() -> Callable[[int], int]:
    def work(_: int) -> int:
        raise KeyboardInterrupt

    return work


def test_results_keep_the_order_of_tasks() -> None:
    outcomes = SerialExecutor().map(lambda: abs, [Task(str(i), -i) for i in range(5)])
    assert [(o.key, o.value) for o in outcomes] == [(str(i), i) for i in range(5)]


def test_an_interrupt_is_no_failed_task() -> None:
    with pytest.raises(KeyboardInterrupt):
        list(SerialExecutor().map(interrupted, [Task("a", 1)]))


def test_an_error_without_message_is_named() -> None:
    assert describe(ValueError()) == "ValueError"
    assert describe(ValueError("why")) == "why"
