"""Places: local paths, and URLs of object stores that answer like paths.

Libraries and screens are written and read through the functions of this package, which take
both. A local place is a plain :class:`pathlib.Path`, so nothing changes for it.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Annotated, Any, Final, cast

from pydantic import PlainSerializer, PlainValidator

from hitsieve.errors import UsageError
from hitsieve.store.objects import open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.store.objects import FsspecStorage

_URL: Final = re.compile(r"(?P<protocol>[a-z][a-z0-9+.-]+):/{1,2}(?P<key>.+)", re.DOTALL)


def place(value: str | os.PathLike[str] | RemotePath) -> Path:
    """Return the place a path or URL names.

    A URL becomes a :class:`RemotePath`, which answers what the code of libraries and screens
    asks of a path; it is typed as one. Two slashes are one in a path, so ``s3:/bucket`` is
    taken for the URL it was before a command line made a path of it.

    Examples
    --------
    >>> str(place("s3://bucket/screens") / "first")
    's3://bucket/screens/first'
    >>> place(Path("s3://bucket/screens"))
    s3://bucket/screens
    >>> place("screens/first")
    PosixPath('screens/first')
    """
    if isinstance(value, RemotePath):
        return cast("Path", value)
    match = _URL.fullmatch(os.fspath(value))
    if match is None:
        return Path(value)
    if match["protocol"] == "file":
        return Path("/", match["key"])
    return cast("Path", RemotePath(match["protocol"], PurePosixPath(match["key"])))


def is_remote(path: object) -> bool:
    """Return whether a place is in an object store."""
    return isinstance(path, RemotePath)


Place = Annotated[Path, PlainValidator(place), PlainSerializer(str, return_type=str)]
"""A path or URL in a configuration."""


class RemotePath:
    """A key in an object store, with the methods of a path that make sense there.

    Parameters
    ----------
    protocol
        Of its URL.
    key
        Bucket and name.

    Raises
    ------
    UsageError
        If a part of the key is ``..``, which object stores take for a name.
    """

    def __init__(self, protocol: str, key: PurePosixPath) -> None:
        if ".." in key.parts:
            raise UsageError(f"{protocol}://{key}: '..' is no folder in an object store")
        self.protocol = protocol
        self.pure = key

    @property
    def storage(self) -> FsspecStorage:
        """Where it lies."""
        return open_storage(self.protocol)

    @property
    def key(self) -> str:
        """Its key."""
        return str(self.pure)

    @property
    def name(self) -> str:
        """Last part of the key."""
        return self.pure.name

    @property
    def suffix(self) -> str:
        """Ending of the name."""
        return self.pure.suffix

    @property
    def parent(self) -> RemotePath:
        """The folder it is in."""
        return RemotePath(self.protocol, self.pure.parent)

    def __truediv__(self, other: str | PurePosixPath) -> RemotePath:
        return RemotePath(self.protocol, self.pure / other)

    def __str__(self) -> str:
        return f"{self.protocol}://{self.pure}"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemotePath) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __lt__(self, other: RemotePath) -> bool:
        return str(self) < str(other)

    def with_name(self, name: str) -> RemotePath:
        """Return a neighbor."""
        return RemotePath(self.protocol, self.pure.with_name(name))

    def resolve(self) -> RemotePath:
        """Return itself: there are neither links nor a working folder."""
        return self

    absolute = resolve

    def relative_to(self, other: RemotePath) -> PurePosixPath:
        """Return the part of the key below a folder."""
        return self.pure.relative_to(other.pure)

    def is_relative_to(self, other: RemotePath) -> bool:
        """Return whether it is below a folder."""
        return self.protocol == other.protocol and self.pure.is_relative_to(other.pure)

    def is_file(self) -> bool:
        """Return whether there is such an object."""
        return self.storage.entry(self.key) is not None

    def is_dir(self) -> bool:
        """Return whether objects lie below it; a folder without any does not exist."""
        return bool(self.storage.list(self.key)) and not self.is_file()

    def exists(self) -> bool:
        """Return whether there is such an object or folder."""
        return self.is_file() or self.is_dir()

    def is_symlink(self) -> bool:
        """Return False: there are no links."""
        return False

    def stat(self) -> Any:  # noqa: ANN401 - the fields of os.stat_result that exist here
        """Return ``st_size`` and ``st_mtime``."""
        found = self.storage.entry(self.key)
        if found is None:
            raise FileNotFoundError(f"no object {self}")
        return SimpleNamespace(st_size=found.size, st_mtime=found.modified)

    def mkdir(self, **_: bool) -> None:
        """Do nothing: folders need not be made."""

    def unlink(self, *, missing_ok: bool = False) -> None:
        """Delete the object."""
        try:
            self.storage.delete(self.key)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def iterdir(self) -> Iterator[RemotePath]:
        """Yield objects and folders directly below."""
        depth = len(self.pure.parts)
        keys = (PurePosixPath(key) for key in self.storage.list(self.key))
        for name in dict.fromkeys(key.parts[depth] for key in keys if len(key.parts) > depth):
            yield self / name

    def rglob(self, pattern: str) -> Iterator[RemotePath]:
        """Yield the objects below whose name matches."""
        for key in self.storage.list(self.key):
            if fnmatch(PurePosixPath(key).name, pattern):
                yield RemotePath(self.protocol, PurePosixPath(key))

    def glob(self, pattern: str) -> Iterator[RemotePath]:
        """Yield the objects below whose path matches, part by part."""
        parts = pattern.split("/")
        for key in self.storage.list(self.key):
            below = PurePosixPath(key).relative_to(self.pure).parts
            if len(below) == len(parts) and all(map(fnmatch, below, parts)):
                yield RemotePath(self.protocol, PurePosixPath(key))

    def read_bytes(self) -> bytes:
        """Return all bytes."""
        return self.storage.read(self.key)

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return all text."""
        return self.read_bytes().decode(encoding)

    @contextmanager
    def open(self, mode: str = "r", encoding: str = "utf-8") -> Iterator[IO[Any]]:
        """Open for reading (``rb``, ``r``) or appending text (``a``).

        Appending writes the whole object anew when the block ends: for small journals that
        one process writes.
        """
        if mode == "rb":
            with self.storage.open(self.key) as stream:
                yield stream
        elif mode == "r":
            yield io.StringIO(self.read_text(encoding))
        elif mode == "a":
            text = io.StringIO()
            yield text
            before = self.read_bytes() if self.is_file() else b""
            self.storage.write(self.key, before + text.getvalue().encode(encoding))
        else:
            raise UsageError(f"{self} cannot be opened with mode {mode!r}")


@contextmanager
def uploaded(path: RemotePath) -> Iterator[Path]:
    """Yield a local path; after the block its file is put at ``path``.

    An upload appears at once and whole, so the final key is written directly.
    """
    with tempfile.TemporaryDirectory(prefix="hitsieve-") as folder:
        local = Path(folder) / path.name
        yield local
        path.storage.upload(path.key, local)
