"""Getting a data set's files: from a mirror folder, from beside its card, or from its source.

Every file is checked against the card's sha256 before it takes its place.
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


def fetch(
    card: DatasetCard,
    dest_root: Path,
    mirror: Path | None = None,
    *,
    open_url: Callable[[str], BinaryIO] = open_https,
) -> Path:
    """Bring the files of a data set under ``dest_root``.

    A file that is there with the right checksum is left alone. Others come from the first place
    that has them: the mirror, the card's own folder, the file's public address.

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
        if place.is_file() and (not file.sha256 or sha256_file(place) == file.sha256):
            continue
        data, origin = _obtain(card, file, mirror, open_url)
        _verify(file, data, origin)
        write_atomic(_folder_made(place), data)
    return dest_root


def _obtain(
    card: DatasetCard, file: FileCard, mirror: Path | None, open_url: Callable[[str], BinaryIO]
) -> tuple[bytes, str]:
    for folder in (mirror, card.folder):
        if folder is not None and (folder / file.path).is_file():
            return (folder / file.path).read_bytes(), str(folder / file.path)
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
    return data, file.url


def _verify(file: FileCard, data: bytes, origin: str) -> None:
    found = sha256_bytes(data)
    if file.sha256 and found != file.sha256:
        raise ChecksumError(
            f"{origin} has sha256 {found[:16]}…, the dataset card says {file.sha256[:16]}…",
            cure="the file changed or is damaged: fetch it elsewhere, or correct the card",
        )


def _folder_made(place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
