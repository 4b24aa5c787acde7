"""Memory that the tensors of one pass leave is kept for the next.

The GNU C library gives large blocks back to the system as soon as they are freed, and the system
hands them out again page by page, each filled with zeros first: a quarter of the time of scoring on
a processor, and traffic that workers of one machine compete for.
"""

from __future__ import annotations

import ctypes
import functools
import os
from contextlib import suppress
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""Names of the two settings in ``malloc.h``."""
_LARGEST_BLOCK: Final = 1 << 30
"""Bytes; blocks beyond this go back to the system when freed."""
_MOST_KEPT: Final = (1 << 31) - 1
"""Bytes at the end of the heap, the most the setting can hold."""
_ROOM: Final = 600 << 20
"""Bytes in one piece for the tensors of a pass; pages only once they are used.

Without it small blocks that stay come to lie between large ones of ever other sizes, and memory
grows by a tenth over a long screen.
"""
_OWN_WISHES: Final = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")


@functools.cache
def keep_freed_memory() -> bool:
    """Keep up to 2 GiB of freed memory in this process; return whether that was done.

    The most memory a process holds rises by up to a tenth. Left alone are processes whose
    environment sets ``MALLOC_TRIM_THRESHOLD_``, ``MALLOC_MMAP_THRESHOLD_`` or ``GLIBC_TUNABLES``,
    and systems without the GNU C library.
    """
    if any(name in os.environ for name in _OWN_WISHES) or not _is_gnu():
        return False
    library = ctypes.CDLL(None)
    kept = all(
        library.mallopt(ctypes.c_int(name), ctypes.c_int(value)) == 1
        for name, value in ((_MMAP_THRESHOLD, _LARGEST_BLOCK), (_TRIM_THRESHOLD, _MOST_KEPT))
    )
    if kept:
        library.malloc.restype = ctypes.c_void_p
        library.free(ctypes.c_void_p(library.malloc(ctypes.c_size_t(_ROOM))))
    return kept


def _is_gnu() -> bool:
    with suppress(AttributeError, ValueError, OSError):
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    return False
