"""Telling what a text in a SMILES column is, if it is no SMILES."""

from __future__ import annotations

import re
from typing import Final

from rdkit import Chem

from hitsieve.schema.codes import Code

_SYMBOLS: Final = frozenset(
    Chem.GetPeriodicTable().GetElementSymbol(number) for number in range(1, 119)
) | {"D", "T"}

_FORMULA_TOKEN: Final = re.compile(r"([A-Z][a-z]?)(\d*)")
# All texts can come here, so no pattern may try one place in many ways: possessive repeats.
_FORMULA: Final = re.compile(r"\d{0,2}+(?:(?:[A-Z][a-z]?+|[()])\d{0,3}+[+-]?+[.·*]?+\d{0,2}+)++")
_SMILES_TOKENS: Final = re.compile(
    r"(?:\[[^\[\]]*\]|Br|Cl|[BCNOPSFIbcnops*]|[-=#$:~/\\.()]|%\d\d|%\(\d+\)|\d)*"
)
# A query's marks inside an atom: lists, logic, numbers of elements, recursion.
_QUERY_ATOM: Final = re.compile(r"\[[^\[\]]*(?:[,;!&$]|#\d)(?=[^\]]*\])|\[(?:[aA]|[DXvrxh]\d+)\]")
_WORD: Final = re.compile(r"[A-Za-z0-9'\u2019(\[][\w',()\[\]{}+\-./\u2019 ]*")

_MOLBLOCK: Final = re.compile(r"M  END|\bV[23]000\b|^\$\$\$\$\s*$", re.MULTILINE)
_PATTERNS: Final[tuple[tuple[Code, re.Pattern[str]], ...]] = (
    (Code.NOT_SMILES_INCHI, re.compile(r"(?i:inchi=|auxinfo=)|1S?/[A-Z][A-Za-z0-9.]*/[a-z]")),
    (Code.NOT_SMILES_INCHIKEY, re.compile(r"(?i:inchikey=)?\s*[A-Z]{14}-[A-Z]{10}-[A-Z]\b")),
    (
        Code.NOT_SMILES_CAS,
        re.compile(r"(?i:cas(?:[ -]?(?:no|rn|nr))?\.?[:# ]*)?\d{2,7}-\d\d-\d\s*$"),
    ),
    (Code.NOT_SMILES_HELM, re.compile(r"(?:PEPTIDE|RNA|DNA|CHEM|BLOB)\d+\{|\S*\$V2\.0")),
    (
        Code.GENERIC_STRUCTURE,
        re.compile(r"\{[^}]*\[[<>$]|.*\[\d*(?:R\d*|R#|Q|A|X|M|Pol|Lp|G\d+)(?::\d+)?\]"),
    ),
)

_ADVICE: Final[dict[Code, str]] = {
    Code.NOT_SMILES_MOLBLOCK: "a mol block, not a SMILES; give the file as SDF",
    Code.NOT_SMILES_INCHI: "an InChI, not a SMILES; convert it to SMILES",
    Code.NOT_SMILES_INCHIKEY: "an InChIKey, which holds no structure; give SMILES",
    Code.NOT_SMILES_CAS: "a CAS number, not a SMILES; look the structure up",
    Code.NOT_SMILES_HELM: "a HELM string, not a SMILES; convert it to SMILES",
    Code.NOT_SMILES_FORMULA: "a molecular formula, which holds no structure; give SMILES",
    Code.NOT_SMILES_NAME: "a name or identifier, not a SMILES; look the structure up",
    Code.NOT_SMILES_REACTION: "a reaction, not a compound; give its product",
    Code.NOT_SMILES_SMARTS: "a query (SMARTS), not a compound; give SMILES",
    Code.GENERIC_STRUCTURE: "an R-group, dummy atom, attachment point or polymer bracket; "
    "give a complete compound",
}


def advice(code: Code) -> str:
    """Return what a text of this kind is, and what to give instead."""
    return _ADVICE[code]


def is_query(structure: str) -> bool:
    """Whether a text holds marks of a SMARTS query that RDKit would read as a SMILES."""
    if "{" in structure:
        return False  # no mark of SMILES or SMARTS: HELM or BigSMILES
    if "~" in structure:
        return True
    return "[" in structure and _QUERY_ATOM.search(structure) is not None


def is_molblock(text: str) -> bool:
    """Whether a text of several lines is a mol block."""
    return _MOLBLOCK.search(text) is not None


def other_notation(text: str) -> Code | None:
    """Say what a text that cannot be read as SMILES is, or None if it looks like SMILES.

    Examples
    --------
    >>> other_notation("50-78-2").value
    'not_smiles_cas'
    >>> other_notation("aspirin").value
    'not_smiles_name'
    >>> other_notation("CC(C") is None
    True
    """
    if is_molblock(text):
        return Code.NOT_SMILES_MOLBLOCK
    known = next((code for code, pattern in _PATTERNS if pattern.match(text)), None)
    return known if known is not None else _by_structure(text, text.partition(" ")[0])


def _by_structure(text: str, structure: str) -> Code | None:
    tests = (
        (Code.NOT_SMILES_SMARTS, is_query(structure)),
        (Code.NOT_SMILES_REACTION, ">" in re.sub(r"->|<-", "", structure)),
        (Code.NOT_SMILES_FORMULA, _is_formula(structure)),
        (Code.NOT_SMILES_NAME, structure.isdigit() or _looks_like_word(text, structure)),
    )
    return next((code for code, holds in tests if holds), None)


def _is_formula(text: str) -> bool:
    """Whether a text holds two or more elements, none twice unless in groups as in (CH3)2."""
    if not _FORMULA.fullmatch(text):
        return False
    for part in re.split(r"[.·*]", text):
        symbols = [symbol for symbol, _ in _FORMULA_TOKEN.findall(part)]
        if not symbols or not _SYMBOLS.issuperset(symbols):
            return False
        repeated = len(set(symbols)) < len(symbols)
        if repeated and not re.search(r"[A-Z][a-z]?\d*\)\d", part):
            return False
    return len({symbol for symbol, _ in _FORMULA_TOKEN.findall(text)}) > 1


def _looks_like_word(text: str, structure: str) -> bool:
    if not _WORD.fullmatch(text) or _SMILES_TOKENS.fullmatch(re.sub(r"[,;'\"]", "", structure)):
        return False
    has_word = re.search(r"[A-Za-z]{3}", structure) is not None
    has_bond = re.search(r"[=#\\@]|\[[^\]]*$", structure) is not None
    return (has_word and not has_bond) or re.fullmatch(
        r"[A-Za-z]+[-_]?\d+(?:[-_]\d+)*", structure
    ) is not None
