"""Promotion: the gates a version passes before it becomes champion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.errors import ChecksumError, ModelRefusedError, NotFoundError, StorageError
from hitsieve.modeling.config import PromotionConfig
from hitsieve.modeling.frozen import FILE, freeze, own_test_part, verified_frozen
from hitsieve.modeling.gates import Gate, card_gate, evidence_gate, leak_gate
from hitsieve.modeling.prediction_gates import calibration_gate, champion_gate
from hitsieve.provenance import sha256_file
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer

if TYPE_CHECKING:
    from hitsieve.modeling.frozen import FrozenSet
    from hitsieve.registry.contents import BundleContents
    from hitsieve.registry.registry import Entry, Registry
    from hitsieve.scoring.load import BundleScorer


def examine(
    registry: Registry, reference: str, asked: PromotionConfig | None = None
) -> tuple[Gate, ...]:
    """Put a version before all gates.

    Parameters
    ----------
    registry
        Where it and its champion are.
    reference
        ``name@version``.
    asked
        What the test set must hold; as usual if not given.

    Returns
    -------
    tuple of Gate
        bundle (every byte and the golden molecules), card, frozen set (it is the recorded one),
        leaks, test set (it is large enough, of every target), calibration, and champion: on the
        frozen test set, no target may be predicted worse than by the present champion with 95 %
        confidence. Where a bundle or a frozen set is not whole, the gates behind it are left out:
        nothing can be judged by it.

    Raises
    ------
    NotFoundError, QuarantinedError
        If there is no such version, or it is blocked.
    """
    entry = registry.resolve(reference)
    try:
        scorer = load_scorer(entry.folder)
    except (ModelRefusedError, NotFoundError) as error:
        return (Gate("bundle", passed=False, finding=error.message, cure=error.cure),)
    contents = read_bundle(entry.folder).contents
    told = f"every byte and {len(contents.golden)} golden values reproduced"
    first = (Gate("bundle", passed=True, finding=told), card_gate(contents))
    try:
        frozen = verified_frozen(registry, entry.name)
    except (ChecksumError, StorageError) as error:
        failed = Gate("frozen set", passed=False, finding=f"{error.message}.", cure=error.cure)
        return (*first, failed)
    champion = registry.champion(entry.name)
    other = None if champion is None or champion.version == entry.version else champion
    return (
        *first,
        Gate("frozen set", passed=True, finding=_frozen_words(registry, entry.name, frozen)),
        leak_gate(contents, frozen),
        *_judge(scorer, contents, frozen, other, asked or PromotionConfig()),
    )


def promote(
    registry: Registry, reference: str, asked: PromotionConfig | None = None
) -> tuple[Entry, tuple[Gate, ...]]:
    """Make a version champion if it passes all gates.

    Nobody else changes the model's champion meanwhile: it is the one that the gates saw. The test
    part of the first champion becomes the model's frozen test set. Its SHA-256 goes into
    the champion's record; so does less than usual that was asked of it.

    Raises
    ------
    ModelRefusedError
        Names the gates that were not passed, and the cure of each.
    IncompleteError
        If another process changes the model's aliases.
    """
    with registry.changing(registry.resolve(reference).name):
        return _promote(registry, reference, asked or PromotionConfig())


def _promote(
    registry: Registry, reference: str, asked: PromotionConfig
) -> tuple[Entry, tuple[Gate, ...]]:
    gates = examine(registry, reference, asked)
    failed = [gate for gate in gates if not gate.passed]
    if failed:
        told = " ".join(f"{gate.name}: {gate.finding}" for gate in failed)
        cures = "; ".join(dict.fromkeys(gate.cure for gate in failed if gate.cure))
        raise ModelRefusedError(
            f"{reference} is not promoted. {told}",
            cure=f"{cures}; `--dry-run` shows all gates"
            if cures
            else "`--dry-run` shows all gates",
        )
    entry = registry.resolve(reference)
    folder = registry.root / entry.name
    digest = (
        sha256_file(folder / FILE)
        if (folder / FILE).exists()
        else freeze(folder, read_bundle(entry.folder).contents)
    )
    event = "promoted"
    if asked != PromotionConfig():
        event += f" on at least {asked.min_test} test compounds, {asked.min_class} of each class"
    champion = registry.set_alias(entry.name, "champion", entry.version, event=event, frozen=digest)
    return champion, gates


def _frozen_words(registry: Registry, name: str, frozen: FrozenSet | None) -> str:
    if frozen is None:
        return "there is none yet: it is judged on its own test part, which will be frozen"
    if not registry.alias(name).frozen:
        return f"{len(frozen)} compounds; their checksum was not recorded, and is from now on"
    return f"{len(frozen)} compounds, every byte as it was frozen"


def _judge(
    scorer: BundleScorer,
    contents: BundleContents,
    frozen: FrozenSet | None,
    champion: Entry | None,
    asked: PromotionConfig,
) -> tuple[Gate, Gate, Gate]:
    judged = own_test_part(contents) if frozen is None else frozen
    prediction = scorer.score(CompoundBatch.from_smiles(judged.smiles))
    targets = scorer.config.targets
    return (
        evidence_gate(targets, judged, prediction.mean, asked, frozen=frozen is not None),
        calibration_gate(scorer, judged, prediction),
        champion_gate(champion, scorer, judged, prediction),
    )
