"""Reading reagents and reactions: files a user names, or the sets that ship with hitsieve."""

from __future__ import annotations

import gzip
import io
import itertools
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hitsieve.chem.schemes import Reaction
from hitsieve.config import load_config
from hitsieve.delimited import BrokenRow, split_rows
from hitsieve.errors import InputError, NotFoundError, nearest
from hitsieve.file_kinds import refuse_all_but_tables
from hitsieve.resources import folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADERS: Final = {"smiles", "smile", "structure"}
_HEAD: Final = 1 << 16
_IDS: Final = ("id", "name", "reagent_id", "code")


@dataclass(frozen=True, slots=True)
class Reagent:
    """One building block.

    Parameters
    ----------
    reagent_id
        Identifier within its file; ``row<N>`` where the file gives none.
    smiles
        As written in the file.
    source
        ``file#row``, rows counted from 1 with the header.
    columns
        All cells of its row by the names of the header, in small letters; empty without a header.
    """

    reagent_id: str
    smiles: str
    source: str
    columns: dict[str, str] = field(default_factory=dict)


def reaction_names() -> list[str]:
    """Return the names of all reactions that ship with hitsieve, sorted."""
    return sorted(path.stem for path in (folder("datasets") / "reactions").glob("*.yaml"))


def load_reaction(name: str) -> Reaction:
    """Read a reaction by the name of a shipped one, or from a YAML file.

    Raises
    ------
    NotFoundError
        If there is neither a file nor a shipped reaction of that name.
    ConfigError
        If the file is wrong.
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        return load_config(Reaction, path)
    if name not in reaction_names():
        raise NotFoundError(
            f"no reaction {name!r}{nearest(name, reaction_names())}",
            cure=f"choose one of {', '.join(reaction_names())}, or name a .yaml file",
        )
    return load_config(Reaction, folder("datasets") / "reactions" / f"{name}.yaml")


def find_reagents(name: str) -> Path:
    """Return the file of a shipped set such as ``anilines``, or of the path given.

    Raises
    ------
    NotFoundError
        If there is neither.
    """
    if Path(name).is_file():
        return Path(name)
    sets = folder("datasets") / "building_blocks"
    shipped = sorted(path.stem for path in sets.glob("*.smi"))
    if name in shipped:
        return sets / f"{name}.smi"
    raise NotFoundError(
        f"no reagent file {name!r}{nearest(name, shipped)}",
        cure=f"give a .smi, .txt, .tsv or .csv file, or one of {', '.join(shipped)}",
    )


def read_reagents(path: Path) -> Iterator[Reagent]:
    """Read reagents line by line.

    ``.csv`` is split at commas (or at what parts a first row that names a SMILES column:
    semicolons or tabs), ``.tsv`` at tabs, anything else at blanks or tabs; each also with
    ``.gz``. A first row that names a SMILES column is a header, and then the identifier
    comes from the column ``id`` (or name, reagent_id, code), and the other columns, such as
    prices, are kept; without one the SMILES is the first field and the identifier the second.

    Raises
    ------
    InputError
        If the file is no UTF-8 text, no table of SMILES, a damaged archive, or empty.
    """
    try:
        _refuse_other_formats(path)
        found = None
        with _open(path) as stream:
            for found in _reagents(path, stream):
                yield found
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: {error}", cure="save it as UTF-8 text, or fetch it again") from (
            error
        )
    if found is None:
        raise InputError(f"{path} holds no reagent", cure="give a file with a SMILES a line")


def _refuse_other_formats(path: Path) -> None:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        head = stream.read(_HEAD)
    refuse_all_but_tables(head, where=path.name)


def _open(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _reagents(path: Path, stream: io.TextIOBase) -> Iterator[Reagent]:
    smiles_at, id_at = 0, 1
    header: list[str] = []
    for number, row in enumerate(_rows(path, stream), start=1):
        source = f"{path.name}#{number}"
        if isinstance(row, BrokenRow):  # kept as what it says: a structure that cannot be read
            yield Reagent(f"row{number}", row.text, source)
            continue
        names = [cell.strip().lower() for cell in row]
        if number == 1 and _HEADERS & set(names):
            smiles_at, id_at = _places(names)
            header = names
            continue
        if not any(names):
            continue
        smiles = row[smiles_at].strip() if smiles_at < len(row) else ""
        identifier = row[id_at].strip() if id_at < len(row) else ""
        columns = dict(zip(header, (cell.strip() for cell in row), strict=False))
        yield Reagent(identifier or f"row{number}", smiles, source, columns)


def _places(names: list[str]) -> tuple[int, int]:
    """Return where a header has the SMILES and the identifier; behind its end where it has none."""
    smiles = next((place for place, name in enumerate(names) if name in _HEADERS), 0)
    return smiles, next((names.index(name) for name in _IDS if name in names), len(names))


def _rows(path: Path, stream: io.TextIOBase) -> Iterator[list[str] | BrokenRow]:
    name = path.name.removesuffix(".gz")
    if name.endswith((".csv", ".tsv")):
        yield from _table(stream, comma=name.endswith(".csv"))
        return
    for line in stream:
        yield line.rstrip("\r\n").split("\t") if "\t" in line else line.split(maxsplit=2)


def _table(stream: io.TextIOBase, *, comma: bool) -> Iterator[list[str] | BrokenRow]:
    first = stream.readline()
    mark = _delimiter(first) if comma else "\t"
    # Blank lines count as rows: rows without an identifier are called by their number.
    lines = [line.rstrip("\r\n") or None for line in itertools.chain([first], stream)]
    head = next((row for row in split_rows(lines, mark) if isinstance(row, list)), [])
    smiles_at, _ = _places([cell.strip().lower() for cell in head])
    for row in split_rows(lines, mark, len(head), smiles_at):
        yield [] if row is None else row


def _delimiter(first: str) -> str:
    """Return what parts the names of a header, a comma without one."""
    for mark in ",;\t":
        if _HEADERS & {cell.strip().strip('"').lower() for cell in first.split(mark)}:
            return mark
    return ","
