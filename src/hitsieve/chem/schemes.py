"""Reactions as they are written down: SMARTS, roles, selectivity and bounds of the products."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator
from rdkit import Chem
from rdkit.Chem import rdChemReactions

from hitsieve.chem.molecule import Mol, captured_log
from hitsieve.config import StrictConfig

_NAME: Final = r"^[a-z][a-z0-9_]*$"
Selectivity = Literal["refuse", "enumerate"]


class Role(StrictConfig):
    """What a reagent must be to take one part in a reaction.

    Parameters
    ----------
    name
        Lower-case word, such as ``amine``.
    smarts
        The reagent must match it; only sites that lie within a match, or hold one, react.
    forbid
        SMARTS of groups that would react too, or spoil the reaction.
    reagents
        Building-block sets used where no reagent file is given.
    """

    name: str = Field(pattern=_NAME)
    smarts: str
    forbid: tuple[str, ...] = ()
    reagents: tuple[str, ...] = ()


class ProductFilter(StrictConfig):
    """Bounds of the products, both ends included.

    Parameters
    ----------
    min_heavy_atoms, max_heavy_atoms
        Heavy atoms.
    min_mw, max_mw
        Average molecular weight in g/mol.
    """

    min_heavy_atoms: int = Field(default=1, ge=1)
    max_heavy_atoms: int = Field(default=150, ge=1)
    min_mw: float = Field(default=0.0, ge=0)
    max_mw: float = Field(default=5000.0, gt=0)


class Reaction(StrictConfig):
    """A reaction as written in ``datasets/reactions/<name>.yaml``.

    Parameters
    ----------
    name, title
        Identifier (part of product ids) and the chemist's name of the reaction.
    reference
        Where the reaction or its use in library design is described.
    smarts
        Reaction SMARTS, ``A.B>>product``: one template a role, one product.
    roles
        The roles in the order of the templates.
    selectivity
        What becomes of a reagent with several reacting sites: ``refuse`` it, or ``enumerate``
        one product for each site that symmetry does not make equal.
    product
        Bounds of the products.
    """

    name: str = Field(pattern=_NAME)
    title: str
    reference: str
    smarts: str
    roles: tuple[Role, ...]
    selectivity: Selectivity = "refuse"
    product: ProductFilter = ProductFilter()

    @model_validator(mode="after")
    def _check_patterns(self) -> Self:
        templates = compile_reaction(self.smarts).GetNumReactantTemplates()
        if templates != len(self.roles):
            raise ValueError(
                f"reaction {self.name!r} has {templates} templates but {len(self.roles)} roles"
            )
        for role in self.roles:
            for smarts in (role.smarts, *role.forbid):
                compile_pattern(smarts)
        return self


def compile_reaction(smarts: str) -> rdChemReactions.ChemicalReaction:
    """Return RDKit's reaction of a reaction SMARTS with exactly one product.

    Raises
    ------
    ValueError
        If it is none.
    """
    with captured_log() as log:
        try:
            reaction = rdChemReactions.ReactionFromSmarts(smarts)
        except ValueError:
            reaction = None
        errors = 1 if reaction is None else reaction.Validate(True)[1]  # noqa: FBT003 - RDKit's own signature
    if errors:
        raise ValueError(f"{smarts!r} is no valid reaction SMARTS: {'; '.join(log[:2])}")
    if reaction.GetNumProductTemplates() != 1:
        raise ValueError(f"{smarts!r} must have exactly one product")
    reaction.Initialize()
    return reaction


def compile_pattern(smarts: str) -> Mol:
    """Return RDKit's query of a SMARTS.

    Raises
    ------
    ValueError
        If it is none.
    """
    pattern = Chem.MolFromSmarts(smarts)
    if pattern is None:
        raise ValueError(f"{smarts!r} is no valid SMARTS")
    return pattern
