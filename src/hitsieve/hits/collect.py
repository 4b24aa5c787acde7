"""The hit list of a screen: its best compounds, joined with library and model."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import SchemaError
from hitsieve.graphs.packed import GRAPH_COLUMNS
from hitsieve.hits.annotate import LIBRARY_COLUMNS, HitFacts, annotate
from hitsieve.hits.blocked import blocked_models, relied_on, told_of
from hitsieve.hits.known import KnownCompounds
from hitsieve.library.availability import availability
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import BundleScorer
from hitsieve.screen import load_plan, top_hits
from hitsieve.screen.moved import find_bundle, find_library
from hitsieve.screen.plan import output_of
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.library import Library
    from hitsieve.registry.bundle import Bundle
    from hitsieve.registry.quarantine import Block
    from hitsieve.screen.plan import ScreenPlan
    from hitsieve.screen.sources import Model, Target


@dataclass(frozen=True, slots=True)
class HitList:
    """The hits of one target, with what they were made from.

    Parameters
    ----------
    hits
        HITS table, best first.
    plan
        The screen's plan.
    target, model
        What was scored, and by which model.
    bundle
        The model, verified.
    known
        Compounds it was measured on for this target.
    blocked
        What blocks the models that the list rests on, by ``name@version``: they were quarantined
        since they scored.
    in_domain
        Whether compounds outside the model's domain were left out.
    """

    hits: pa.Table
    plan: ScreenPlan
    target: Target
    model: Model
    bundle: Bundle
    known: KnownCompounds
    blocked: dict[str, Block] = field(default_factory=dict)
    in_domain: bool = False

    @property
    def outside(self) -> int:
        """How many of the hits lie outside the model's domain."""
        return int(pc.sum(pc.invert(self.hits.column("in_domain"))).as_py() or 0)


def collect(
    screen: Path | str,
    target: str,
    *,
    k: int = 100,
    model: str | None = None,
    in_domain: bool = False,
    library: Path | str | None = None,
    registry: Path | str | None = None,
) -> HitList:
    """Collect the best compounds of a target from all shards finished so far.

    Scores of a model that was quarantined since are collected too: the list says so, and each row.

    Parameters
    ----------
    screen
        Folder of the screen.
    target
        Name of the target.
    k
        How many, at least 0; compounds without a score are no hits.
    model
        ``name@version``; may be left out if one model scored the target.
    in_domain
        Whether to leave out compounds outside the model's domain.
    library, registry
        Where library and models are now, if they were moved since.

    Raises
    ------
    NotFoundError
        If screen, target, model or library are not there.
    ModelRefusedError
        If the model's bytes are not those that scored.
    SchemaError
        If the library was built anew since.
    """
    screen, library = place(screen), None if library is None else place(library)
    registry = None if registry is None else Path(registry)
    plan = load_plan(screen)
    wanted, by = output_of(plan, target, model)
    bundle = find_bundle(by, screen, registry)
    best = top_hits(screen, wanted.name, by.reference, k, in_domain=in_domain)
    scored = best.filter(pc.is_valid(best.column("score")))
    rows = library_rows(find_library(plan, screen, library), scored.column("compound_id"))
    known = KnownCompounds.of(bundle.contents, wanted.name)
    blocked = blocked_models(plan, registry, relied_on(plan, by))
    facts = HitFacts(
        target=wanted.name,
        endpoint=wanted.endpoint,
        unit=wanted.unit,
        model=by.reference,
        screen=place(screen).resolve().name,
        library=Path(plan.library).name,
        quarantined=told_of(blocked),
    )
    hits = annotate(scored, rows, known, facts, domain_reasons(rows, bundle))
    return HitList(hits, plan, wanted, by, bundle, known, blocked, in_domain)


def collect_all(
    screen: Path | str,
    targets: Sequence[str] = (),
    *,
    k: int = 100,
    model: str | None = None,
    in_domain: bool = False,
    library: Path | str | None = None,
    registry: Path | str | None = None,
) -> list[HitList]:
    """Collect a list for each target and each model that scored it; of a cascade, rescored it.

    Parameters
    ----------
    screen
        Folder of the screen.
    targets
        Which targets; all by default.
    k, model, in_domain, library, registry
        As of :func:`collect`; a model narrows the lists to those it scored.

    Raises
    ------
    HitsieveError
        As :func:`collect` does.
    """
    plan = load_plan(place(screen))
    models = plan.models if model is not None else plan.answering
    pairs = [(t.name, m.reference) for m in models for t in m.targets]
    chosen = [
        pair
        for pair in pairs
        if (not targets or pair[0] in targets) and (model is None or pair[1] == model)
    ]
    # What is not there is refused by `output_of`, which knows the nearest.
    for name in targets or [pairs[0][0]]:
        if name not in {pair[0] for pair in chosen}:
            output_of(plan, name, model)
    return [
        collect(
            screen,
            name,
            k=k,
            model=by,
            in_domain=in_domain,
            library=library,
            registry=registry,
        )
        for name, by in chosen
    ]


def library_rows(library: Library, compound_ids: pa.ChunkedArray) -> pa.Table:
    """Read the library rows of some compounds, in the order asked for, with ``available``.

    Raises
    ------
    SchemaError
        If a compound is not there.
    """
    columns = list(dict.fromkeys((*LIBRARY_COLUMNS, "source_records", *GRAPH_COLUMNS)))
    found = library.lookup(compound_ids.to_pylist(), columns)
    order = pc.index_in(compound_ids, found.column("compound_id"))
    if order.null_count:
        raise SchemaError(
            f"{library.root} lacks {order.null_count} of the scored compounds",
            cure="restore the library, or run the screen again into a new folder",
        )
    rows = found.take(order)
    return rows.append_column("available", availability(library, rows))


def domain_reasons(rows: pa.Table, bundle: Bundle) -> list[str]:
    """Say for each row why it is in or out of a model's domain."""
    batch = CompoundBatch.from_library(rows, where="library rows")
    return BundleScorer(bundle).judgment.reasons(batch)
