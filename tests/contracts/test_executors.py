"""Every executor keeps the contract of hitsieve.testing.executor_kit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.testing.executor_kit import ExecutorContract, IsolatedExecutorContract
from hitsieve.testing.process_executor import ProcessExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.engine import Executor


class TestSerialExecutor(ExecutorContract):
    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        with SerialExecutor() as executor:
            yield executor


class TestProcessExecutor(IsolatedExecutorContract):
    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        with ProcessExecutor(2) as executor:
            yield executor


@pytest.mark.ray
class TestRayExecutor(IsolatedExecutorContract):
    @pytest.fixture
    def executor(self, ray_executor: Executor) -> Executor:
        return ray_executor
