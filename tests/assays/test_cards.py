from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from pydantic import ValidationError

from hitsieve.assays.cards import find_cards, list_cards, load_card
from hitsieve.errors import ConfigError, NotFoundError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_member_of_a_family_inherits_what_the_family_shares() -> None:
    card = load_card("moleculeace/CHEMBL1862_Ki")
    assert card.name == "moleculeace/CHEMBL1862_Ki"
    assert card.split_column == "split"
    assert card.extra_columns == ("cliff_mol",)
    (meaning,) = card.columns.values()
    assert (meaning.endpoint, meaning.unit, meaning.direction) == ("pKi", "pX", "higher")
    assert card.split_is_given


def test_a_pattern_finds_all_members() -> None:
    cards = find_cards("moleculeace/*")
    assert len(cards) == 20
    assert len({c.columns["y [pEC50/pKi]"].target for c in cards}) == 20
    assert [c.name for c in find_cards("esol")] == ["esol"]


def test_a_family_alone_lists_its_members() -> None:
    with pytest.raises(UsageError, match="moleculeace/CHEMBL1862_Ki"):
        load_card("moleculeace")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("esoll", "did you mean 'esol'"),
        ("moleculeace/CHEMBL1862", "did you mean 'CHEMBL1862_Ki'"),
        ("esol/x", "has no members"),
        ("../secrets", "no dataset card"),
        ("absent.yaml", "no dataset card absent.yaml"),
        ("nothing/*", "no dataset card"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(name: str, text: str) -> None:
    with pytest.raises(NotFoundError, match=text):
        find_cards(name)


def test_a_private_card_knows_its_folder(
    tmp_path: Path, make_card: Callable[..., Any], potency: dict[str, Any]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(make_card({"y": potency}).model_dump(mode="json")))
    card = load_card(path)
    assert card.folder == tmp_path.resolve()
    assert "folder" not in card.model_dump()


@pytest.mark.parametrize(
    ("text", "error"),
    [("- a list", "holds no card"), ("a: [", "not readable YAML"), ("name: x", "is required")],
)
def test_a_broken_card_is_refused(tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=error):
        load_card(path)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"unit": ""}, "at least 1 character"),
        ({"unit": "nM"}, "gives pX"),
        ({"task": "classification"}, "unit 'class'"),
        ({"unit": "class", "transform": "none"}, "belongs to a classification"),
        ({"direction": "up"}, "higher"),
        ({"transform": "unit_column_to_pX"}, "needs unit_column"),
    ],
)
def test_a_column_that_contradicts_itself_is_refused(
    make_card: Callable[..., Any], potency: dict[str, Any], change: dict[str, Any], text: str
) -> None:
    with pytest.raises(ValidationError, match=text):
        make_card({"y": {**potency, **change}})


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.csv", "a/../../b.csv", "a\\b.csv", ""])
def test_a_file_stays_inside_the_data_folder(
    make_card: Callable[..., Any], potency: dict[str, Any], path: str
) -> None:
    with pytest.raises(ValidationError):
        make_card({"y": potency}, files=[{"path": path}])


def test_patterns_take_all_other_columns(
    make_card: Callable[..., Any], classes: dict[str, Any]
) -> None:
    columns = {"*": {**classes, "target": "assay {column}"}, "b": {**classes, "target": "B"}}
    found = make_card(columns, id_column="id").resolve(["id", "smiles", "a", "b", "c"])
    assert {name: meaning.target for name, meaning in found.items()} == {
        "a": "assay a",
        "b": "B",
        "c": "assay c",
    }


def test_a_missing_column_and_a_shared_target_are_refused(
    make_card: Callable[..., Any], potency: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match="did you mean 'ic_50'"):
        make_card({"ic50": potency}).resolve(["smiles", "ic_50"])
    with pytest.raises(ConfigError, match="share the target 'EGFR'"):
        make_card({"a": potency, "b": potency}).resolve(["smiles", "a", "b"])


def test_all_packaged_cards_load() -> None:
    names = list_cards()
    assert len(names) == len(set(names)) > 40
    for name in names:
        assert load_card(name).name == name


def test_classes_are_the_words_of_the_card(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "title: t\nsource: s\nlicense: MIT\nfiles: [{path: x.csv}]\nsmiles_column: smiles\n"
        "name: 0123\ncolumns:\n  NO: {endpoint: e, unit: class, direction: higher, "
        "task: classification, active: [Yes, 1.0], inactive: [No, off]}\n"
    )
    card = load_card(tmp_path / "c.yaml")
    assert card.name == "0123"
    column = card.columns["NO"]
    assert (column.active, column.inactive) == (("Yes", "1.0"), ("No", "off"))
