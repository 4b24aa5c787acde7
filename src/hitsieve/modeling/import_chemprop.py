"""Chemprop checkpoints in, registered bundle out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import Field

from hitsieve import resources
from hitsieve.assays.splits import Split
from hitsieve.calibration.applicability import Applicability
from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.domain import DEFAULT_THRESHOLD, FingerprintDomain
from hitsieve.calibration.seen import SeenFeatures
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.chem.fingerprints import MORGAN_BYTES
from hitsieve.chem.policy import ChemPolicy
from hitsieve.chem.standardize import Standardizer
from hitsieve.config import StrictConfig
from hitsieve.errors import UsageError, nearest
from hitsieve.modeling.config import CardData
from hitsieve.modeling.import_card import imported_card
from hitsieve.modeling.labels import TargetFacts, load_labels, ordered
from hitsieve.modeling.tables import golden_table, training_table
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import verify_bundle
from hitsieve.registry.chemprop import read_checkpoints
from hitsieve.registry.config import BundleConfig, TargetConfig
from hitsieve.registry.contents import TRAINING_SCHEMA, BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints
from hitsieve.registry.names import check_name
from hitsieve.registry.registry import Registry
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.load import load_scorer

if TYPE_CHECKING:
    import pyarrow as pa

    from hitsieve.modeling.labels import Labels
    from hitsieve.networks.model import GraphNetwork
    from hitsieve.registry.card import ModelCard
    from hitsieve.registry.chemprop import Checkpoint
    from hitsieve.registry.registry import Entry

_LEVEL: Final = 0.9
_NO_DOMAIN: Final = 1.0


class ImportConfig(StrictConfig):
    """One import of Chemprop checkpoints.

    Parameters
    ----------
    name
        Of the model in the registry.
    files
        Checkpoints; several are the members of one ensemble.
    trust
        Whether the files come from somebody you trust; nothing is opened otherwise.
    data
        Dataset card of what the model was trained on: names what each target is, and gives the
        applicability domain and the nearest measured compounds.
    targets
        Names of the targets, in order; those of the checkpoint by default.
    endpoint, unit
        Of all targets, where no card tells them.
    lower
        Targets for which lower values are better; higher for all others.
    registry
        Folder of models.
    data_folder
        Where the data set is looked for, and fetched to.
    policy
        Which structures are kept; part of the model from then on.
    """

    name: str
    files: tuple[Path, ...] = Field(min_length=1)
    trust: bool = False
    data: str | None = None
    targets: tuple[str, ...] = ()
    endpoint: str = "value"
    unit: str = "unknown"
    lower: tuple[str, ...] = ()
    registry: Path = Path("models")
    data_folder: Path = Path("data")
    policy: ChemPolicy = ChemPolicy()


@dataclass(frozen=True, slots=True)
class ImportedModel:
    """What an import made: the new version, its identity and its card."""

    entry: Entry
    digest: str
    card: ModelCard


def import_chemprop(config: ImportConfig) -> ImportedModel:
    """Register Chemprop checkpoints as a model.

    The files are unpickled in a process of their own. The predictions of the network made from
    them are recorded for molecules of the data set, or of the packaged reagents, and reproduced
    whenever the model is loaded.

    Raises
    ------
    UsageError
        If the files are not trusted, or targets are named wrongly.
    NotFoundError, InputError
        If a file is absent, is no checkpoint, or asks for a feature that is not supported.
    DatasetError
        If the data set lacks a target.
    """
    check_name(config.name)
    if not config.trust:
        raise UsageError(
            f"{config.files[0]} is a pickle, and opening a pickle can run any code in it",
            cure="if you trust who made it, give --trust",
        )
    members = read_checkpoints(config.files)
    facts = _facts(config, members[0])
    labels = _labels(config, facts)
    source = _Source(config, members, labels.facts if labels else facts, labels)
    entry = Registry(config.registry).add(source.contents())
    digest = verify_bundle(entry.folder)
    load_scorer(entry.folder)  # what was registered can be used, golden molecules and all
    return ImportedModel(entry, digest, source.card())


def _facts(config: ImportConfig, first: Checkpoint) -> tuple[TargetFacts, ...]:
    """Return what the checkpoint and the flags say of its targets."""
    count = len(first.mean)
    names = config.targets or first.columns or tuple(f"target_{n}" for n in range(1, count + 1))
    if len(names) != count or len(set(names)) != count:
        raise UsageError(
            f"targets {', '.join(names)} are named for a checkpoint with {count}",
            cure="name each once, in the order of the checkpoint's outputs",
        )
    for name in config.lower:
        if name not in names:
            raise UsageError(
                f"the checkpoint has no target {name!r}{nearest(name, names)}",
                cure=f"its targets are: {', '.join(names)}",
            )
    return tuple(
        TargetFacts(
            name,
            config.endpoint,
            config.unit,
            "lower" if name in config.lower else "higher",
            first.task,
        )
        for name in names
    )


def _labels(config: ImportConfig, facts: tuple[TargetFacts, ...]) -> Labels | None:
    """Load what the model was trained on, columns in the order of its outputs."""
    if config.data is None:
        return None
    names = [target.name for target in facts]
    source = CardData(card=config.data, targets=tuple(names))
    labels = load_labels([source], config.policy, folder=config.data_folder)
    known = {target.name: target for target in labels.facts}
    told = tuple(known[name] for name in names)
    for ours, theirs in zip(told, facts, strict=True):
        if ours.task != theirs.task:
            raise UsageError(
                f"{config.data} says {ours.name} is a {ours.task}, the checkpoint {theirs.task}",
                cure="name the card of the data the model was trained on",
            )
    return replace(labels, matrix=ordered(labels.matrix, names), facts=told)


@dataclass(frozen=True, slots=True)
class _Source:
    """All that a bundle is made from."""

    config: ImportConfig
    members: list[Checkpoint]
    facts: tuple[TargetFacts, ...]
    labels: Labels | None

    def contents(self) -> BundleContents:
        first, count = self.members[0], len(self.facts)
        scorer = GnnScorer([_network(member) for member in self.members], self.targets())
        training, domain = self._training()
        unknown = np.full((1, count), np.nan)
        smiles = self.labels.matrix.smiles if self.labels else _reagents(self.config.policy)
        policy = self.config.policy.model_dump(mode="json")
        network = first.network.model_dump(mode="json")
        return BundleContents(
            config=BundleConfig(
                name=self.config.name,
                members=len(self.members),
                network=network,
                policy=policy,
                targets=self.targets(),
                level=_LEVEL,
                **installed_fingerprints(policy, network),
            ),
            weights={
                f"member{number}.{name}": tensor.contiguous()
                for number, member in enumerate(self.members)
                for name, tensor in member.state.items()
            },
            calibration={
                "intervals": ConformalIntervals.fit(unknown, unknown, unknown, _LEVEL).to_dict(),
                "temperature": TemperatureScaling.fit(unknown, unknown).to_dict(),
            },
            domain=domain.to_arrays(),
            golden=golden_table(scorer, smiles, 0),
            training=training,
            baseline={},
            card=self.card(),
        )

    def targets(self) -> tuple[TargetConfig, ...]:
        mean, std = self.members[0].mean.tolist(), self.members[0].std.tolist()
        return tuple(
            TargetConfig(
                name=f.name,
                endpoint=f.endpoint,
                unit=f.unit,
                direction=f.direction,
                task=f.task,
                mean=mean[column],
                std=std[column],
            )
            for column, f in enumerate(self.facts)
        )

    def _training(self) -> tuple[pa.Table, Applicability]:
        if self.labels is None:
            nothing = FingerprintDomain(np.zeros((1, MORGAN_BYTES), np.uint8), _NO_DOMAIN)
            return TRAINING_SCHEMA.empty_table(), Applicability(nothing)
        matrix = self.labels.matrix
        batch = CompoundBatch.from_smiles(matrix.smiles, matrix.compound_ids)
        none = np.zeros(0, np.int64)
        split = Split(np.arange(len(matrix)), none, none)
        table = training_table(self.labels, split, batch)
        near = FingerprintDomain(batch.morgan, DEFAULT_THRESHOLD)
        return table, Applicability(near, None, SeenFeatures.of(batch.graphs))

    def card(self) -> ModelCard:
        return imported_card(self.config.name, self.config.files, self.facts, self.labels)


def _network(member: Checkpoint) -> GraphNetwork:
    network = build_network(member.network, len(member.mean))
    network.load_state_dict(member.state)
    return network.eval()


def _reagents(policy: ChemPolicy) -> list[str]:
    """Return the standardized SMILES of the packaged reagents."""
    standardize = Standardizer(policy)
    texts = [
        line.split("\t")[0]
        for path in sorted(resources.folder("datasets/building_blocks").glob("*.smi"))
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
    ]
    found = [standardize(text).parent_smiles for text in texts]
    return list(dict.fromkeys(smiles for smiles in found if smiles))
