from __future__ import annotations

import csv

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.dialog import ask_batch, tell_results
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.run import Campaign
from hitsieve.engine import SerialExecutor
from hitsieve.oracles.inbox import ControlConfig, InboxConfig, InboxOracle
from hitsieve.report.campaign import campaign_report, render_campaign
from hitsieve.report.campaign_plates import plates_check, plates_of

SIGNALS = {"P1": (100.0, 104.0), "P2": (3.0, 9.0), "P3": (8.0, 8.4)}
"""Signals of the positive control by plate; the negative one gives 1 and 3 on each."""


@pytest.fixture(scope="module")
def bench(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A campaign of a laboratory with a good, an overlapping, a poor and an untold plate."""
    tmp_path = tmp_path_factory.mktemp("plates")
    config = InboxConfig(
        folder=tmp_path / "inbox",
        target="length",
        endpoint="text_length",
        unit="1",
        controls=(
            ControlConfig(name="<DMSO>", role="negative", wells=2),
            ControlConfig(name="ATP", role="positive", wells=2),
        ),
        replicates=16,
    )
    job = CampaignConfig(
        library=campaign.library.root, folder=tmp_path / "c", initial=20, batch=6, rounds=1
    )
    surrogate = QuickSurrogate("length", config=QuickConfig(kinds=("forest",), folds=3))
    found = Campaign(job, InboxOracle(config), surrogate, SerialExecutor())
    form = next(path for path in ask_batch(found).files if path.suffix == ".csv")
    with form.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    left = {plate: {"<DMSO>": [1.0, 3.0], "ATP": list(told)} for plate, told in SIGNALS.items()}
    for row in rows:
        name, signals = row["control"].partition(" ")[0], left.get(row["plate"].rpartition("-")[2])
        row["value"] = "6.5"
        if name:
            row["value"] = str(signals[name].pop(0)) if signals else ""
    with (tmp_path / "told.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    answer = tell_results(found, tmp_path / "told.csv")
    assert (answer.waiting, answer.refused) == (0, ())
    return found


def test_each_plate_is_shown_with_what_its_controls_mean(bench: Campaign) -> None:
    plates = plates_of(bench)
    assert [(one.name[-2:], one.z_prime, one.doubtful) for one in plates] == [
        ("P1", "0.87", False), ("P2", "-3.24", True), ("P3", "0.18", True), ("P4", "", False),
    ]  # fmt: skip
    assert [one.meaning.partition(":")[0] for one in plates] == [
        "excellent", "not usable", "marginal", "unknown",
    ]  # fmt: skip
    assert (plates[0].positive, plates[0].negative) == ("ATP (2)", "<DMSO> (2)")


def test_the_page_warns_of_doubtful_plates_at_its_top(bench: Campaign) -> None:
    report = campaign_report(bench)
    first = report.checks[0]
    assert first.warning
    assert first.finding == "Z' is below 0.5 on 2 of 3 plates"
    assert "campaign-r0-P2, campaign-r0-P3" in first.detail
    page = render_campaign(report)
    assert page.index('class="card finding warning"') < page.index("<h2>Plates</h2>")
    assert "&lt;DMSO&gt; (2)" in page
    assert page.count('<tr class="doubtful">') == 2


def test_good_plates_and_other_oracles_bring_no_warning(
    bench: Campaign, campaign: Campaign
) -> None:
    assert plates_check([one for one in plates_of(bench) if not one.doubtful]) is None
    assert plates_of(campaign) == []
    page = render_campaign(campaign_report(campaign))
    assert "<h2>Plates</h2>" not in page
    assert "finding warning" not in page
