"""The manifest: what a finished library is, what it was made of, and how records ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from hitsieve.config import StrictConfig, parse_config
from hitsieve.errors import ConfigError, NotFoundError, SchemaError
from hitsieve.library.layout import MANIFEST
from hitsieve.schema import LIBRARY
from hitsieve.store.files import write_json_atomic

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 1
"""Version of the manifest itself."""


class FileEntry(StrictConfig):
    """A Parquet file of the library: name within its folder, rows, checksum."""

    name: str
    rows: int
    sha256: str


class InputEntry(StrictConfig):
    """An input: name, size in bytes and checksum of the file as given, records read."""

    name: str
    format: str
    compression: str
    size: int
    sha256: str
    records: int


class ReleaseEntry(StrictConfig):
    """Inputs that came together: whose they are, and whether they were a whole catalog."""

    supplier: str
    files: list[str]
    partial: bool = False


class Origin(StrictConfig):
    """The library this one was made from.

    Parameters
    ----------
    kind
        ``add``: grown by further files; ``subset``: cut out of it.
    base
        SHA-256 of its manifest.
    changes
        Counts of what was done, by word.
    """

    kind: Literal["add", "subset"]
    base: str
    changes: dict[str, int]


class CountsEntry(StrictConfig):
    """How the records of all inputs ended.

    ``records = kept + rejected + failed`` and ``kept = compounds + duplicates``;
    ``by_outcome`` maps ``status/code`` to a number of records.
    """

    records: int
    kept: int
    compounds: int
    duplicates: int
    rejected: int
    failed: int
    by_status: dict[str, int]
    by_code: dict[str, int]
    by_outcome: dict[str, int]


class Manifest(StrictConfig):
    """Everything a reader of the library has to know; holds no times, hosts or paths.

    Parameters
    ----------
    format, schema_version
        Of this file, and of the LIBRARY table.
    standardizer, featurizer
        Fingerprints that a model compares with its own.
    plan
        Inputs and all settings that determine the rows; a build is continued, or repeated
        without effect, only with an equal plan.
    inputs, counts, shards, rejects
        What went in, how it ended, what came out.
    duplicate_ids
        What was done about identifiers naming two structures.
    releases
        The inputs by supplier, oldest first.
    withdrawn
        Sidecars of shards: which identifiers their supplier no longer lists.
    origin
        The library it was made from, if it was.
    versions
        Of the software that built it.
    """

    format: int = FORMAT
    schema_version: int = LIBRARY.version
    standardizer: str
    featurizer: str
    plan: dict[str, Any]
    inputs: list[InputEntry]
    counts: CountsEntry
    shards: list[FileEntry]
    rejects: list[FileEntry]
    duplicate_ids: str
    releases: list[ReleaseEntry] = Field(default_factory=list)
    withdrawn: list[FileEntry] = Field(default_factory=list)
    origin: Origin | None = None
    versions: dict[str, str]

    def write(self, root: Path) -> None:
        """Write the manifest atomically; from now on the library exists."""
        write_json_atomic(root / MANIFEST, self.model_dump(mode="json"))


def read_manifest(root: Path) -> Manifest:
    """Read the manifest of a finished library.

    Raises
    ------
    NotFoundError
        If the folder holds no finished library.
    SchemaError
        If the manifest is damaged, or of a newer version than this program knows.
    """
    import json

    path = root / MANIFEST
    if not path.is_file():
        begun = (root / "staging").is_dir()
        raise NotFoundError(
            f"{root} holds no finished library (no {MANIFEST})",
            cure="run the same build again to finish it" if begun else "check the path",
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        newer = int(values.get("format", 0)) > FORMAT
    except (ValueError, TypeError, AttributeError) as error:
        raise SchemaError(f"{path} is damaged: {error}", cure="build the library again") from None
    if newer:
        raise SchemaError(
            f"{path}: manifest format {values['format']}, this program knows up to {FORMAT}",
            cure="use the hitsieve version that built it, or a newer one",
        )
    try:
        return parse_config(Manifest, values, where=str(path))
    except ConfigError as error:
        raise SchemaError(error.message, cure="build the library again") from None
