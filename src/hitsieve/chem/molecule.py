"""Reading and writing SMILES with RDKit kept quiet.

RDKit logs to a Python logger named ``rdkit`` from the first import of this module on, and
nothing of it reaches the terminal. :func:`captured_log` hands what was logged to the caller.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from rdkit import Chem, rdBase

if TYPE_CHECKING:
    from collections.abc import Iterator

Mol: TypeAlias = Chem.Mol
"""An RDKit molecule; opaque to the layers above."""

_KEPT_LINES: Final = 20
_sink = threading.local()


class _Capture(logging.Handler):
    """Keeps the first lines logged inside :func:`captured_log`, drops all others."""

    def emit(self, record: logging.LogRecord) -> None:
        lines: list[str] | None = getattr(_sink, "lines", None)
        if lines is not None and len(lines) < _KEPT_LINES:
            lines.append(record.getMessage().strip())


def _redirect_log() -> None:
    log = logging.getLogger("rdkit")
    log.propagate = False
    log.handlers[:] = [_Capture()]
    rdBase.LogToPythonLogger()


_redirect_log()


@contextmanager
def captured_log() -> Iterator[list[str]]:
    """Collect what RDKit logs in this thread, at most 20 lines."""
    before = getattr(_sink, "lines", None)
    lines: list[str] = []
    _sink.lines = lines
    try:
        yield lines
    finally:
        _sink.lines = before


def _parameters(*, sanitize: bool, extension: bool) -> Chem.SmilesParserParams:
    parameters = Chem.SmilesParserParams()
    parameters.sanitize = sanitize
    parameters.removeHs = sanitize
    parameters.allowCXSMILES = extension
    parameters.strictCXSMILES = extension
    parameters.parseName = False
    return parameters


_PLAIN: Final = _parameters(sanitize=True, extension=False)
_EXTENDED: Final = _parameters(sanitize=True, extension=True)
_RAW: Final = _parameters(sanitize=False, extension=False)


def parse(smiles: str) -> Mol | None:
    """Read a SMILES without name or extension; None if RDKit cannot read it.

    Returns
    -------
    A sanitized molecule, hydrogens merged into their atoms.

    Examples
    --------
    >>> parse("OCC").GetNumAtoms()
    3
    >>> parse("CC(C") is None
    True
    """
    # RDKit skips leading bytes outside ASCII and then reads another molecule.
    return Chem.MolFromSmiles(smiles, _PLAIN) if smiles.isascii() else None


def parse_extended(smiles: str) -> Mol | None:
    """Read a SMILES followed by a blank and a ``|…|`` extension; None if either is wrong."""
    return Chem.MolFromSmiles(smiles, _EXTENDED)


def parse_raw(smiles: str) -> Mol | None:
    """Read a SMILES as written: no sanitization, hydrogens kept; None on a syntax error."""
    return Chem.MolFromSmiles(smiles, _RAW)


def canonical_smiles(mol: Mol) -> str:
    """Write RDKit's canonical isomeric SMILES."""
    text: str = Chem.MolToSmiles(mol)
    return text
