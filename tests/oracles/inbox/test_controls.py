from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.errors import ChecksumError
from hitsieve.oracles.inbox import ControlConfig, InboxConfig, read_results, write_batch
from hitsieve.oracles.inbox.batch import read_batches
from hitsieve.oracles.inbox.controls import ControlStore

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.inbox import Told

SIGNALS = {"DMSO": (1.0, 2.0, 3.0), "staurosporine": (99.0, 101.0)}


@pytest.fixture
def bench(config: InboxConfig, picks: pa.Table) -> InboxConfig:
    """An inbox with a batch on one plate, three negative and two positive controls on it."""
    controls = (
        ControlConfig(name="DMSO", role="negative", wells=3),
        ControlConfig(name="staurosporine", role="positive", wells=2),
    )
    config = config.model_copy(update={"controls": controls})
    write_batch(config.folder, picks, config, batch="b")
    return config


def form(config: InboxConfig) -> list[dict[str, Any]]:
    """The form of the batch, filled in: signals without a unit for controls."""
    with (config.folder / "batches" / "b" / "batch.csv").open(newline="") as stream:
        rows: list[dict[str, Any]] = list(csv.DictReader(stream))
    left = {name: list(values) for name, values in SIGNALS.items()}
    for row in rows:
        name = row["control"].partition(" ")[0]
        row["value"] = left[name].pop(0) if name else 6.5
    return rows


def tell(config: InboxConfig, rows: list[dict[str, Any]], **options: bool) -> Told:
    path = config.folder.parent / "r.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return read_results(path, config.folder, config, **options)


def kept(config: InboxConfig) -> list[Path]:
    return sorted((config.folder / "controls").glob("*"))


def test_filled_controls_are_kept_counted_and_judged(bench: InboxConfig) -> None:
    told = tell(bench, form(bench))
    assert (told.taken, told.controls, told.known, told.empty, told.refused) == (6, 5, 0, 0, ())
    (plate,) = told.plates
    assert (plate.plate, plate.positive, plate.negative) == ("b-P1", "staurosporine", "DMSO")
    assert (plate.n_positive, plate.n_negative) == (2, 3)
    assert (plate.positive_mean, plate.negative_mean) == (100.0, 2.0)
    assert plate.z_prime == pytest.approx(1 - 3 * (2**0.5 + 1) / 98)
    assert not plate.doubtful
    records = [json.loads(path.read_text()) for path in kept(bench)]
    assert len(records) == 5
    assert {(one["control"], one["role"]) for one in records} == {
        ("DMSO", "negative"), ("staurosporine", "positive"),
    }  # fmt: skip
    again = tell(bench, form(bench))
    assert (again.taken, again.controls, again.known) == (0, 5, 6)
    assert len(kept(bench)) == 5


def test_controls_told_in_parts_are_judged_together(bench: InboxConfig) -> None:
    rows = form(bench)
    negative = [row for row in rows if row["control"].startswith("DMSO")]
    positive = [row for row in rows if row["control"].startswith("stauro")]
    assert tell(bench, negative).plates == ()
    assert tell(bench, positive, dry_run=True).plates[0].z_prime is not None
    assert len(kept(bench)) == 3
    (plate,) = tell(bench, positive).plates
    assert (plate.n_positive, plate.n_negative) == (2, 3)


def test_controls_that_overlap_are_doubtful(bench: InboxConfig) -> None:
    rows = form(bench)
    for row in rows:
        if row["control"].startswith("stauro"):
            row["value"] /= 20
    (plate,) = tell(bench, rows).plates
    assert plate.doubtful


def test_a_control_has_one_result_until_somebody_revises(bench: InboxConfig) -> None:
    rows = form(bench)
    tell(bench, rows)
    wells = [row for row in rows if row["control"]]
    wells[0]["value"] = 55
    told = tell(bench, wells)
    assert told.controls == 4
    (refused,) = told.refused
    assert refused.name == f"b-P1:{wells[0]['well']}"
    assert "a well has one result" in refused.reason
    tell(bench, wells, revise=True)
    assert len(kept(bench)) == 6  # the first is kept beside
    standing = ControlStore(bench.folder / "controls").standing()
    assert standing["b-P1", wells[0]["well"]].value == 55


def test_bounds_failures_and_units_that_differ_give_no_factor(bench: InboxConfig) -> None:
    rows = [row for row in form(bench) if row["control"]]
    negative = [row for row in rows if row["control"].startswith("DMSO")]
    negative[0]["value"] = "<1"
    negative[1] |= {"value": "", "outcome": "failed"}
    (plate,) = tell(bench, rows).plates
    assert (plate.n_negative, plate.z_prime) == (1, None)
    negative[1] |= {"value": 2, "outcome": ""}
    assert tell(bench, rows).plates[0].z_prime is not None
    for row in negative:
        row["unit"] = "nM"
    told = tell(bench, [{**row, "value": 7} for row in negative], revise=True)
    assert told.plates[0].z_prime is None


def test_a_signal_beyond_the_range_of_the_endpoint_is_a_control_all_the_same(
    bench: InboxConfig,
) -> None:
    rows = [{**row, "value": 31_000} for row in form(bench) if row["control"]]
    assert tell(bench, rows).controls == 5
    rows[0]["value"] = "bright"
    assert "use a decimal point" in tell(bench, rows).refused[0].reason


def test_a_damaged_control_is_named(bench: InboxConfig) -> None:
    tell(bench, form(bench))
    kept(bench)[0].write_text("{}")
    with pytest.raises(ChecksumError, match="is no whole result"):
        ControlStore(bench.folder / "controls").standing()
    assert len(read_batches(bench.folder)) == 1
