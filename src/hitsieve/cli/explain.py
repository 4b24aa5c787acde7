"""``hitsieve explain``: why a model predicts what it predicts for a compound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.options import Json, Models
from hitsieve.cli.settings import load_settings
from hitsieve.errors import InputError
from hitsieve.registry.markdown import number, numbers

if TYPE_CHECKING:
    from hitsieve.modeling.explain import Explanation
    from hitsieve.registry.entries import Entry


Svg = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Draw the atoms, colored, into this file.")
]


def explain(
    smiles: Annotated[str, typer.Argument(help="The compound.")],
    model: Annotated[str, typer.Option(help="name, name@version or name@champion.")],
    target: Annotated[str | None, typer.Option(help="Default: the model's first.")] = None,
    svg: Svg = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Show what each atom adds to a prediction, and the nearest measured compounds.

    An atom's number is the prediction minus that for the molecule without the atom: what the
    model looks at, which need not be what the protein looks at.

    Examples
    --------
    hitsieve explain "CC(=O)Nc1ccc(O)cc1" --model bace --svg why.svg
    """
    from hitsieve.registry.registry import Registry

    entry = Registry(load_settings(models=models).models).resolve(model)
    found = _explain(entry, smiles, target)
    if svg is not None:
        _draw(found, svg)
    if as_json:
        emit_json(found.to_dict())
    else:
        _tell(found, entry.reference)


def _explain(entry: Entry, smiles: str, target: str | None) -> Explanation:
    """Explain the prediction for a compound, standardized as the model's own were.

    Raises
    ------
    InputError
        If the structure is refused.
    """
    from hitsieve.chem.policy import ChemPolicy
    from hitsieve.chem.standardize import Standardizer
    from hitsieve.config import parse_config
    from hitsieve.modeling.explain import explain as explain_one
    from hitsieve.registry.bundle import read_bundle
    from hitsieve.scoring.load import load_scorer

    scorer, contents = load_scorer(entry.folder), read_bundle(entry.folder).contents
    policy = parse_config(ChemPolicy, scorer.config.policy, where=f"policy of {entry.reference}")
    known = Standardizer(policy)(smiles)
    if known.parent_smiles is None:
        raise InputError(f"{smiles!r} is refused: {known.code}", cure=known.message)
    return explain_one(scorer, contents, known.parent_smiles, target or scorer.targets[0])


def _draw(found: Explanation, path: Path) -> None:
    from hitsieve.chem.depict import svg_weights
    from hitsieve.store import write_atomic

    legend = f"{found.target} {number(found.score)} {found.unit}"
    drawn = svg_weights(found.smiles, found.attributions.tolist(), legend=legend)
    write_atomic(path, drawn.encode())
    say(f"wrote {path}", style="green")


def _tell(found: Explanation, reference: str) -> None:
    score, lower, upper = numbers(found.score, found.lower, found.upper)
    emit_pairs(
        {
            "model": reference,
            "target": found.target,
            "compound": found.smiles,
            "prediction": f"{score} ({lower} to {upper}) {found.unit}",
            "in the domain": f"{'yes' if found.in_domain else 'no'}: {found.domain_reason}",
        },
        title=f"{found.target} by {reference}",
    )
    adds = numbers(*(float(value) for value in found.attributions))
    atoms = [(i, text if text[0] == "-" else f"+{text}") for i, text in enumerate(adds)]
    emit_table(("atom", "adds"), atoms, title="atoms in the order of the SMILES")
    near = [
        (n.compound_id, f"{n.relation}{n.value:g}", f"{n.similarity:.2f}", n.part, n.smiles)
        for n in found.neighbors
    ]
    head = ("compound_id", "measured", "similarity", "part", "smiles")
    emit_table(head, near, title="nearest measured compounds")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="explain")(explain)
