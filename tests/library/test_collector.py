from __future__ import annotations

import gc

import pytest

from hitsieve.library.collector import without_collector


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_as_it_was_afterwards(on: bool) -> None:  # noqa: FBT001 - a parameter of the test
    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        with without_collector():
            assert not gc.isenabled()
        assert gc.isenabled() == on
        with pytest.raises(ZeroDivisionError), without_collector():
            raise ZeroDivisionError
        assert gc.isenabled() == on
    finally:
        (gc.enable if before else gc.disable)()
