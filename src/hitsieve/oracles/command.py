"""Any program as an oracle: compounds in as a file, values out as CSV."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field, model_validator

from hitsieve.chem.molecule import parse
from hitsieve.chem.records import sdf_of, sdf_record
from hitsieve.chem.shape import embed
from hitsieve.config import StrictConfig
from hitsieve.errors import InputError, NotFoundError
from hitsieve.oracles.output import OutputRules, UnsoundOutputError, read_output, unsound
from hitsieve.oracles.program import OUTPUT, run_program
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.oracles.trouble import Trouble, TroubleError
from hitsieve.provenance import fingerprint, sha256_file
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from hitsieve.oracles.program import Ran
    from hitsieve.oracles.protocol import Compound

_SUFFIX: Final = {"smiles": "smi", "sdf": "sdf", "sdf3d": "sdf"}
_EMBED_S: Final = 20


class CommandConfig(StrictConfig):
    """A program that measures compounds.

    Parameters
    ----------
    kind
        Names this oracle in a campaign's file.
    name
        Of the oracle; part of file names.
    argv
        The program and its arguments; no shell reads them. ``{input}`` stands for the file of
        compounds and ``{output}`` for the CSV the program writes; without ``{output}`` its
        standard output is the CSV. It runs in an empty folder of its own.
    input
        ``smiles``: a line a compound, SMILES and id with a blank between. ``sdf``: a record a
        compound with 2D coordinates, its title the id. ``sdf3d``: the same with hydrogens and
        3D coordinates.
    target, endpoint, unit
        What the values are.
    higher_is_better
        Which end of the scale is wanted.
    id_column, value_column
        Columns of the output.
    relation_column
        Column of the output that says ``=``, ``<`` or ``>``; empty for exact values.
    several
        What several rows of a compound are: ``refuse`` them unless all are equal, or take the
        ``best`` one (of several poses, for instance).
    minimum, maximum
        Values outside are failures.
    success_codes
        Exit codes that mean success.
    time_limit_s
        Seconds a compound may take, all attempts together.
    attempts
        How often the program is started for a compound it gave no row for, if it failed.
    partial
        Whether whole rows count that a program wrote before it was killed or failed.
    environment
        Variables laid over the worker's own; ``OMP_NUM_THREADS`` is 1 unless named here.
    version
        Of the program: raise it whenever its values change, then compounds are measured anew.
    files
        Files that decide values, such as a receptor or a script: their content counts for the
        same purpose.
    """

    kind: Literal["command"] = "command"
    name: str = Field(default="command", pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,40}$")
    argv: tuple[str, ...] = Field(min_length=1)
    input: Literal["smiles", "sdf", "sdf3d"] = "smiles"
    target: str = Field(min_length=1)
    endpoint: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    higher_is_better: bool
    id_column: str = "compound_id"
    value_column: str = "value"
    relation_column: str = ""
    several: Literal["refuse", "best"] = "refuse"
    minimum: float | None = None
    maximum: float | None = None
    success_codes: tuple[int, ...] = (0,)
    time_limit_s: float = Field(default=600.0, gt=0)
    attempts: int = Field(default=1, ge=1, le=10)
    partial: bool = True
    environment: dict[str, str] = Field(default_factory=dict)
    version: str = ""
    files: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _names_its_input(self) -> CommandConfig:
        if not any("{input}" in part for part in self.argv):
            raise ValueError("no argument holds {input}, so the program would get no compounds")
        return self


class CommandOracle:
    """Runs a program on compounds; follows :class:`hitsieve.oracles.protocol.Oracle`.

    The program runs in a process group of its own that is killed at the time limit, or when
    this process dies. What it writes is checked before a value counts.

    Parameters
    ----------
    config
        The program and what its values are.

    Raises
    ------
    NotFoundError
        If a file that decides values is absent.
    """

    def __init__(self, config: CommandConfig) -> None:
        self.config = config
        self.name = config.name
        self.target = config.target
        self.endpoint = config.endpoint
        self.unit = config.unit
        self.higher_is_better = config.higher_is_better
        self.time_limit_s = config.time_limit_s
        self.fingerprint = _fingerprint(config)

    def limited(self, limit_s: float | None) -> CommandOracle:
        """Return this oracle with a time limit of its own; it holds it without help.

        Raises
        ------
        NotFoundError
            If the program is not installed here.
        """
        program = self.config.argv[0]
        if shutil.which(program) is None:
            raise NotFoundError(
                f"oracle {self.name!r}: no program {program!r} on this machine",
                cure="install it, or give its whole path in argv",
            )
        if limit_s is None:
            return self
        return CommandOracle(self.config.model_copy(update={"time_limit_s": limit_s}))

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Measure compounds with one start of the program; see the protocol.

        Raises
        ------
        TroubleError
            If the program cannot be started, or was killed from outside: by SIGKILL (as the
            system does where memory ends), SIGTERM, SIGINT or SIGHUP.
        """
        found: dict[str, Measurement] = {}
        todo: dict[str, str] = {}
        for compound_id, smiles in compounds:
            try:
                todo[compound_id] = self._record(compound_id, smiles)
            except _NoRecordError as why:
                found[compound_id] = Measurement(None, code=why.code, message=str(why))
        until = time.monotonic() + self.config.time_limit_s
        killed = ""
        for attempt in range(self.config.attempts if todo else 0):
            left = until - time.monotonic()
            if attempt and left <= 0:
                break
            values, missing, killed = self._run(todo, left)
            found |= dict.fromkeys(todo, missing) | values
            todo = {name: text for name, text in todo.items() if name not in values}
            if not todo or missing.code is not Code.CRASHED:
                break
        if todo and killed:
            raise TroubleError(Trouble(Code.CRASHED, killed))
        return label_rows(self, compounds, [found[compound_id] for compound_id, _ in compounds])

    def _record(self, compound_id: str, smiles: str) -> str:
        """Return a compound as the program reads it."""
        if parse(smiles) is None or len(smiles.split()) != 1:
            raise _NoRecordError(Code.SYNTAX, "the SMILES cannot be read")
        if len(compound_id.split()) != 1 or not compound_id.isprintable():
            raise _NoRecordError(
                Code.INTERNAL, "its id holds blanks, so no program could give it back"
            )
        if self.config.input == "smiles":
            return f"{smiles} {compound_id}\n"
        if self.config.input == "sdf":
            return sdf_record(smiles, compound_id, {})
        mol = embed(smiles, 1, seed=0, timeout_s=_EMBED_S)
        if mol is None:
            raise _NoRecordError(Code.NO_CONFORMER, "no 3D conformer could be made")
        return sdf_of(mol, compound_id, {})

    def _run(
        self, records: Mapping[str, str], limit_s: float
    ) -> tuple[dict[str, Measurement], Measurement, str]:
        """Run the program once: what it found, what that makes of the others, who killed it."""
        with tempfile.TemporaryDirectory(prefix="hitsieve-command-") as name:
            folder = Path(name)
            given = folder / f"input.{_SUFFIX[self.config.input]}"
            given.write_text("".join(records.values()), encoding="utf-8")
            output = folder / "output.csv"
            places = {"{input}": str(given), "{output}": str(output)}
            argv = [_filled(part, places) for part in self.config.argv]
            if os.sep in argv[0]:  # where the worker is, not in the program's own folder
                argv[0] = str(Path(argv[0]).absolute())
            try:
                ran = run_program(argv, folder, self.config.environment, limit_s)
            except InputError as error:
                raise TroubleError(Trouble(Code.INTERNAL, error.message, machine=True)) from error
            if not any("{output}" in part for part in self.config.argv):
                output = folder / OUTPUT
            failure = self._failure(ran)
            killed = failure.message if failure is not None and ran.killed else ""
            return *self._read(output, records, failure, ran.last_words), killed

    def _read(
        self, output: Path, asked: Mapping[str, str], failure: Measurement | None, words: str
    ) -> tuple[dict[str, Measurement], Measurement]:
        """Read the output of a program that ended well or failed."""
        if failure is not None and not self.config.partial:
            return {}, failure
        try:
            values = read_output(output, asked, self._rules, whole=failure is None)
        except UnsoundOutputError as why:
            return {}, failure or unsound(f"{why}: {words}")
        if failure is None:
            message = f"no row in its output: {words}"
            return values, Measurement(None, code=Code.NOT_MEASURED, message=message)
        return {name: one for name, one in values.items() if one.value is not None}, failure

    def _failure(self, ran: Ran) -> Measurement | None:
        if not ran.in_time and ran.code is not None:
            limit = f"killed at the limit of {self.config.time_limit_s:g} s"
            return Measurement(None, code=Code.TIMEOUT, message=f"{limit}: {ran.last_words}")
        if ran.code not in self.config.success_codes:
            message = f"ended with code {ran.code}: {ran.last_words}".removesuffix(": ")
            return Measurement(None, code=Code.CRASHED, message=message)
        return None

    @property
    def _rules(self) -> OutputRules:
        config = self.config
        return OutputRules(
            config.id_column, config.value_column, config.relation_column, config.several,
            config.higher_is_better, config.minimum, config.maximum,
        )  # fmt: skip


class _NoRecordError(Exception):
    """A compound cannot be given to a program."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


def _filled(part: str, places: Mapping[str, str]) -> str:
    for name, place in places.items():
        part = part.replace(name, place)
    return part


def _fingerprint(config: CommandConfig) -> str:
    """Return the fingerprint of what decides values: limits, attempts and paths of files do not."""
    kept = config.model_dump(mode="json", exclude={"time_limit_s", "attempts", "files", "partial"})
    contents = []
    for path in config.files:
        if not path.is_file():
            raise NotFoundError(f"oracle {config.name!r}: no file {path}", cure="check `files`")
        contents.append(sha256_file(path))
    return fingerprint({**kept, "files": contents})
