from __future__ import annotations

import io
import urllib.error
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from hitsieve.assays.cards import load_card
from hitsieve.assays.fetch import MIRROR_VARIABLE, fetch, locate, open_https
from hitsieve.assays.read import read_assay
from hitsieve.errors import ChecksumError, InputError, NotFoundError
from hitsieve.provenance import sha256_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATA = b"smiles,y\nCCO,10\n"


@pytest.fixture(autouse=True)
def no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)


@pytest.fixture
def card(make_card: Callable[..., Any], potency: dict[str, Any]) -> Any:
    file = {"path": "sets/a.csv", "sha256": sha256_bytes(DATA), "url": "https://example.org/a.csv"}
    return make_card({"y": potency}, files=[file])


def _offline(url: str) -> BinaryIO:
    raise urllib.error.URLError(f"no route to {url}")


def test_a_mirror_comes_first_and_the_address_next(tmp_path: Path, card: Any) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "sets").mkdir(parents=True)
    (mirror / "sets/a.csv").write_bytes(DATA)
    root = fetch(card, tmp_path / "one", mirror, open_url=_offline)
    assert read_assay(root, card).structures == ["CCO"]
    asked: list[str] = []

    def online(url: str) -> BinaryIO:
        asked.append(url)
        return io.BytesIO(DATA)

    fetch(card, tmp_path / "two", open_url=online)
    assert (tmp_path / "two/sets/a.csv").read_bytes() == DATA
    fetch(card, tmp_path / "two", open_url=online)
    assert asked == ["https://example.org/a.csv"]  # a file that is there is not fetched again


def test_the_environment_names_a_mirror(
    tmp_path: Path, card: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets/a.csv").write_bytes(DATA)
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    fetch(card, tmp_path / "out", open_url=_offline)
    assert (tmp_path / "out/sets/a.csv").is_file()


def test_wrong_bytes_are_never_put_in_place(tmp_path: Path, card: Any) -> None:
    place = tmp_path / "sets/a.csv"
    with pytest.raises(ChecksumError, match="dataset card says"):
        fetch(card, tmp_path, open_url=lambda _: io.BytesIO(DATA + b"CCC,1\n"))
    assert not place.exists()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"damaged")
    fetch(card, tmp_path, open_url=lambda _: io.BytesIO(DATA))
    assert place.read_bytes() == DATA


def test_offline_says_what_to_do(tmp_path: Path, card: Any) -> None:
    with pytest.raises(NotFoundError, match="cannot be reached") as caught:
        fetch(card, tmp_path, open_url=_offline)
    assert MIRROR_VARIABLE in caught.value.cure
    assert not list(tmp_path.iterdir())


def test_no_address_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no public address") as caught:
        fetch(load_card("esol"), tmp_path)
    assert "chemprop" in caught.value.cure


def test_a_private_card_finds_its_files_beside_it(tmp_path: Path, card: Any) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets/a.csv").write_bytes(DATA)
    private = card.model_copy(update={"folder": tmp_path})
    fetch(private, tmp_path / "out", open_url=_offline)
    assert (tmp_path / "out/sets/a.csv").read_bytes() == DATA


def _private(folder: Path, make_card: Callable[..., Any], column: dict[str, Any]) -> Any:
    """Return a card without checksums, of a file beside it."""
    card = make_card({"y": column}, files=[{"path": "a.csv"}])
    return card.model_copy(update={"folder": folder})


def test_a_private_file_is_read_as_it_is_now(
    tmp_path: Path,
    make_card: Callable[..., Any],
    potency: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, mirror = tmp_path / "data", tmp_path / "mirror"
    for name in ("data", "mirror", "one", "two"):
        (tmp_path / name).mkdir()
    # Files of that name lie in the data folder and in the mirror, and none of them is meant.
    (data / "a.csv").write_bytes(b"smiles,y\nCl,1\n")
    (mirror / "a.csv").write_bytes(b"smiles,y\nBr,1\n")
    monkeypatch.setenv(MIRROR_VARIABLE, str(mirror))
    for folder, structure in (("one", "CCO"), ("two", "CCN"), ("one", "CCC")):
        (tmp_path / folder / "a.csv").write_text(f"smiles,y\n{structure},1\n")
        card = _private(tmp_path / folder, make_card, potency)
        assert read_assay(locate(card, data, open_url=_offline), card).structures == [structure]
        assert read_assay(fetch(card, data, open_url=_offline), card).structures == [structure]


def test_a_private_file_that_changed_is_told(tmp_path: Path, card: Any) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets/a.csv").write_bytes(DATA + b"CCC,1\n")
    private = card.model_copy(update={"folder": tmp_path})
    with pytest.raises(ChecksumError, match=r"sets/a\.csv has sha256"):
        locate(private, tmp_path / "data", open_url=_offline)


def test_an_absent_private_file_is_named(
    tmp_path: Path, make_card: Callable[..., Any], potency: dict[str, Any]
) -> None:
    card = _private(tmp_path / "one", make_card, potency)
    with pytest.raises(NotFoundError, match=r"no file .*one/a\.csv") as caught:
        locate(card, tmp_path / "data", open_url=_offline)
    assert "beside its card" in caught.value.cure
    # A file that somebody put into the data folder serves where there is no other.
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_bytes(DATA)
    assert read_assay(locate(card, tmp_path / "data"), card).structures == ["CCO"]


def test_other_sets_are_brought_into_the_data_folder(tmp_path: Path, card: Any) -> None:
    root = locate(card, tmp_path / "data", open_url=lambda _: io.BytesIO(DATA))
    assert root == tmp_path / "data"
    assert (root / "sets/a.csv").read_bytes() == DATA


@pytest.mark.parametrize("url", ["http://example.org/a", "file:///etc/passwd", "a.csv"])
def test_only_https_is_opened(url: str) -> None:
    with pytest.raises(InputError, match="no https"):
        open_https(url)
