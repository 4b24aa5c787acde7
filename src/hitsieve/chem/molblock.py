"""Reading one mol block, with the checks RDKit's reader does not make."""

from __future__ import annotations

import re
from typing import Final

from rdkit import Chem

from hitsieve.chem.molecule import Mol, captured_log
from hitsieve.chem.notation import advice
from hitsieve.chem.outcome import Note, Refused
from hitsieve.schema.codes import Code

_END: Final = re.compile(r"^M  END[ \t]*$", re.MULTILINE)
_VERSION: Final = re.compile(r"V([23])000\s*$")
_TYPES: Final = "(?:SRU|MON|MER|COP|CRO|MOD|GRA|COM|MIX|FOR|ANY|GEN)"
_POLYMER: Final = re.compile(rf"^M  STY.*\b{_TYPES}\b|^M  V30 +\d+ +{_TYPES}\b", re.MULTILINE)
"""Polymers, mixtures and brackets of other kinds, by the type of their group."""
_CONTINUED: Final = re.compile(r"-[ \t]*\nM  V30 ?")
_OPEN: Final = re.compile(
    r"^M  (?:RGP|APO|LIN)\b|^M  V30 +(?:LINKNODE\b|.*\b(?:RGROUPS=|ATTCHPT=(?!0\b)))", re.MULTILINE
)
"""R-groups, points of attachment, and link nodes, of which RDKit reads over the last two."""
_STEREO_GROUP: Final = re.compile(r"MDLV30/STE(?:RAC|REL)\d+")
_STAMP: Final = re.compile(r"^\[\d\d:\d\d:\d\d\]\s*")
_RULE: Final = "****"
_HEADER_LINES: Final = 4
_LONGEST: Final = 2_000_000


def read_molblock(block: str) -> tuple[Mol, list[Note]]:
    """Read a mol block; what follows ``M  END`` (the data of an SDF record) is ignored.

    Raises
    ------
    Refused
        If the block is cut, contradicts its counts line, is no number where one belongs, or
        is a query, R-group or polymer.
    """
    text = block.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise Refused(Code.EMPTY, "the record holds no mol block; drop it")
    if len(text) > _LONGEST or "\x00" in text:
        raise Refused(Code.BAD_MOLBLOCK, "the mol block is too long or binary; export it again")
    end = _END.search(text)
    if end is None:
        raise Refused(Code.BAD_MOLBLOCK, "the mol block has no 'M  END' line; export it again")
    text = text[: end.end()] + "\n"
    _check_counts(text)
    joined = _CONTINUED.sub(" ", text)
    for pattern in (_POLYMER, _OPEN):
        if pattern.search(joined):
            raise Refused(Code.GENERIC_STRUCTURE, f"it holds {advice(Code.GENERIC_STRUCTURE)}")
    mol = _parse(text)
    if any(a.HasQuery() for a in mol.GetAtoms()) or any(b.HasQuery() for b in mol.GetBonds()):
        generic = any(a.GetAtomicNum() == 0 for a in mol.GetAtoms())
        code = Code.GENERIC_STRUCTURE if generic else Code.NOT_SMILES_SMARTS
        raise Refused(code, f"the mol block is {advice(code)}")
    notes = []
    if _STEREO_GROUP.search(text):
        notes.append(
            Note(
                Code.STEREO_GROUP_DROPPED,
                "a stereo group (mixture or unknown) is not kept; registered as drawn",
            )
        )
    return mol, notes


def _check_counts(text: str) -> None:
    lines = text.split("\n")
    if len(lines) <= _HEADER_LINES:
        raise Refused(Code.BAD_MOLBLOCK, "the mol block ends in its header; export it again")
    version = _VERSION.search(lines[3])
    if version is None:
        raise Refused(
            Code.BAD_MOLBLOCK, f"line 4 is no counts line ({lines[3][:40]!r}); export it again"
        )
    if version[1] == "3":
        return
    try:
        atoms, bonds = int(lines[3][:3]), int(lines[3][3:6])
    except ValueError:
        raise Refused(
            Code.BAD_MOLBLOCK, f"counts line {lines[3][:12]!r} holds no numbers; export it again"
        ) from None
    body = lines[_HEADER_LINES:]
    given = next(i for i, line in enumerate(body) if line.startswith("M  "))
    if given < atoms + bonds:
        raise Refused(
            Code.BAD_MOLBLOCK,
            f"the counts line promises {atoms} atoms and {bonds} bonds, {given} lines follow; "
            "export it again",
        )


def _parse(text: str) -> Mol:
    with captured_log() as lines:
        mol = Chem.MolFromMolBlock(text, sanitize=True, removeHs=True, strictParsing=True)
        if mol is not None:
            return mol
        raw = Chem.MolFromMolBlock(text, sanitize=False, removeHs=False, strictParsing=True)
        problems = [] if raw is None else Chem.DetectChemistryProblems(raw)
    for problem in problems:
        said = problem.Message().strip().splitlines()[0]
        if "Valence" in problem.GetType():
            raise Refused(Code.VALENCE, f"{said}; correct the drawing")
        raise Refused(Code.AROMATICITY, f"{said}; draw double bonds")
    raise Refused(Code.BAD_MOLBLOCK, f"{_reason(lines)}; export it again")


def _reason(log: list[str]) -> str:
    """Return what RDKit says is wrong; a broken condition stands below a rule, after its kind."""
    if _RULE not in log:
        return _STAMP.sub("", log[0]) if log else "RDKit cannot read it"
    kind, what = [*log[log.index(_RULE) + 1 :], "", ""][:2]
    if kind == "Range Error":  # names no more than a line of RDKit's code
        return "a line names an atom that is not there"
    return what or "RDKit cannot read it"
