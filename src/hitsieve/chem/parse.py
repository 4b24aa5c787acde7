"""From a cell of an input file to a molecule: cleaning the text, checks RDKit does not make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rdkit import Chem

from hitsieve.chem.diagnose import explain
from hitsieve.chem.molecule import captured_log, parse, parse_extended
from hitsieve.chem.notation import advice, is_molblock, is_query, other_notation
from hitsieve.chem.outcome import Note, Refused, show
from hitsieve.schema.codes import Code

if TYPE_CHECKING:
    from hitsieve.chem.molecule import Mol
    from hitsieve.chem.policy import ChemPolicy

_SHOWN_BYTES: Final = 60
_MISSING: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "<na>", "-", "?", "."})
_EDGES: Final = "\ufeff\u00a0"

_BRACKET: Final = re.compile(r"\[[^\[\]]*\]")
_CLOSURE: Final = re.compile(r"([-=#$:/\\]?)(%\d\d|%\(\d+\)|\d)")
_BOND_AT_CLOSURE: Final = re.compile(r"[-=#$:/\\][%\d]")
_HYDROGEN_NAME: Final = re.compile(r"\[([DT])([+-]?\d*(?::\d+)?)\]")
_MASS: Final = {"D": "2H", "T": "3H"}
_DIRECTION: Final = {"/": "-", "\\": "-"}

# What a CXSMILES extension may say that makes the structure generic.
_GENERIC_EXTENSION: Final = re.compile(
    r"\$[^$]*(?:_R\d*|_AP\d*|_e\b|Q_e|A_e|M_e|X_e|star_e|Pol_p|_p\b|R\d+)[^$]*\$"
    r"|\bSg:|\bm:|\bLN:|\bRG:|\bLOG[:=]"
)
_QUERY_EXTENSION: Final = re.compile(r"(?:^|,)\s*(?:rb|s|u|LO):")
_STEREO_GROUP: Final = re.compile(r"[&o]\d*:\d+(?:,\d+)*")
# Texts, coordinates and the fields that exist; RDKit passes over fields it does not know.
_EXTENSION_TEXTS: Final = re.compile(r"\$[^$]*\$|\$_AV:[^$]*\$|\([^)]*\)|atomProp[^,|]*")
_EXTENSION_FIELD: Final = re.compile(r"([^\s,|:.\d;]+)\d*:")
_KNOWN_FIELDS: Final = frozenset({
    "a", "o", "&", "c", "t", "ctu", "w", "wU", "wD", "C", "H", "LP", "lp", "^", "f", "LN", "m",
    "Sg", "SgD", "SgH", "RG", "LOG", "rb", "s", "u", "LO", "THB", "TLB", "TEB",
})  # fmt: skip


# A drawing, and which of its bonds are wedges. The SMILES says all of it, and says it first.
_COORDINATES: Final = re.compile(r"(?<=[|,])\([-+\d.,;eE]*\),?")
_WEDGES: Final = re.compile(r"(?<=[|,])w[UD]:\d+\.\d+(?:,\d+\.\d+)*,?")


@dataclass(frozen=True, slots=True)
class Reading:
    """A cell as read.

    Parameters
    ----------
    mol
        Sanitized molecule.
    structure
        The SMILES it was read from, without name and extension.
    notes
        What the row has to tell about the text.
    extended
        Whether an extension was read, which may leave on the molecule what its SMILES does not
        hold, such as coordinates.
    """

    mol: Mol
    structure: str
    notes: list[Note]
    extended: bool = False


def read(cell: object, policy: ChemPolicy) -> Reading:
    """Read a cell of a SMILES column.

    Raises
    ------
    Refused
        If it holds no text, no SMILES, or a SMILES that contradicts itself.
    """
    text, notes = _clean(_as_text(cell), policy)
    structure, extension = _split(text, notes)
    if not structure.isascii():
        bad = next(c for c in structure if not c.isascii())
        raise Refused(
            Code.NOT_ASCII,
            f"U+{ord(bad):04X} ({bad!r}) in {show(structure)} is no character of SMILES; "
            "type the structure anew",
        )
    structure = _spell_out(structure, text, notes)
    if extension:
        mol = _read_extended(structure, extension, notes, policy)
        return Reading(mol, structure, notes, extended=True)
    mol = parse(structure)
    if mol is None:
        raise explain(structure, text, policy)
    if ":" in structure:
        _check_aromatic_bonds(mol, structure)
    return Reading(mol, structure, notes)


def _check_aromatic_bonds(mol: Mol, structure: str) -> None:
    """Refuse ``C:C``: RDKit leaves an aromatic bond outside a ring as it is."""
    for bond in mol.GetBonds():
        if bond.GetBondType() == Chem.BondType.AROMATIC and not bond.IsInRing():
            raise Refused(
                Code.AROMATICITY,
                f"{show(structure)} has an aromatic bond outside a ring; draw a single or "
                "double bond",
            )


def _as_text(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and cell != cell):  # noqa: PLR0124 - NaN
        raise Refused(Code.EMPTY, "no structure was given; fill the cell or drop the row")
    if isinstance(cell, bytes):
        try:
            return cell.decode()
        except UnicodeDecodeError:
            raise Refused(
                Code.UNDECODABLE, f"{cell[:_SHOWN_BYTES]!r} is not UTF-8; save the file as UTF-8"
            ) from None
    if isinstance(cell, str):
        return cell
    if type(cell).__name__ in {"NAType", "NaTType"}:
        raise Refused(Code.EMPTY, "no structure was given; fill the cell or drop the row")
    raise Refused(
        Code.WRONG_TYPE,
        f"{show(str(cell))} is {type(cell).__name__}, not text; choose the SMILES column",
    )


def _clean(text: str, policy: ChemPolicy) -> tuple[str, list[Note]]:
    cleaned = text.strip().strip(_EDGES).strip()
    if cleaned.lower() in _MISSING:
        given = f" ({text!r})" if cleaned else ""
        raise Refused(Code.EMPTY, f"no structure was given{given}; fill the cell or drop the row")
    if len(text) > policy.max_text:
        raise Refused(
            Code.TEXT_TOO_LONG,
            f"{len(text):,} characters, the limit is {policy.max_text:,}; raise max_text "
            f"if {show(cleaned)} is meant",
        )
    if not cleaned.isprintable():
        _refuse_control(cleaned)
    notes = []
    if cleaned != text:
        notes.append(Note(Code.TEXT_CLEANED, "blanks around the text were removed"))
    return cleaned, notes


def _refuse_control(text: str) -> None:
    if is_molblock(text):
        raise Refused(Code.NOT_SMILES_MOLBLOCK, advice(Code.NOT_SMILES_MOLBLOCK))
    for position, c in enumerate(text):
        if c in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029":
            raise Refused(
                Code.CONTROL_CHARACTER,
                f"a line break in {show(text)}; give one structure a row",
            )
        if (ord(c) < ord(" ") and c != "\t") or ord(c) == 0x7F:  # noqa: PLR2004 - ASCII DEL
            raise Refused(
                Code.CONTROL_CHARACTER,
                f"control character U+{ord(c):04X} at position {position + 1} of {show(text)}; "
                "type the structure anew",
            )


def _split(text: str, notes: list[Note]) -> tuple[str, str]:
    """Separate structure, extension and name; a name is dropped with a note."""
    if " " not in text and "\t" not in text:
        return text, ""
    structure, rest = re.split(r"[ \t]+", text, maxsplit=1)
    extension = ""
    if rest.startswith("|"):
        end = rest.rfind("|")
        if end == 0:
            raise Refused(
                Code.BAD_CXSMILES, f"{show(rest)} opens an extension that never ends; drop it"
            )
        extension, rest = rest[: end + 1], rest[end + 1 :].strip()
    if rest:
        notes.append(Note(Code.TEXT_CLEANED, f"{show(rest)} after the structure is no part of it"))
    return structure, extension


def _spell_out(structure: str, text: str, notes: list[Note]) -> str:
    """Refuse what RDKit reads though it is wrong; write D and T as isotopes of hydrogen."""
    if is_query(structure):
        raise Refused(Code.NOT_SMILES_SMARTS, f"{show(text)} is {advice(Code.NOT_SMILES_SMARTS)}")
    if _BOND_AT_CLOSURE.search(structure):
        _check_closures(structure, text)
    if "[D" in structure or "[T" in structure:
        spelled = _HYDROGEN_NAME.sub(lambda m: f"[{_MASS[m[1]]}{m[2]}]", structure)
        if spelled != structure:
            notes.append(Note(Code.TEXT_CLEANED, "D and T were read as [2H] and [3H]"))
        return spelled
    return structure


def _check_closures(structure: str, text: str) -> None:
    """Compare the bond marks at both ends of every ring closure; RDKit keeps the first."""
    open_bonds: dict[str, str] = {}
    for bond, label in _CLOSURE.findall(_BRACKET.sub("[]", structure)):
        number = label.strip("%()").lstrip("0") or "0"
        if number not in open_bonds:
            open_bonds[number] = bond
            continue
        first, second = open_bonds.pop(number), bond
        if first and second and _DIRECTION.get(first, first) != _DIRECTION.get(second, second):
            code = other_notation(text)
            if code is not None:
                raise Refused(code, f"{show(text)} is {advice(code)}")
            raise Refused(
                Code.RING_CLOSURE,
                f"ring closure {number} is opened with {first!r} and closed with {second!r} in "
                f"{show(structure)}; give one bond order",
            )


def _read_extended(structure: str, extension: str, notes: list[Note], policy: ChemPolicy) -> Mol:
    if _GENERIC_EXTENSION.search(extension):
        raise Refused(
            Code.GENERIC_STRUCTURE,
            f"the extension {show(extension)} marks {advice(Code.GENERIC_STRUCTURE)}",
        )
    if _QUERY_EXTENSION.search(extension.strip("|")):
        raise Refused(
            Code.NOT_SMILES_SMARTS,
            f"the extension {show(extension)} marks {advice(Code.NOT_SMILES_SMARTS)}",
        )
    fields = _EXTENSION_FIELD.findall(_EXTENSION_TEXTS.sub("", extension))
    unknown = [field for field in fields if field not in _KNOWN_FIELDS]
    if unknown:
        raise Refused(
            Code.BAD_CXSMILES,
            f"the extension {show(extension)} has an unknown field {unknown[0]!r}; drop it",
        )
    with captured_log():
        mol = parse_extended(f"{structure} {_without_drawing(extension)}")
    if mol is None:
        if parse(structure) is None:
            raise explain(structure, structure, policy)
        raise Refused(Code.BAD_CXSMILES, f"the extension {show(extension)} cannot be read; drop it")
    groups = _STEREO_GROUP.findall(extension)
    if groups:
        notes.append(
            Note(
                Code.STEREO_GROUP_DROPPED,
                f"the stereo group {' '.join(groups)} (& mixture, o unknown) is not kept; "
                "the isomer is registered as drawn",
            )
        )
    return mol


def _without_drawing(extension: str) -> str:
    """Return an extension without coordinates and the wedges that belong to them.

    From coordinates RDKit reads configurations of its own: those of a conformer for centers that
    the SMILES leaves open, none for some double bonds that it does not.
    """
    if not _COORDINATES.search(extension):
        return extension
    return _WEDGES.sub("", _COORDINATES.sub("", extension))
