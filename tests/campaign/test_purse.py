from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.campaign import CampaignConfig, run_campaign
from hitsieve.campaign.choose import Wanted, first_round, next_round
from hitsieve.campaign.config import BudgetConfig, DiversityConfig, FirstConfig
from hitsieve.campaign.picks import CONTROL, Pick
from hitsieve.campaign.purse import Purse, waves
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.ranking import View
from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.schema import SCORES
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

COMPOUNDS = 60
DEAR = 20


def price_of(carbons: int) -> int:
    """The shortest twenty cost 10 to 29, the longest forty 130."""
    return 10 + carbons if carbons < DEAR else 130


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Sixty alcohols of 0 to 59 carbons beside the first: the longer the better, and the dearer."""
    root = tmp_path_factory.mktemp("shop")
    rows = [f"{'C' * (n + 1)}O,V{n},{price_of(n)}" for n in range(COMPOUNDS)]
    (root / "in.csv").write_text("\n".join(["smiles,id,price", *rows]) + "\n")
    config = LibraryConfig(inputs=[str(root / "in.csv")], output=root / "library")
    with SerialExecutor() as executor:
        build_library(config, executor)
    return Library.open(config.output)


@pytest.fixture(scope="module")
def prices(shop: Library) -> dict[str, float]:
    return {
        row["compound_id"]: float(price_of(int(row["source_ids"][0][1:])))
        for table in shop.iter_tables(["compound_id", "source_ids"])
        for row in table.to_pylist()
    }


def scores(library: Library) -> list[pa.Table]:
    found = []
    for table in library.iter_tables(["compound_id", "heavy_atoms"]):
        n = table.num_rows
        value = table["heavy_atoms"].cast(pa.float32())
        columns = {"score": value, "std": [0.5] * n, "lower": value, "upper": value}
        found.append(
            SCORES.build(
                {
                    "compound_id": table["compound_id"],
                    **columns,
                    "in_domain": [True] * n,
                    "status": ["ok"] * n,
                }
            )
        )
    return found


def choose(
    library: Library,
    n: int,
    money: float | None,
    *,
    begin: bool = False,
    to_beat: float | None = 12.0,
    **changes: Any,
) -> list[Pick]:
    budget = {"price": "price", "money": 1000.0, **changes.pop("budget", {})}
    controls = changes.pop("audit", ())
    config = CampaignConfig(
        library=library.root, folder=library.root, budget=BudgetConfig(**budget), **changes
    )
    wanted = Wanted(
        n=n, controls=controls, taken=frozenset(), measured=frozenset(), money=money, seed=1
    )
    if begin:
        return first_round(config, library, wanted)
    return next_round(
        config, library, scores(library), wanted, higher_is_better=True, views=[View(best=to_beat)]
    )


HOWS = ("none", "clusters", "maxmin", "determinantal")


def test_what_is_too_dear_is_passed_over_and_its_place_filled(
    shop: Library, prices: dict[str, float]
) -> None:
    # The forty best cost 130 each: one can be paid, and then five of those for 29 or less.
    found = choose(shop, 6, 250.0)
    assert [pick.cost for pick in found] == [130, 29, 28, 27, 26, 10]
    assert [prices[pick.compound_id] for pick in found] == [pick.cost for pick in found]


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("money", [9.0, 55.0, 140.0, 333.0, 700.0])
def test_a_round_that_is_short_has_taken_all_that_could_be_paid(
    shop: Library, prices: dict[str, float], how: str, money: float
) -> None:
    found = choose(shop, 40, money, diversity=DiversityConfig(how=how, candidates=1))
    assert_short(found, prices, money)


@pytest.mark.parametrize("how", ["random", "diverse", "near"])
@pytest.mark.parametrize("money", [9.0, 140.0, 333.0])
def test_so_has_a_first_round(
    shop: Library, prices: dict[str, float], how: str, money: float
) -> None:
    first = FirstConfig(how=how, actives=("C" * 50 + "O",) if how == "near" else (), sample=1)
    found = choose(shop, 40, money, begin=True, first=first)
    assert_short(found, prices, money)


def assert_short(found: list[Pick], prices: dict[str, float], money: float) -> None:
    taken = {pick.compound_id for pick in found}
    assert len(taken) == len(found) < 40
    left = money - sum(prices[name] for name in taken)
    assert 0 <= left < min(price for name, price in prices.items() if name not in taken)


def test_random_picks_are_paid_from_what_the_best_left(
    shop: Library, prices: dict[str, float]
) -> None:
    found = choose(shop, 10, 750.0, acquisition={"epsilon": 0.5})
    assert [pick.reason for pick in found] == ["gain"] * 5 + ["random"] * 5
    assert sum(prices[pick.compound_id] for pick in found) <= 750


def test_controls_are_paid_first_and_leave_their_place_where_they_cannot(
    shop: Library, prices: dict[str, float]
) -> None:
    dear = [name for name, price in sorted(prices.items()) if price == 130][:2]
    found = choose(shop, 6, 250.0, audit=tuple(dear))
    assert [pick.compound_id for pick in found if pick.reason == CONTROL] == dear[:1]
    assert len(found) == 6
    assert sum(prices[pick.compound_id] for pick in found) <= 250


def test_worth_per_money_takes_more_and_cheaper_compounds(
    shop: Library, prices: dict[str, float]
) -> None:
    def bought(weigh: float) -> list[Pick]:
        return choose(
            shop,
            10,
            None,
            acquisition={"kind": "ei", "xi": 0.0},
            budget={"weigh_price": weigh},
        )

    plain, half, full = bought(0.0), bought(0.5), bought(1.0)
    means = [np.mean([prices[one.compound_id] for one in found]) for found in (plain, half, full)]
    assert means[0] == means[1] == 130
    assert means[2] < 130
    # 20 carbons are 9 above what is to be beaten and cost 29; 59 are 48 above and cost 130.
    for one in full:
        worth = one.predicted - 12
        assert one.value == pytest.approx(worth / prices[one.compound_id], rel=1e-3)
    assert [one.value for one in full] == sorted((one.value for one in full), reverse=True)


def test_where_nothing_is_to_be_beaten_prices_are_not_weighed_and_the_log_says_so(
    shop: Library, prices: dict[str, float], caplog: pytest.LogCaptureFixture
) -> None:
    found = choose(shop, 10, None, budget={"weigh_price": 1.0}, to_beat=None)
    assert {prices[one.compound_id] for one in found} == {130}
    assert "`budget.weigh_price` has no effect in this round" in caplog.text
    caplog.clear()
    choose(shop, 10, None, budget={"weigh_price": 1.0})
    choose(shop, 10, None, to_beat=None)
    assert not caplog.text


def test_weighing_prices_needs_prices_and_amounts() -> None:
    base = {"library": "l", "folder": "f", "budget": {"price": "price", "weigh_price": 0.5}}
    parse_config(CampaignConfig, base)
    with pytest.raises(ConfigError, match="needs `price`"):
        parse_config(CampaignConfig, {**base, "budget": {"weigh_price": 0.5}})
    with pytest.raises(ConfigError, match="makes no sense of 'thompson'"):
        parse_config(CampaignConfig, {**base, "acquisition": {"kind": "thompson"}})


def test_what_is_free_is_not_worth_everything(shop: Library) -> None:
    free = BudgetConfig(price="nothing", unpriced=0.0, weigh_price=1.0)
    ids = [name for table in shop.iter_tables(["compound_id"]) for name in table[0].to_pylist()]
    assert Purse(shop, free, None).divisor(ids[:3]).tolist() == [0.01] * 3
    unsold = BudgetConfig(price="nothing", money=5.0, weigh_price=1.0)
    assert np.isnan(Purse(shop, unsold, None).divisor(ids[:3])).all()


def test_where_every_measurement_costs_too_much_nothing_more_is_looked_at(shop: Library) -> None:
    asked: list[int] = []

    def draw(size: int, out: Collection[str]) -> list[Pick]:
        asked.append(size)
        return [Pick(f"{len(out)}-{i}", "random") for i in range(size)]

    purse = Purse(shop, BudgetConfig(measuring=10.0, money=25.0), 25.0)
    assert len(purse.fill(waves(5, draw, ()), 5)) == 2
    assert asked == [5]


def test_waves_grow_and_never_bring_a_compound_again() -> None:
    left = [f"c{i}" for i in range(30)]

    def draw(size: int, out: Collection[str]) -> list[Pick]:
        return [Pick(name, "random") for name in left if name not in out][:size]

    found = list(waves(3, draw, {"c1"}))
    assert [len(wave) for wave in found] == [3, 12, 14]
    assert len({one.compound_id for wave in found for one in wave}) == 29
    assert list(waves(0, draw, ())) == []


def test_a_campaign_spends_its_money(
    shop: Library, prices: dict[str, float], tmp_path: Path
) -> None:
    config = CampaignConfig(
        library=shop.root,
        folder=tmp_path,
        initial=12,
        batch=6,
        rounds=9,
        budget=BudgetConfig(price="price", money=1900.0),
        seed=3,
    )
    quick = QuickConfig(kinds=("forest",), folds=2, forest=ForestConfig(trees=4))
    oracle = FakeOracle()
    with SerialExecutor() as executor:
        surrogate = QuickSurrogate(oracle.target, config=quick)
        summary = run_campaign(config, oracle, surrogate, executor)
    assert summary.ending.why == "budget"
    taken = {pick.compound_id for one in summary.rounds for pick in one.picks}
    left = 1900 - sum(prices[name] for name in taken)
    cheapest = min((price for name, price in prices.items() if name not in taken), default=0)
    assert 0 <= left < cheapest
