"""Libraries cut out of larger ones: by property, substructure, list, or at random."""

from hitsieve.library.cut.selection import Selection, SubsetConfig
from hitsieve.library.cut.subset import SubsetSummary, cut_subset

__all__ = ["Selection", "SubsetConfig", "SubsetSummary", "cut_subset"]
