"""Every public table, column by column."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from hitsieve.schema.columns import Column, Table

_TEXTS = pa.list_(pa.string())

IDENTITY: Final = (
    Column(
        "compound_id",
        pa.string(),
        "Structure key: standard InChIKey, a hyphen, and 8 hexadecimal digits of a hash of the "
        "molecular graph that tells tautomers apart.",
    ),
    Column("smiles", pa.string(), "Standardized canonical SMILES of the registered compound."),
    Column("inchikey", pa.string(), "Standard InChIKey of the registered compound."),
)

OUTCOME: Final = (
    Column("status", pa.string(), "ok, standardized, rejected or failed."),
    Column("code", pa.string(), "Why, from the closed list in docs/codes.md."),
    Column("message", pa.string(), "The same in words, at most 300 characters."),
)

DESCRIPTORS: Final = (
    Column("mw", pa.float32(), "Average molecular weight.", "g/mol"),
    Column("heavy_atoms", pa.uint16(), "Number of non-hydrogen atoms."),
    Column("clogp", pa.float32(), "Crippen estimate of the octanol-water log P."),
    Column("tpsa", pa.float32(), "Topological polar surface area (Ertl).", "Å²"),
    Column("hbd", pa.uint16(), "Hydrogen-bond donors (Lipinski)."),
    Column("hba", pa.uint16(), "Hydrogen-bond acceptors (Lipinski)."),
    Column("rotatable_bonds", pa.uint16(), "Rotatable bonds (strict definition)."),
    Column("rings", pa.uint16(), "Rings in the smallest set of smallest rings."),
    Column("fsp3", pa.float32(), "Share of carbons that are sp3."),
    Column("charge", pa.int16(), "Formal charge.", "e"),
)

GRAPH: Final = (
    Column("n_atoms", pa.uint16(), "Atoms of the packed graph."),
    Column("n_bonds", pa.uint16(), "Bonds of the packed graph."),
    Column("atom_codes", pa.binary(), "uint8 (n_atoms, fields) row by row: raw atom properties."),
    Column("bond_index", pa.binary(), "uint8 (n_bonds, 2) row by row: the atoms a bond joins."),
    Column("bond_codes", pa.binary(), "uint8 (n_bonds, fields) row by row: raw bond properties."),
)

LIBRARY: Final = Table(
    "library",
    1,
    (
        *IDENTITY,
        Column(
            "parent_smiles",
            pa.string(),
            "What is featurized and scored: the compound without isotope labels.",
        ),
        Column("parent_inchikey", pa.string(), "Standard InChIKey of parent_smiles."),
        Column("source_ids", _TEXTS, "The suppliers' identifiers of all merged records."),
        Column("source_records", _TEXTS, "file#record of all merged records, in source order."),
        Column("vendor", _TEXTS, "All other input columns of each merged record, as JSON."),
        *OUTCOME,
        *GRAPH,
        Column("morgan", pa.binary(256), "Morgan fingerprint, radius 2, 2048 bits, packed."),
        *DESCRIPTORS,
    ),
)

REJECTS: Final = Table(
    "rejects",
    1,
    (
        Column("source_file", pa.string(), "Input file the record came from."),
        Column("record", pa.int64(), "Number of the record in that file, from 1."),
        Column("source_id", pa.string(), "The supplier's identifier, if one was read."),
        Column("text", pa.string(), "The structure as given, at most 2,000 characters."),
        Column("vendor", pa.string(), "All other input columns of the record, as JSON."),
        *OUTCOME,
    ),
)

WITHDRAWN: Final = Table(
    "withdrawn",
    1,
    (
        Column("compound_id", pa.string(), "Structure key."),
        Column("supplier", pa.string(), "Whose catalog it is that no longer lists it."),
        Column("source_id", pa.string(), "The supplier's identifier, one of source_ids."),
        Column("release", pa.string(), "Input files of the first release without it."),
    ),
)

LABELS: Final = Table(
    "labels",
    1,
    (
        Column("compound_id", pa.string(), "Structure key of the measured compound."),
        Column("smiles", pa.string(), "Standardized SMILES of the measured compound."),
        Column("target", pa.string(), "What it was measured on."),
        Column("endpoint", pa.string(), "What was measured, such as pIC50 or shape_overlap."),
        Column(
            "value", pa.float64(), "The measured value; null where status is failed.", nullable=True
        ),
        Column("unit", pa.string(), "Unit of value; pX means minus log10 of molar."),
        Column("relation", pa.string(), "= measured, < value is an upper bound, > a lower bound."),
        Column("assay_id", pa.string(), "Which experiment or computation, with its settings."),
        Column("source", pa.string(), "Data set, file or oracle the row came from."),
        Column("measured_at", pa.timestamp("us", "UTC"), "When, if known.", nullable=True),
        *OUTCOME,
    ),
)

SCORES: Final = Table(
    "scores",
    1,
    (
        Column("compound_id", pa.string(), "Structure key."),
        Column("score", pa.float32(), "Predicted value in the endpoint's unit.", nullable=True),
        Column("std", pa.float32(), "Spread of the ensemble's predictions.", nullable=True),
        Column(
            "lower",
            pa.float32(),
            "Lower end: of the interval for the measured value, or of the probability's bounds.",
            nullable=True,
        ),
        Column("upper", pa.float32(), "Upper end of the same.", nullable=True),
        Column("in_domain", pa.bool_(), "Whether the model was made for such compounds."),
        Column("status", pa.string(), "ok or failed."),
    ),
)

HITS: Final = Table(
    "hits",
    1,
    (
        Column("rank", pa.int32(), "Place in the target's list, from 1 (best)."),
        Column("target", pa.string(), "Target the score speaks of."),
        *IDENTITY,
        Column("source_ids", _TEXTS, "The suppliers' identifiers."),
        Column("available", pa.bool_(), "Whether a supplier still lists one of them."),
        Column("endpoint", pa.string(), "What is predicted."),
        Column("unit", pa.string(), "Unit of score, std, lower and upper."),
        Column("score", pa.float32(), "Predicted value."),
        Column("std", pa.float32(), "Spread of the ensemble's predictions."),
        Column(
            "lower",
            pa.float32(),
            "Lower end of the calibrated interval; null where the model has none.",
            nullable=True,
        ),
        Column(
            "upper",
            pa.float32(),
            "Upper end of the calibrated interval; null where the model has none.",
            nullable=True,
        ),
        Column("in_domain", pa.bool_(), "Whether the model was made for such compounds."),
        Column("domain_reason", pa.string(), "Why it is in or out of the domain."),
        *DESCRIPTORS,
        Column("alerts", _TEXTS, "Names of the structural alerts it matches."),
        Column("cluster", pa.int32(), "Cluster among the hits, from 1 (the best hit's)."),
        Column("scaffold", pa.string(), "Bemis-Murcko scaffold; empty without rings."),
        Column("nearest_id", pa.string(), "The most similar training compound."),
        Column("nearest_smiles", pa.string(), "Its SMILES."),
        Column("nearest_value", pa.float64(), "Its measured value.", nullable=True),
        Column("nearest_similarity", pa.float32(), "Tanimoto similarity to it, Morgan bits."),
        Column("novel", pa.bool_(), "Whether neither compound nor scaffold was trained on."),
        Column("model", pa.string(), "name@version of the model."),
        Column(
            "quarantined",
            pa.string(),
            "Which model that the score rests on was quarantined since, when, by whom and why: "
            "choose no compound by it then. Empty where none was.",
        ),
        Column("screen", pa.string(), "Screen the score comes from."),
        Column("library", pa.string(), "Library the compound comes from."),
        Column("review", pa.string(), "Decision of a reviewer; empty before review."),
    ),
)

TABLES: Final = {table.name: table for table in (LIBRARY, REJECTS, WITHDRAWN, LABELS, SCORES, HITS)}
