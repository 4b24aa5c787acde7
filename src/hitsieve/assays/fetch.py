"""Getting a data set's files: from beside its card, from a mirror folder, or from its source.

Every file is checked against the card's sha256 before it takes its place. What lies beside a
private card is read there, as it is now: a copy would stand for it after it was changed, and for a
file of the same name beside another card.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from hitsieve.errors import ChecksumError, InputError, NotFoundError
from hitsieve.provenance import sha256_bytes, sha256_file
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.assays.cards import DatasetCard
    from hitsieve.assays.columns import FileCard

MIRROR_VARIABLE: Final = "HITSIEVE_DATA_MIRROR"
MAX_BYTES: Final = 2 << 30
_TIMEOUT_S: Final = 60.0


def open_https(url: str) -> BinaryIO:
    """Open an address for reading; only https is allowed.

    Raises
    ------
    InputError
        If the address is of another scheme.
    OSError
        If it cannot be reached.
    """
    if urllib.parse.urlsplit(url).scheme != "https":
        raise InputError(f"{url} is no https address", cure="correct url in the dataset card")
    stream = urllib.request.urlopen(url, timeout=_TIMEOUT_S)  # noqa: S310 - https, checked above
    return cast("BinaryIO", stream)


def locate(
    card: DatasetCard,
    dest_root: Path,
    mirror: Path | None = None,
    *,
    open_url: Callable[[str], BinaryIO] = open_https,
) -> Path:
    """Return the folder a data set is read from: the card's own if all files lie beside it.

    Parameters
    ----------
    card, dest_root, mirror, open_url
        As of :func:`fetch`, which brings the files of other cards under ``dest_root``.

    Raises
    ------
    NotFoundError, ChecksumError, StorageError
        As :func:`fetch` does.
    """
    places = [place for file in card.files if (place := _beside(card, file)) is not None]
    if card.folder is None or len(places) < len(card.files):
        return fetch(card, dest_root, mirror, open_url=open_url)
    for file, place in zip(card.files, places, strict=True):
        _verify(file, sha256_file(place), str(place))
    return card.folder


def fetch(
    card: DatasetCard,
    dest_root: Path,
    mirror: Path | None = None,
    *,
    open_url: Callable[[str], BinaryIO] = open_https,
) -> Path:
    """Bring the files of a data set under ``dest_root``.

    A file that is there with the right checksum is left alone. Others come from the first place
    that has them: the card's own folder, the mirror, the file's public address. One that the card
    gives no checksum of is left alone only where neither folder has it.

    Parameters
    ----------
    card
        What to fetch.
    dest_root
        Folder to put files in, at the paths the card names.
    mirror
        Folder holding the files at the same paths; by default the one named by the environment
        variable ``HITSIEVE_DATA_MIRROR``.
    open_url
        Opens an address for reading.

    Returns
    -------
    Path
        ``dest_root``, as :func:`hitsieve.assays.read.read_assay` takes it.

    Raises
    ------
    NotFoundError
        If a file is in none of these places, or its source cannot be reached.
    ChecksumError
        If a file differs from the card's sha256; nothing is put in place then.
    StorageError
        If it cannot be written.
    """
    if mirror is None and os.environ.get(MIRROR_VARIABLE):
        mirror = Path(os.environ[MIRROR_VARIABLE])
    for file in card.files:
        place = dest_root / file.path
        near = _beside(card, file) or _held_in(mirror, file)
        if place.is_file():
            known = sha256_file(place) == file.sha256 if file.sha256 else near is None
            if known:
                continue
        data = near.read_bytes() if near is not None else _download(card, file, open_url)
        _verify(file, sha256_bytes(data), str(near or file.url))
        write_atomic(_folder_made(place), data)
    return dest_root


def _beside(card: DatasetCard, file: FileCard) -> Path | None:
    return None if card.folder is None else _held_in(card.folder, file)


def _held_in(folder: Path | None, file: FileCard) -> Path | None:
    place = None if folder is None else folder / file.path
    return place if place is not None and place.is_file() else None


def _download(card: DatasetCard, file: FileCard, open_url: Callable[[str], BinaryIO]) -> bytes:
    if not file.url and card.folder is not None:
        raise NotFoundError(
            f"data set {card.name}: no file {card.folder / file.path}",
            cure="put it beside its card, or correct its path there",
        )
    if not file.url:
        raise NotFoundError(
            f"data set {card.name}: {file.path} is in no mirror, and no public address is known",
            cure=f"set {MIRROR_VARIABLE} to a folder that holds it; source: {card.source}",
        )
    try:
        with open_url(file.url) as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, urllib.error.URLError) as error:
        raise NotFoundError(
            f"data set {card.name}: {file.url} cannot be reached: {error}",
            cure=f"go online, or set {MIRROR_VARIABLE} to a folder that holds {file.path}",
        ) from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{file.url} is larger than {MAX_BYTES >> 30} GiB")
    return data


def _verify(file: FileCard, found: str, origin: str) -> None:
    if file.sha256 and found != file.sha256:
        raise ChecksumError(
            f"{origin} has sha256 {found[:16]}…, the dataset card says {file.sha256[:16]}…",
            cure="the file changed or is damaged: fetch it elsewhere, or correct the card",
        )


def _folder_made(place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
