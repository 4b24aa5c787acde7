"""One thread for linear algebra, so that sums do not hang on how many processors are free.

A product of matrices that several threads share is summed in another order than one thread sums
it, and ends in other last bits. A screen would then differ between a laptop and a worker of a
cluster that owns one core, and between a run and the rest of it that was resumed elsewhere.
Parallel work is done by processes here.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@contextmanager
def one_thread_algebra() -> Iterator[None]:
    """Let NumPy and SciPy compute on one thread inside the block; then on as many as before.

    Blocks may be nested, and entered by several threads of a process: the last one out restores,
    as far as it is the thread that began (threadpoolctl lets no other). Also a decorator.
    """
    global _inside, _limit  # noqa: PLW0603 - a setting of the process, as the libraries have it
    with _lock:
        if not _inside:
            _limit = _libraries().limit(limits=1, user_api="blas")
            _limit.__enter__()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _limit.__exit__(None, None, None)


@cache
def _libraries() -> Any:  # noqa: ANN401 - threadpoolctl carries no types
    # Found among what is loaded: both bring a library of their own.
    import numpy as np  # noqa: F401
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
