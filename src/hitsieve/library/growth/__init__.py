"""Libraries that grow: new releases come in, known structures are featurized no second time."""

from hitsieve.library.growth.add import AddSummary, add_release
from hitsieve.library.growth.diff import diff_libraries

__all__ = ["AddSummary", "add_release", "diff_libraries"]
