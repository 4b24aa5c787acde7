from __future__ import annotations

from hitsieve.campaign.picks import Pick
from hitsieve.campaign.rounds import Round
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.schema import Code
from hitsieve.testing.oracle_kit import FakeOracle


def labeled(values: list[float | None], relations: str) -> Round:
    picks = tuple(Pick(f"c{n}", "greedy") for n in range(len(values)))
    found = [
        Measurement(value, relation, Code.NONE if value is not None else Code.NOT_MEASURED)
        for value, relation in zip(values, relations, strict=True)
    ]
    return Round(
        0, "m", picks, label_rows(FakeOracle(), [(p.compound_id, "C") for p in picks], found)
    )


def test_a_bound_on_the_poorer_side_does_not_count() -> None:
    one = labeled([7.0, 9.0, 8.0, None], "=<>=")
    assert one.values[:3] == [7.0, 9.0, 8.0]
    assert one.relations == ["=", "<", ">", "="]
    higher, lower = one.counted(higher_is_better=True), one.counted(higher_is_better=False)
    assert [str(value) for value in higher] == ["7.0", "nan", "8.0", "nan"]
    assert [str(value) for value in lower] == ["7.0", "9.0", "nan", "nan"]
