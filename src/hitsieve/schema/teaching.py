"""Which compounds may teach a student model, and which may judge it: never the same ones.

Where a cheap model is fitted to a costly one's predictions, it is closer to them on the compounds
it was fitted to than elsewhere. How deep its ranking must be read is therefore judged on others.
Which is which follows from the compound's identity alone, so it is the same in every library and
release, and no list must be kept.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

TEACHING_SHARE: Final = 0.25
_DIGITS: Final = ("0", "1", "2", "3")


def may_teach(compound_ids: pa.StringArray) -> pa.BooleanArray:
    """Tell which compounds a student may be fitted to; the others judge it: bool (n,).

    It is those whose structure key ends in 0 to 3: its end is a hexadecimal digit of a hash of
    the molecular graph, so they are a random quarter of any library.

    Examples
    --------
    >>> may_teach(pa.array(["LFQSCWFLJHTTHZ-UHFFFAOYSA-N-6f2d5a11", "A-6f2d5a1f"])).to_pylist()
    [True, False]
    """
    return pc.is_in(pc.utf8_slice_codeunits(compound_ids, -1), value_set=pa.array(_DIGITS))
