"""Why a SMILES could not be read, in words a chemist can act on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rdkit import Chem

from hitsieve.chem.molecule import captured_log, parse_raw
from hitsieve.chem.notation import advice, other_notation
from hitsieve.chem.outcome import Refused, show, too_large
from hitsieve.schema.codes import Code

if TYPE_CHECKING:
    from hitsieve.chem.policy import ChemPolicy

_CLOSURE_WORDS: Final = ("ring closure", "unclosed ring")
_STAMP: Final = re.compile(r"^\[\d\d:\d\d:\d\d\]\s*")
_SUFFIX: Final = re.compile(r" (?:while parsing: .*|for input: .*)$")
_BAD_PERCENT: Final = re.compile(r"%(?!\d\d|\(\d+\))")


def explain(structure: str, text: str, policy: ChemPolicy) -> Refused:
    """Return the refusal of a structure that RDKit cannot read.

    Parameters
    ----------
    structure
        The part that should be SMILES.
    text
        The whole cell, in which other notations are recognized.
    policy
        Its limit on heavy atoms comes before details of a structure beyond it.
    """
    shown = show(text)
    code = other_notation(text)
    with captured_log() as lines:
        raw = parse_raw(structure)
    if code is not None and (raw is None or code is not Code.NOT_SMILES_NAME):
        return Refused(code, f"{shown} is {advice(code)}")
    if raw is None:
        return _syntax(structure, shown, lines)
    heavy = raw.GetNumHeavyAtoms()
    if heavy > policy.max_heavy_atoms:
        return too_large(heavy, policy)
    return _chemistry(raw, shown)


def _syntax(structure: str, shown: str, lines: list[str]) -> Refused:
    words = [_SUFFIX.sub("", _STAMP.sub("", line)).strip() for line in lines]
    said = [w.removeprefix("SMILES Parse Error: ") for w in words if "Parse Error" in w]
    reason = said[0] if said else "not SMILES"
    at = next((w.rsplit("position", 1)[1].strip(": ") for w in said if "position" in w), "")
    where = f" near position {at}" if at else ""
    if reason.startswith("Failed parsing"):
        reason = "not SMILES"
    if _BAD_PERCENT.search(structure):
        return Refused(
            Code.RING_CLOSURE, f"{shown}: % needs two digits, as in %12; correct the SMILES"
        )
    closure = any(word in reason for word in _CLOSURE_WORDS)
    code = Code.RING_CLOSURE if closure else Code.SYNTAX
    return Refused(code, f"{shown}: {reason}{where}; correct the SMILES")


def _chemistry(raw: Chem.Mol, shown: str) -> Refused:
    with captured_log():
        problems = Chem.DetectChemistryProblems(raw)
    for problem in problems:
        kind, said = problem.GetType(), problem.Message().strip()
        if "Valence" in kind:
            return Refused(Code.VALENCE, f"{shown}: {said}; correct the drawing")
        if "Kekul" in kind or "aromatic" in said:
            return Refused(
                Code.AROMATICITY,
                f"{shown}: {said.splitlines()[0]}; add the missing [nH] or draw double bonds",
            )
    said = problems[0].Message().strip() if problems else "it cannot be sanitized"
    return Refused(Code.SYNTAX, f"{shown}: {said}; correct the SMILES")
