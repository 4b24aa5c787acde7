"""What a library is built from and how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from hitsieve.chem.policy import ChemPolicy
from hitsieve.config import StrictConfig

MAX_SHARDS: Final = 4096

FormatName = Literal["smi", "csv", "tsv", "sdf", "parquet"]


def _as_share(value: Any) -> Any:  # noqa: ANN401 - whatever a YAML file or a flag holds
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip().removesuffix("%")) / 100
        except ValueError:
            return value
    return value


Share = Annotated[float, BeforeValidator(_as_share), Field(ge=0, le=1)]


class FormatOptions(StrictConfig):
    """How to read the inputs, where that cannot be found in the files themselves.

    Parameters
    ----------
    format
        Format of every input; by default the file name's ending tells.
    smiles_column
        Name of the structure column, or its number from 1 in a file without header.
    id_column
        Column (or SDF property) holding the supplier's identifier.
    delimiter
        Field separator of delimited text.
    header
        Whether delimited text starts with column names.
    allow_truncated
        Keep the good records of an archive that ends too early, with one rejected row for the
        place; by default such a file is refused before any work. One that is damaged inside is
        refused in any case: nothing tells which of its records are what they were.
    max_line_bytes
        Longest line of text; an SDF record may hold eight times as much. A longer one is a
        rejected row, however much its file decompresses to.
    """

    format: FormatName | None = None
    smiles_column: str | None = None
    id_column: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header: bool | None = None
    allow_truncated: bool = False
    max_line_bytes: int = Field(default=1 << 20, ge=256, le=1 << 27)

    @field_validator("delimiter", mode="before")
    @classmethod
    def _named_tab(cls, value: object) -> object:
        """Accept the ways a tab is written on a command line."""
        return "\t" if value in {"tab", "\\t", "TAB"} else value

    @field_validator("smiles_column", "id_column", mode="before")
    @classmethod
    def _number_as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class IngestOptions(FormatOptions):
    """Files that come into a library, and how.

    Parameters
    ----------
    inputs
        Files, glob patterns, or ``-`` for standard input, in the order of their records.
    output
        Folder of the library; an interrupted build in it is continued.
    supplier
        Whose catalog the inputs are; empty if they are no catalog. A later release of the same
        supplier tells what was withdrawn.
    chunk_records
        Consecutive records that are standardized and committed together.
    max_reject
        Stop when a larger share of the records is refused; ``0.05`` or ``"5%"``.
    duplicate_ids
        What to do when one identifier of one file names two structures: ``refuse`` the
        library, or ``suffix`` the later ones (``A1``, ``A1~2``).
    record_seconds
        Time one record may take before its worker is given up (needs an executor with
        deadlines).
    """

    inputs: list[str] = Field(min_length=1)
    output: Path
    supplier: str = Field(default="", max_length=100)
    chunk_records: int = Field(default=20_000, ge=1, le=1_000_000)
    max_reject: Share = 1.0
    duplicate_ids: Literal["refuse", "suffix"] = "refuse"
    record_seconds: float = Field(default=20.0, gt=0)

    @field_validator("inputs", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        if isinstance(value, str | Path):
            return [str(value)]
        return [str(v) for v in value] if isinstance(value, list | tuple) else value


class LibraryConfig(IngestOptions):
    """One library build.

    Parameters
    ----------
    limit
        Take only the first records of all inputs together.
    policy
        What the standardizer keeps and refuses.
    shard_rows
        Compounds a shard should hold; the number of shards is the nearest power of two.
    """

    limit: int | None = Field(default=None, ge=1, le=1 << 62)
    policy: ChemPolicy = Field(default_factory=ChemPolicy)
    shard_rows: int = Field(default=20_000, ge=1)


class AddConfig(IngestOptions):
    """A library grown by further files; policy and shard size are those of the library.

    Parameters
    ----------
    library
        Folder of the library that grows; it stays as it is, the grown one is another.
    partial
        The files complete the supplier's last release instead of replacing it: nothing that
        they leave out is withdrawn.
    """

    library: Path
    partial: bool = False

    @model_validator(mode="after")
    def _what_is_cut_off_is_not_withdrawn(self) -> Self:
        if self.allow_truncated and self.supplier and not self.partial:
            raise ValueError(
                "allow_truncated: records that are cut off would be taken for withdrawn; add "
                "partial: true, or fetch the whole file"
            )
        return self
