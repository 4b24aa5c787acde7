from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from hitsieve.acquisition.desirability import TransformConfig
from hitsieve.campaign.front import FRONT, front_of, write_front
from hitsieve.campaign.objective import ComponentConfig, ObjectiveConfig
from hitsieve.campaign.panel import Panel
from hitsieve.campaign.picks import Pick
from hitsieve.campaign.state import Round
from hitsieve.oracles import LookupOracle

if TYPE_CHECKING:
    from pathlib import Path

LINEAR = TransformConfig(kind="linear", low=0.0, high=10.0)
DOWN = TransformConfig(kind="falling", low=0.0, high=10.0)
POINTS = {
    "CCO": (9.0, 8.0),  # potent, and poorly behaved
    "CCN": (5.0, 5.0),
    "CCC": (2.0, 1.0),
    "CC=": (4.0, 6.0),  # beaten by CCN in both
    "C=O": (8.0, None),  # one wish was not measured
    "CCF": (5.0, 7.0),  # as potent as CCN, and poorer
}
OBJECTIVE = ObjectiveConfig(
    components=(
        ComponentConfig(target="=potency", transform=LINEAR),
        ComponentConfig(target="toxicity", transform=DOWN),
    ),
    aggregate="pareto",
)


@pytest.fixture
def panel(library: Path) -> Panel:
    oracles = {}
    for place, target in enumerate(("=potency", "toxicity")):
        values = {
            name: (float(point[place]), "=")  # type: ignore[arg-type]
            for name, point in POINTS.items()
            if point[place] is not None
        }
        oracles[target] = LookupOracle(values, target=target, endpoint="e", unit="1")
    return Panel(OBJECTIVE, dict(oracles), library)


@pytest.fixture
def rounds(panel: Panel) -> list[Round]:
    found = []
    for number, names in enumerate((["CCO", "CC=", "C=O"], ["CCN", "CCC", "CCF"])):
        pairs = [(name, name) for name in names]
        parts = [oracle.measure(pairs) for oracle in panel.oracles.values()]
        labels = pa.concat_tables([panel.measure(pairs), *parts])
        picks = tuple(Pick(name, "gain") for name in names)
        found.append(Round(number, "m" if number else "", picks, labels))
    return found


def test_the_front_holds_what_nothing_beats_in_every_wish(
    panel: Panel, rounds: list[Round]
) -> None:
    found = front_of(panel, rounds)
    assert {one.compound_id: one.round for one in found} == {"CCO": 0, "CCN": 1, "CCC": 1}
    assert [one.utility for one in found] == sorted((one.utility for one in found), reverse=True)
    by_name = {one.compound_id: one for one in found}
    assert by_name["CCN"].values == (5.0, 5.0)
    assert by_name["CCN"].desirabilities == pytest.approx((0.5, 0.5))
    assert by_name["CCN"].utility == pytest.approx(0.5)
    # The ends have no neighbor on one side; between them all of both ranges lies open.
    assert math.isinf(by_name["CCO"].crowding)
    assert math.isinf(by_name["CCC"].crowding)
    assert by_name["CCN"].crowding == pytest.approx(2.0)
    assert front_of(panel, []) == []


def test_the_front_is_kept_as_a_table_that_runs_nothing(
    panel: Panel, rounds: list[Round], tmp_path: Path
) -> None:
    found = write_front(tmp_path / FRONT, panel, rounds)
    rows = list(csv.DictReader((tmp_path / FRONT).read_text().splitlines()))
    assert [row["compound_id"] for row in rows] == [one.compound_id for one in found]
    assert list(rows[0]) == [
        "compound_id", "smiles", "round", "utility", "crowding",
        "'=potency", "'=potency: desirability", "toxicity", "toxicity: desirability",
    ]  # fmt: skip
    (middle,) = [row for row in rows if row["compound_id"] == "CCN"]
    assert middle["'=potency"] == "5"
    assert middle["toxicity: desirability"] == "0.5000"
    before = (tmp_path / FRONT).read_bytes()
    write_front(tmp_path / FRONT, panel, rounds)
    assert (tmp_path / FRONT).read_bytes() == before
