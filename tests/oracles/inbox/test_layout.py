from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from hitsieve.oracles.inbox.config import PLATE_SHAPES, ControlConfig, InboxConfig
from hitsieve.oracles.inbox.layout import lay_out, well_name, wells_of

if TYPE_CHECKING:
    from typing import Literal


def settings(**changes: object) -> InboxConfig:
    return InboxConfig(target="t", endpoint="pIC50", unit="pX", **changes)  # type: ignore[arg-type]


@examples(deadline=None, max_examples=60)
@given(
    n=st.integers(1, 500),
    plate=st.sampled_from((96, 384)),
    replicates=st.integers(1, 3),
    negative=st.integers(1, 8),
    shuffle=st.booleans(),
)
def test_every_compound_and_control_has_its_wells(
    n: int, plate: Literal[96, 384], replicates: int, negative: int, *, shuffle: bool
) -> None:
    names = [f"c{i}" for i in range(n)]
    controls = (
        ControlConfig(name="DMSO", role="negative", wells=negative),
        ControlConfig(name="reference", role="positive", wells=2),
    )
    config = settings(plate_wells=plate, replicates=replicates, shuffle=shuffle, controls=controls)
    wells = lay_out(names, config, batch="b", done={})
    assert wells_of(wells) == dict.fromkeys(names, replicates)
    places = [(well.plate, well.well) for well in wells]
    assert len(set(places)) == len(places)
    rows, columns = PLATE_SHAPES[plate]
    plates = {well.plate for well in wells}
    for name in plates:
        here = Counter(well.control for well in wells if well.plate == name)
        assert here["DMSO"] == negative
        assert here["reference"] == 2
        assert here[""] <= rows * columns - negative - 2
    assert len(plates) == -(-n * replicates // (rows * columns - negative - 2))
    outer = {"01", f"{columns:02d}"}
    assert {well.well[1:] for well in wells if well.control} <= outer


def test_places_are_drawn_from_the_name_of_the_batch() -> None:
    names = [f"c{i}" for i in range(40)]
    first = lay_out(names, settings(), batch="one", done={})
    assert first == lay_out(names, settings(), batch="one", done={})
    second = lay_out(names, settings(), batch="two", done={})
    assert [w.compound_id for w in first] != [w.compound_id for w in second]
    plain = lay_out(names, settings(shuffle=False), batch="one", done={})
    assert [w.compound_id for w in plain if w.compound_id] == names


def test_replicates_go_on_from_those_of_earlier_batches() -> None:
    wells = lay_out(["a", "b"], settings(replicates=2), batch="b", done={"a": 3})
    numbers = {name: sorted(w.replicate for w in wells if w.compound_id == name) for name in "ab"}
    assert numbers == {"a": [4, 5], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "name"),
    [("a1", "A01"), (" H12 ", "H12"), ("p024", "P24"), ("A25", None), ("A0", None), ("11", None)],
)
def test_wells_are_read_as_people_write_them(text: str, name: str | None) -> None:
    assert well_name(text) == name
