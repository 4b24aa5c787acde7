"""How a record can end: four statuses and a closed list of codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MESSAGE_LIMIT: Final = 300


class Status(StrEnum):
    """What became of a record."""

    OK = "ok"
    STANDARDIZED = "standardized"
    REJECTED = "rejected"
    FAILED = "failed"


class Code(StrEnum):
    """Why a record ended as it did."""

    NONE = "none"
    # ok: kept as given, and worth a word
    UNUSUAL = "unusual"
    # standardized: kept, changed as said
    TEXT_CLEANED = "text_cleaned"
    SALT_STRIPPED = "salt_stripped"
    NEUTRALIZED = "neutralized"
    NORMALIZED = "normalized"
    DUPLICATE_FRAGMENT = "duplicate_fragment"
    ATOM_MAPS_REMOVED = "atom_maps_removed"
    STEREO_REMOVED = "stereo_removed"
    ISOTOPE_LABELED = "isotope_labeled"
    METAL_DISCONNECTED = "metal_disconnected"
    STEREO_GROUP_DROPPED = "stereo_group_dropped"
    # rejected: text that is no single structure
    EMPTY = "empty"
    WRONG_TYPE = "wrong_type"
    NOT_ASCII = "not_ascii"
    CONTROL_CHARACTER = "control_character"
    TEXT_TOO_LONG = "text_too_long"
    NOT_SMILES_INCHI = "not_smiles_inchi"
    NOT_SMILES_INCHIKEY = "not_smiles_inchikey"
    NOT_SMILES_CAS = "not_smiles_cas"
    NOT_SMILES_FORMULA = "not_smiles_formula"
    NOT_SMILES_NAME = "not_smiles_name"
    NOT_SMILES_HELM = "not_smiles_helm"
    NOT_SMILES_SMARTS = "not_smiles_smarts"
    NOT_SMILES_REACTION = "not_smiles_reaction"
    NOT_SMILES_MOLBLOCK = "not_smiles_molblock"
    GENERIC_STRUCTURE = "generic_structure"
    SYNTAX = "syntax"
    VALENCE = "valence"
    AROMATICITY = "aromaticity"
    RING_CLOSURE = "ring_closure"
    BAD_CXSMILES = "bad_cxsmiles"
    BAD_STEREO = "bad_stereo"
    BAD_MOLBLOCK = "bad_molblock"
    # rejected: a structure outside the policy
    NO_CARBON = "no_carbon"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    TOO_MANY_FRAGMENTS = "too_many_fragments"
    TOO_MANY_RINGS = "too_many_rings"
    MIXTURE = "mixture"
    METAL = "metal"
    RADICAL = "radical"
    UNSTABLE_ION = "unstable_ion"
    IMPOSSIBLE_NUCLIDE = "impossible_nuclide"
    IMPOSSIBLE_CHARGE = "impossible_charge"
    UNSUPPORTED_BOND = "unsupported_bond"
    UNSUPPORTED_ELEMENT = "unsupported_element"
    UNSTABLE_SMILES = "unstable_smiles"
    NO_INCHI = "no_inchi"
    # rejected: a row whose structure of columns is broken
    RAGGED_ROW = "ragged_row"
    LINE_TOO_LONG = "line_too_long"
    UNDECODABLE = "undecodable"
    TRUNCATED = "truncated"
    # failed: no fault of the record is known
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    INTERNAL = "internal"
    NO_CONFORMER = "no_conformer"
    OUT_OF_MEMORY = "out_of_memory"
    NOT_MEASURED = "not_measured"
    MEASUREMENT_FAILED = "measurement_failed"


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """A code explained: the status it goes with, what it means, what to do, an example."""

    status: Status
    meaning: str
    cure: str
    example: str


def _kept(meaning: str, example: str) -> CodeInfo:
    return CodeInfo(Status.STANDARDIZED, meaning, "nothing; the row says what was changed", example)


def _refused(meaning: str, cure: str, example: str) -> CodeInfo:
    return CodeInfo(Status.REJECTED, meaning, cure, example)


def _failed(meaning: str, cure: str, example: str = "") -> CodeInfo:
    return CodeInfo(Status.FAILED, meaning, cure, example)


_AS_SMILES: Final = "give the structure as SMILES, or as an SDF file"

CODES: Final[dict[Code, CodeInfo]] = {
    Code.NONE: CodeInfo(Status.OK, "kept as given", "nothing", "CCO"),
    Code.UNUSUAL: CodeInfo(
        Status.OK,
        "kept as given; holds an element, radical or charge that models rarely see",
        "mind the domain flag of its score",
        "CC1(C)CCCC(C)(C)N1[O]",
    ),
    Code.TEXT_CLEANED: _kept(
        "blanks, line ends or a name around the SMILES were removed", "CCO\\r"
    ),
    Code.SALT_STRIPPED: _kept("listed counter-ions or solvents were removed", "CCN.Cl"),
    Code.NEUTRALIZED: _kept("charges that a proton can balance were removed", "CC(=O)[O-]"),
    Code.NORMALIZED: _kept("functional groups were drawn the standard way", "CN=N#N"),
    Code.DUPLICATE_FRAGMENT: _kept("repeated copies of one component were merged", "CCO.CCO"),
    Code.ATOM_MAPS_REMOVED: _kept("atom map numbers were removed", "[CH3:1][OH:2]"),
    Code.STEREO_REMOVED: _kept("stereo marks without meaning were removed", "CC=[C@]=CC"),
    Code.ISOTOPE_LABELED: _kept("isotope labels are kept, the unlabeled form is scored", "[2H]OC"),
    Code.METAL_DISCONNECTED: _kept("a covalently drawn salt was split", "CC(=O)O[Na]"),
    Code.STEREO_GROUP_DROPPED: _kept(
        "an enhanced stereo group is not kept; the isomer is registered as drawn",
        "C[C@H](F)Cl |&1:1|",
    ),
    Code.EMPTY: _refused("no structure was given", "fill the cell or drop the row", ""),
    Code.WRONG_TYPE: _refused("the cell holds no text", "choose the SMILES column", "12345"),
    Code.NOT_ASCII: _refused(
        "a character outside ASCII stands inside the structure",
        "type the structure anew",
        "\u0421\u0421O",
    ),
    Code.CONTROL_CHARACTER: _refused(
        "a control character or line break stands inside the structure",
        "give one structure a row",
        "CCO\\nCCN",
    ),
    Code.TEXT_TOO_LONG: _refused("the text is longer than the limit", "raise max_text", "CCC…"),
    Code.NOT_SMILES_INCHI: _refused("this is an InChI", _AS_SMILES, "InChI=1S/CH4/h1H4"),
    Code.NOT_SMILES_INCHIKEY: _refused(
        "this is an InChIKey, which holds no structure", _AS_SMILES, "LFQSCWFLJHTTHZ-UHFFFAOYSA-N"
    ),
    Code.NOT_SMILES_CAS: _refused("this is a CAS number", _AS_SMILES, "50-78-2"),
    Code.NOT_SMILES_FORMULA: _refused("this is a molecular formula", _AS_SMILES, "C9H8O4"),
    Code.NOT_SMILES_NAME: _refused("this is a name", _AS_SMILES, "aspirin"),
    Code.NOT_SMILES_HELM: _refused("this is a HELM string", _AS_SMILES, "PEPTIDE1{A.G}$$$$V2.0"),
    Code.NOT_SMILES_SMARTS: _refused("this is a query, not a compound", _AS_SMILES, "[C,N]C"),
    Code.NOT_SMILES_REACTION: _refused("this is a reaction", "give its product", "CCO>>CC=O"),
    Code.NOT_SMILES_MOLBLOCK: _refused(
        "a mol block stands in a SMILES cell",
        "give the file as SDF",
        "\\n  1  0 … V2000\\n…\\nM  END",
    ),
    Code.GENERIC_STRUCTURE: _refused(
        "R-groups, dummy atoms, attachment points or polymer brackets",
        "give complete compounds",
        "*c1ccccc1",
    ),
    Code.SYNTAX: _refused("the SMILES cannot be parsed", "correct the SMILES", "CC(C"),
    Code.VALENCE: _refused("an atom has an impossible valence", "correct the drawing", "O(C)(C)C"),
    Code.AROMATICITY: _refused(
        "no Kekulé structure exists", "add the missing [nH], or draw double bonds", "c1ccnc1"
    ),
    Code.RING_CLOSURE: _refused(
        "ring closure marks contradict each other", "correct the SMILES", "C=1CCCCC#1"
    ),
    Code.BAD_CXSMILES: _refused("the |…| extension cannot be read", "correct or drop it", "C |zz:"),
    Code.BAD_STEREO: _refused(
        "a stereo mark on an atom that cannot carry one", "drop the mark", "C[C@@]C"
    ),
    Code.BAD_MOLBLOCK: _refused("the mol block is broken", "export the record again", ""),
    Code.NO_CARBON: _refused("the parent holds no carbon", "screen organic compounds", "O"),
    Code.TOO_SMALL: _refused("fewer heavy atoms than the limit", "lower min_heavy_atoms", "C"),
    Code.TOO_LARGE: _refused("more heavy atoms than the limit", "raise max_heavy_atoms", "CC…"),
    Code.TOO_MANY_FRAGMENTS: _refused("more fragments than the limit", "split the row", "C.C.…"),
    Code.TOO_MANY_RINGS: _refused(
        "more independent rings than the limit", "raise max_rings", "fullerenes"
    ),
    Code.MIXTURE: _refused(
        "several organic components, none a listed salt or solvent",
        "give the components as rows",
        "CCCCO.CCCCN",
    ),
    Code.METAL: _refused(
        "a metal that is no simple counter-ion", "remove metal compounds", "C[Mg]Br"
    ),
    Code.RADICAL: _refused("a radical or carbene", "correct the drawing", "C[CH2]"),
    Code.UNSTABLE_ION: _refused(
        "a carbanion or carbocation without stabilizing neighbor", "redraw it", "C[CH2-]"
    ),
    Code.IMPOSSIBLE_NUCLIDE: _refused("no such isotope exists", "correct the label", "[999CH4]"),
    Code.IMPOSSIBLE_CHARGE: _refused("no atom has this charge", "correct the charge", "[C+15]"),
    Code.UNSUPPORTED_BOND: _refused("a bond type no model knows", "redraw the compound", "C$C"),
    Code.UNSUPPORTED_ELEMENT: _refused("an element the policy refuses", "remove the row", "[Xe]F"),
    Code.UNSTABLE_SMILES: _refused(
        "its canonical SMILES cannot be read back to the same compound", "redraw the compound", ""
    ),
    Code.NO_INCHI: _refused("InChI cannot name the structure", "redraw the compound", ""),
    Code.RAGGED_ROW: _refused(
        "the row has another number of fields than the header", "quote fields that hold commas", ""
    ),
    Code.LINE_TOO_LONG: _refused("the line is longer than the limit", "check the file", ""),
    Code.UNDECODABLE: _refused("the bytes are not UTF-8 text", "save the file as UTF-8", ""),
    Code.TRUNCATED: _refused("the file ends inside this record", "fetch the file again", ""),
    Code.TIMEOUT: _failed("it took longer than the limit", "raise the limit, or drop it"),
    Code.CRASHED: _failed("it killed its worker", "report the structure"),
    Code.INTERNAL: _failed("an unexpected error", "report the structure and the message"),
    Code.NO_CONFORMER: _failed("no 3D conformer could be made", "none; it has no 3D score"),
    Code.OUT_OF_MEMORY: _failed("it needed more memory than there is", "use a larger worker"),
    Code.NOT_MEASURED: _failed("no measured value is known", "measure it, or drop it"),
    Code.MEASUREMENT_FAILED: _failed(
        "a laboratory or program measured it and has no sound value", "look at the message"
    ),
}


def clip(message: str) -> str:
    """Shorten a message to the 300 characters a row may hold, without control characters."""
    clean = "".join(c if c.isprintable() else " " for c in message)
    return clean if len(clean) <= MESSAGE_LIMIT else clean[: MESSAGE_LIMIT - 1] + "…"
