"""Compound libraries: any vendor file in, a clean, deduplicated, featurized library out.

>>> from hitsieve.library import Library, LibraryConfig, build_library  # doctest: +SKIP
>>> with open_executor("auto") as executor:  # doctest: +SKIP
...     build_library(LibraryConfig(inputs=["vendor.smi.gz"], output="lib"), executor)
>>> Library.open("lib").lookup(["LFQSCWFLJHTTHZ-UHFFFAOYSA-N-6f2d5a11"])  # doctest: +SKIP
"""

from hitsieve.library.config import LibraryConfig
from hitsieve.library.ingest import LibrarySummary, build_library
from hitsieve.library.library import Library, Shard
from hitsieve.library.manifest import Manifest
from hitsieve.library.progress import Progress

__all__ = [
    "Library",
    "LibraryConfig",
    "LibrarySummary",
    "Manifest",
    "Progress",
    "Shard",
    "build_library",
]
