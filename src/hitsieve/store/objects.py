"""Object stores behind the few operations that a library or a screen needs.

Any file system of fsspec will do (``s3://``, ``gs://``, ``az://``, ``memory://``, ...) whose
uploads appear whole and which can refuse to overwrite: on S3 a conditional put with
``If-None-Match: *``. Credentials, region and endpoint come from where the file system's own
library looks for them, such as ``AWS_ENDPOINT_URL``; none passes through hitsieve.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from hitsieve.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """An object that exists: its size in bytes and, where known, seconds since 1970."""

    size: int
    modified: float


class Storage(Protocol):
    """What a store of objects must do; keys are names with ``/``, without the store's address.

    Every method raises :class:`OSError` for what the store refuses, and
    :class:`FileNotFoundError` for an object that is not there.
    """

    def read(self, key: str) -> bytes:
        """Return all bytes of an object."""

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading at any position."""

    def write(self, key: str, data: bytes) -> None:
        """Put an object, which appears whole and replaces another."""

    def upload(self, key: str, source: Path) -> None:
        """Put a local file as :meth:`write` does."""

    def create_exclusive(self, key: str, data: bytes) -> bool:
        """Put an object unless it exists; of many callers exactly one gets True."""

    def copy(self, source: str, target: str) -> None:
        """Put a copy of an object."""

    def list(self, prefix: str) -> list[str]:
        """Return the keys of all objects below a folder, sorted."""

    def entry(self, key: str) -> Entry | None:
        """Return what is known of an object, or None if there is none."""

    def delete(self, key: str) -> None:
        """Delete an object."""


class FsspecStorage:
    """The storage of one fsspec file system.

    Parameters
    ----------
    protocol
        Its name, as before ``://`` in a URL.

    Raises
    ------
    UsageError
        If fsspec knows no such file system, or its library is not installed.
    """

    def __init__(self, protocol: str) -> None:
        import fsspec

        # Listings may not be remembered: other drivers write too.
        options = {"use_listings_cache": False, "skip_instance_cache": True}
        try:
            self.filesystem: Any = fsspec.filesystem(protocol, **options)
        except (ImportError, ValueError) as error:
            raise UsageError(
                f"no file system for {protocol}:// URLs: {error}",
                cure="pip install 'hitsieve[s3]' for s3://, gcsfs for gs://, adlfs for az://",
            ) from error

    def read(self, key: str) -> bytes:
        """Return all bytes of an object."""
        with _as_os_errors():
            return cast("bytes", self.filesystem.cat_file(key))

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading at any position."""
        with _as_os_errors():
            return cast("BinaryIO", self.filesystem.open(key, "rb"))

    def write(self, key: str, data: bytes) -> None:
        """Put an object, which appears whole and replaces another."""
        with _as_os_errors():
            self.filesystem.pipe_file(key, data)

    def upload(self, key: str, source: Path) -> None:
        """Put a local file as :meth:`write` does."""
        with _as_os_errors():
            self.filesystem.put_file(str(source), key)

    def create_exclusive(self, key: str, data: bytes) -> bool:
        """Put an object unless it exists; of many callers exactly one gets True."""
        try:
            with _as_os_errors():
                self.filesystem.pipe_file(key, data, mode="create")
        except FileExistsError:
            return False
        except OSError as error:
            # S3 answers 412 if the object is there, and 409 while another call is creating it.
            if _refused(error) and self.entry(key) is not None:
                return False
            raise
        return True

    def copy(self, source: str, target: str) -> None:
        """Put a copy of an object, made by the store itself."""
        with _as_os_errors():
            self.filesystem.cp_file(source, target)

    def list(self, prefix: str) -> list[str]:
        """Return the keys of all objects below a folder, sorted."""
        try:
            with _as_os_errors():
                found = self.filesystem.find(prefix)
        except FileNotFoundError:
            return []
        keys = (str(key).lstrip("/") for key in found)  # memory:// puts one before its keys
        return sorted(key for key in keys if key != prefix)

    def entry(self, key: str) -> Entry | None:
        """Return what is known of an object, or None if there is none."""
        try:
            with _as_os_errors():
                found = self.filesystem.info(key)
        except FileNotFoundError:
            return None
        if found["type"] != "file":
            return None
        modified = found.get("LastModified") or found.get("created")
        seconds = modified.timestamp() if hasattr(modified, "timestamp") else 0.0
        return Entry(int(found["size"]), seconds)

    def delete(self, key: str) -> None:
        """Delete an object."""
        with _as_os_errors():
            self.filesystem.rm_file(key)


@lru_cache(maxsize=8)
def open_storage(protocol: str) -> FsspecStorage:
    """Return the storage of a protocol, one for each process.

    Raises
    ------
    UsageError
        If there is none.
    """
    return FsspecStorage(protocol)


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno is None and not isinstance(error, FileExistsError | FileNotFoundError):
            error.errno = errno.EIO
        raise
    except Exception as error:  # each file system has errors of its own library
        raise OSError(errno.EIO, f"{type(error).__name__}: {error}") from error


def _refused(error: OSError) -> bool:
    told = f"{error} {error.__cause__}"
    return any(word in told for word in ("PreconditionFailed", "ConditionalRequestConflict", "412"))
