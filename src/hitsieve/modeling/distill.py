"""Distilling a model: a small network learns to say what a costly one says, as a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import Field
from scipy.special import logit

from hitsieve.config import StrictConfig
from hitsieve.library.library import Library
from hitsieve.modeling.lesson import ask_teacher
from hitsieve.modeling.student import Student, student_contents
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.provenance import child_seed
from hitsieve.registry.bundle import read_bundle, verify_bundle
from hitsieve.registry.compatibility import refuse_other_chemistry
from hitsieve.registry.locate import locate
from hitsieve.registry.names import check_name
from hitsieve.registry.registry import Registry
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.load import load_scorer
from hitsieve.store.place import Place
from hitsieve.threads import one_thread_algebra
from hitsieve.training.config import TrainingConfig
from hitsieve.training.data import TrainingSet
from hitsieve.training.loop import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsieve.engine.executor import Executor
    from hitsieve.modeling.lesson import Lesson
    from hitsieve.registry.bundle import Bundle
    from hitsieve.registry.card import ModelCard
    from hitsieve.registry.config import TargetConfig
    from hitsieve.registry.registry import Entry
    from hitsieve.training.data import Task
    from hitsieve.training.fitted import Epoch, FittedNetwork

    Progress = Callable[[str, int, int], None]

_STOPPING: Final = 2000
_CERTAIN: Final = 1e-6
"""Probabilities are taken this far from 0 and 1 at least: a certain one has no logit."""


class StudentNetwork(NetworkConfig):
    """Shape of a student: small, because it scores everything."""

    hidden: int = Field(128, ge=1, le=8192, description="width of the messages")
    head_hidden: int = Field(128, ge=1, le=8192, description="width of the head's hidden layers")
    side_hidden: int = Field(0, ge=0, le=0, description="a student reads graphs alone")


class StudentTraining(TrainingConfig):
    """How a student is fitted: one network, larger batches."""

    members: int = Field(default=1, ge=1, le=1)
    epochs: int = Field(default=12, ge=1)
    batch_size: int = Field(default=128, ge=2)
    learning_rate: float = Field(default=2e-3, gt=0, le=1)
    warmup: int = Field(default=1, ge=0)
    weight_decay: float = Field(default=0.0, ge=0)


class DistillConfig(StrictConfig):
    """One distillation.

    Parameters
    ----------
    teacher
        Model of the registry (``name``, ``name@3`` or ``name@champion``), or folder of a bundle.
    library
        Library whose compounds the student learns on; the teacher's chemistry must be its own.
    name
        Of the student in the registry; ``<teacher>-student`` by default.
    sample
        Compounds it learns from; at most a quarter of the library.
    held_out
        Other compounds on which it is compared with its teacher.
    network, training
        Its shape, and the loop.
    seed
        Of everything random: equal seeds give equal bytes.
    registry
        Folder of models, for both.
    """

    teacher: str
    library: Place
    name: str | None = None
    sample: int = Field(default=100_000, ge=1)
    held_out: int = Field(default=20_000, ge=1)
    network: StudentNetwork = StudentNetwork()
    training: StudentTraining = StudentTraining()
    seed: int = Field(default=0, ge=0)
    registry: Path = Path("models")


@dataclass(frozen=True, slots=True)
class DistilledModel:
    """What a distillation made: the new version, its identity and its card."""

    entry: Entry
    digest: str
    card: ModelCard


@one_thread_algebra()
def distill(
    config: DistillConfig, executor: Executor, progress: Progress | None = None
) -> DistilledModel:
    """Fit a student to a teacher's predictions of library compounds, and register it.

    The student takes over the teacher's targets, licenses, measured compounds and domain of
    similarity. Its intervals are its own, from measured compounds that it did not learn from.
    No structure of the library goes into its bundle.

    Parameters
    ----------
    config
        Who, from whom, on what.
    executor
        Lets the teacher predict, shard by shard.
    progress
        Called with the name of a stage, steps done, and steps in all.

    Raises
    ------
    NotFoundError, ModelRefusedError
        If there is no such teacher or library, or the teacher fails its checks or is quarantined.
    FingerprintError
        If the library was prepared otherwise than the teacher's compounds.
    DatasetError
        If the library is too small, or the teacher says the same of every compound.
    """
    report = progress or _silent
    folder = locate(config.teacher, config.registry)
    teacher = read_bundle(folder)
    name = check_name(config.name or f"{teacher.config.name}-student")
    library = Library.open(config.library)
    refuse_other_chemistry(
        teacher.config, library.manifest, where=f"{teacher.name} on library {config.library}"
    )
    lesson, judges = ask_teacher(
        folder,
        library,
        executor,
        sample=config.sample,
        held_out=config.held_out,
        seed=config.seed,
        progress=lambda done, total: report("teacher", done, total),
    )
    fitted = _fit(
        config, teacher, lesson, lambda e: report("fit", e.number, config.training.epochs)
    )
    student = _student(config, name, teacher, fitted)
    contents = student_contents(student, library, lesson, judges)
    entry = Registry(config.registry).add(contents)
    digest = verify_bundle(entry.folder)
    load_scorer(entry.folder)  # what was registered can be used, golden molecules and all
    return DistilledModel(entry, digest, contents.card)


def _silent(stage: str, done: int, total: int) -> None:
    """Ignore progress."""


def _fit(
    config: DistillConfig, teacher: Bundle, lesson: Lesson, progress: Callable[[Epoch], None]
) -> FittedNetwork:
    """Fit to values, and to the logits of probabilities: both on a scale without ends."""
    targets = teacher.config.targets
    order = np.random.default_rng(child_seed(config.seed, "stopping")).permutation(len(lesson))
    stopping = min(_STOPPING, len(lesson) // 10)
    tasks: tuple[Task, ...] = tuple("regression" for _ in targets)
    data = TrainingSet(
        lesson.batch.graphs,
        _unbounded(lesson.teacher, targets),
        np.zeros(lesson.teacher.shape, dtype=np.int8),
        tasks,
    )
    return fit(
        config.network,
        config.training,
        data.take(np.sort(order[stopping:])),
        data.take(np.sort(order[:stopping])),
        child_seed(config.seed, "student"),
        progress=progress,
    )


def _unbounded(values: np.ndarray, targets: Sequence[TargetConfig]) -> np.ndarray:
    classes = np.array([target.task == "classification" for target in targets])
    sure = np.clip(np.where(classes, values, 0.5), _CERTAIN, 1 - _CERTAIN)
    found: np.ndarray = np.where(classes, logit(sure), values).astype(np.float32)
    return found


def _student(config: DistillConfig, name: str, teacher: Bundle, fitted: FittedNetwork) -> Student:
    targets = tuple(
        target.model_copy(update={"mean": float(mean), "std": float(std)})
        for target, mean, std in zip(teacher.config.targets, fitted.mean, fitted.std, strict=True)
    )
    network = build_network(config.network, len(targets))
    network.load_state_dict(fitted.state)
    return Student(
        name,
        teacher,
        config.network,
        targets,
        fitted,
        GnnScorer([network], targets),
        _recipe(config),
        config.seed,
    )


def _recipe(config: DistillConfig) -> str:
    shape, training = config.network, config.training
    return (
        f"distilled: {shape.encoder}, hidden {shape.hidden}, depth {shape.depth}, "
        f"{training.epochs} epochs of batches of {training.batch_size}"
    )
