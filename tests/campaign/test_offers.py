from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.choose import Wanted, first_round
from hitsieve.campaign.config import BudgetConfig, FirstConfig
from hitsieve.campaign.excluded import read_excluded
from hitsieve.campaign.offers import Offer, cost_of, offers, unread_offers
from hitsieve.engine import SerialExecutor
from hitsieve.errors import NotFoundError
from hitsieve.library import Library, LibraryConfig, build_library

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Ten alcohols; n carbons cost n, the even ones take long, the longest has no price."""
    root = tmp_path_factory.mktemp("shop")
    rows = [
        f"{'C' * n}O,V{n},{'' if n == 11 else f'$ {n}.00'},{40 if n % 2 == 0 else 5}"
        for n in range(2, 12)
    ]
    rows.append("CCCCO,W4,$ 1.50,7")  # another offer of V4
    (root / "in.csv").write_text("\n".join(["smiles,id,price,days", *rows]) + "\n")
    config = LibraryConfig(inputs=[str(root / "in.csv")], output=root / "library")
    with SerialExecutor() as executor:
        build_library(config, executor)
    return Library.open(config.output)


def names(library: Library) -> dict[str, str]:
    """Compound ids by the number of carbons."""
    rows = library.iter_tables(["compound_id", "smiles"])
    return {
        str(row["smiles"].count("C")): row["compound_id"]
        for table in rows
        for row in table.to_pylist()
    }


def test_the_cheapest_offer_that_comes_in_time_counts(shop: Library) -> None:
    ids = names(shop)
    plain = offers(shop, list(ids.values()), BudgetConfig(price="price"))
    assert plain[ids["4"]].price == 1.5  # type: ignore[union-attr]
    assert plain[ids["7"]].price == 7.0  # type: ignore[union-attr]
    assert plain[ids["11"]].price is None  # type: ignore[union-attr]
    hasty = offers(
        shop, list(ids.values()), BudgetConfig(price="price", lead_time="days", max_lead_time=6)
    )
    assert hasty[ids["6"]] is None
    assert hasty[ids["4"]] is None
    assert hasty[ids["5"]].price == 5.0  # type: ignore[union-attr]


def test_what_has_no_price_cannot_be_had_for_money(shop: Library) -> None:
    ids = names(shop)
    tight = BudgetConfig(price="price", money=10)
    assert offers(shop, [ids["11"]], tight)[ids["11"]] is None
    rich = BudgetConfig(price="price", money=10, unpriced=3)
    offer = offers(shop, [ids["11"]], rich)[ids["11"]]
    assert offer is not None
    assert cost_of(offer, BudgetConfig(price="price", measuring=2, unpriced=3)) == 5


def test_nobody_asked_for_prices(shop: Library) -> None:
    ids = list(names(shop).values())
    found = offers(shop, ids, BudgetConfig())
    assert {cost_of(offer, BudgetConfig()) for offer in found.values() if offer} == {None}


def test_each_replicate_is_a_measurement_and_the_compound_is_bought_once() -> None:
    budget = BudgetConfig(price="price", measuring=10)
    assert cost_of(Offer(7.0), budget, 2) == 27
    assert cost_of(Offer(None), BudgetConfig(measuring=10), 2) == 20


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Five alcohols whose vendors write prices and times as they like."""
    root = tmp_path_factory.mktemp("odd")
    said = {2: ("1,250", "5"), 3: ("12,50 EUR", "2 weeks"), 4: ("10mg: 55", "3"),
            5: ("9", "soon"), 6: ("", "")}  # fmt: skip
    lines = [f"{'C' * n}O,V{n},{p!r},{d!r}".replace("'", '"') for n, (p, d) in said.items()]
    (root / "in.csv").write_text("\n".join(["smiles,id,price,days", *lines]) + "\n")
    config = LibraryConfig(inputs=[str(root / "in.csv")], output=root / "library")
    with SerialExecutor() as executor:
        build_library(config, executor)
    return Library.open(config.output)


def test_what_is_not_understood_is_no_offer(odd: Library) -> None:
    ids = names(odd)
    found = offers(odd, list(ids.values()), BudgetConfig(price="price", lead_time="days"))
    assert found[ids["3"]] == Offer(12.5, 14.0)
    assert [found[ids[n]] for n in "245"] == [None, None, None]
    assert found[ids["6"]] == Offer(None, None)  # an empty column says nothing


def test_what_is_not_understood_is_counted_and_named(odd: Library) -> None:
    ids = names(odd)
    price, days = unread_offers(odd, BudgetConfig(price="price", lead_time="days"))
    assert (price.column, price.read, price.unread) == ("price", 2, 2)
    assert set(price.examples) == {(ids["2"], "1,250"), (ids["4"], "10mg: 55")}
    assert (days.read, days.unread, days.examples) == (3, 1, ((ids["5"], "soon"),))
    assert "2 of 4 texts are not understood" in price.sentence()
    assert f"'soon' of {ids['5']}" in days.sentence()
    assert unread_offers(odd, BudgetConfig()) == []
    assert len(unread_offers(odd, BudgetConfig(price="price"), examples=1)[0].examples) == 1


def picks(library: Library, folder: Path, **changes: Any) -> list[str]:
    config = CampaignConfig(library=library.root, folder=folder, **changes)
    wanted = Wanted(
        n=4,
        controls=(),
        taken=frozenset(),
        measured=frozenset(),
        money=config.budget.money,
        seed=1,
    )
    return [pick.compound_id for pick in first_round(config, library, wanted)]


def test_a_round_costs_no_more_than_there_is(shop: Library, tmp_path: Path) -> None:
    ids = names(shop)
    chosen = picks(shop, tmp_path, budget=BudgetConfig(price="price", money=9))
    prices = {ids[str(n)]: (1.5 if n == 4 else float(n)) for n in range(2, 11)}
    assert sum(prices[name] for name in chosen) <= 9
    assert ids["11"] not in chosen


def test_near_takes_the_most_similar(shop: Library, tmp_path: Path) -> None:
    ids = names(shop)
    chosen = picks(shop, tmp_path, first=FirstConfig(how="near", actives=("CCCCCCCO",)))
    assert chosen[0] == ids["7"] or ids["7"] in chosen
    assert ids["2"] not in chosen


def test_diverse_begins_far_apart(shop: Library, tmp_path: Path) -> None:
    chosen = picks(shop, tmp_path, first=FirstConfig(how="diverse"))
    assert len(set(chosen)) == 4
    assert picks(shop, tmp_path, first=FirstConfig(how="diverse")) == chosen


def test_lists_name_compounds_by_any_identifier(shop: Library, tmp_path: Path) -> None:
    ids = names(shop)
    path = tmp_path / "out.txt"
    path.write_text(f"# sold out\nV7 since May\n{ids['3']}\nW4\nNOBODY\n\n")
    assert read_excluded(shop, [path]) == {ids["7"], ids["3"], ids["4"]}
    assert read_excluded(shop, []) == frozenset()
    with pytest.raises(NotFoundError, match="no exclusion list"):
        read_excluded(shop, [tmp_path / "none.txt"])
