from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.choose import Wanted, audit_list, next_round, wanted_of
from hitsieve.campaign.config import DiversityConfig
from hitsieve.campaign.picks import CONTROL, Pick
from hitsieve.campaign.ranking import View
from hitsieve.campaign.spacing import fingerprints
from hitsieve.campaign.state import Round
from hitsieve.library import Library
from hitsieve.schema import LABELS, SCORES

if TYPE_CHECKING:
    from pathlib import Path


def scores(library: Library) -> list[pa.Table]:
    tables = []
    for table in library.iter_tables(["compound_id", "heavy_atoms"]):
        n = table.num_rows
        value = table["heavy_atoms"].cast(pa.float32())
        tables.append(
            SCORES.build(
                {
                    "compound_id": table["compound_id"],
                    "score": value,
                    "std": [0.5] * n,
                    "lower": value,
                    "upper": value,
                    "in_domain": [True] * n,
                    "status": ["ok"] * n,
                }
            )
        )
    return tables


def wanted(n: int, **changes: Any) -> Wanted:
    values: dict[str, Any] = {
        "controls": (),
        "taken": frozenset(),
        "measured": frozenset(),
        "money": None,
        "seed": 1,
    }
    return Wanted(n=n, **{**values, **changes})


def choose(library: Path, want: Wanted, **changes: Any) -> list[Pick]:
    config = CampaignConfig(library=library, folder=library, **changes)
    opened = Library.open(library)
    views = [View()]
    return next_round(config, opened, scores(opened), want, higher_is_better=True, views=views)


def test_controls_take_their_places_and_come_last(library: Path) -> None:
    audit = audit_list(Library.open(library), 3, (), seed=5)
    found = choose(library, wanted(8, controls=audit))
    assert [pick.reason for pick in found] == ["gain"] * 5 + [CONTROL] * 3
    assert [pick.compound_id for pick in found[5:]] == audit
    assert all(pick.predicted is not None for pick in found[:5])


def test_a_control_that_was_measured_costs_nothing(library: Path) -> None:
    audit = audit_list(Library.open(library), 3, (), seed=5)
    found = choose(
        library,
        wanted(8, controls=audit, measured=frozenset(audit[:1]), taken=frozenset(audit[:1])),
    )
    assert [pick.reason for pick in found].count(CONTROL) == 2
    assert len(found) == 8


def test_the_audit_is_a_growing_random_sample(library: Path) -> None:
    opened = Library.open(library)
    long = audit_list(opened, 20, (), seed=5)
    assert audit_list(opened, 7, (), seed=5) == long[:7]
    assert audit_list(opened, 20, set(long[:1]), seed=5)[0] == long[1]
    assert audit_list(opened, 0, (), seed=5) == []


@pytest.mark.parametrize("lifted", [True, False])
def test_nothing_joins_the_audit_twice_where_exclusions_change(
    library: Path, *, lifted: bool
) -> None:
    config = CampaignConfig(
        library=library, folder=library, initial=20, batch=20, controls=0.25, seed=5
    )
    opened = Library.open(library)
    second = frozenset(audit_list(opened, 2, (), seed=5)[1:])
    then, now = (second, frozenset()) if lifted else (frozenset[str](), second)
    first = wanted_of(config, opened, then, [], seed=1)
    assert len(first.controls) == 5
    picks = tuple(Pick(name, CONTROL) for name in first.controls)
    before = [Round(0, "", picks, LABELS.empty(), tuple(first.controls))]
    joining = wanted_of(config, opened, now, before, seed=1).controls
    assert len(joining) == round(0.25 * (5 + 20)) - 5 == 1
    assert not set(joining) & {*first.controls, *now}


@pytest.mark.parametrize("how", ["clusters", "maxmin", "determinantal"])
def test_diverse_batches_are_less_alike(library: Path, how: str) -> None:
    opened = Library.open(library)

    def likeness(found: list[Pick]) -> float:
        from hitsieve.acquisition.batch import likeness as similar

        matrix = similar(fingerprints(opened, [pick.compound_id for pick in found]))
        return float(np.mean(matrix[np.triu_indices(len(matrix), 1)]))

    plain = choose(library, wanted(6))
    spread = choose(library, wanted(6), diversity=DiversityConfig(how=how, weight=0.6, cap=1))
    assert len(spread) == 6
    assert likeness(spread) < likeness(plain)
    assert spread == choose(
        library, wanted(6), diversity=DiversityConfig(how=how, weight=0.6, cap=1)
    )


def test_a_share_is_random(library: Path) -> None:
    found = choose(library, wanted(10), acquisition=AcquisitionConfig(epsilon=0.3))
    assert [pick.reason for pick in found] == ["gain"] * 7 + ["random"] * 3
    assert len({pick.compound_id for pick in found}) == 10
