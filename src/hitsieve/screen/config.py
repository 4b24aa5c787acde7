"""What a screen is made of and how it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from hitsieve.config import StrictConfig
from hitsieve.engine.open import Kind
from hitsieve.store.place import Place


class CascadeConfig(StrictConfig):
    """A cheap model scores everything; the screen's model rescores what can still be on top.

    Parameters
    ----------
    student
        The cheap model, such as one made by ``hitsieve distill``; it must have all targets of the
        screen's model.
    top
        What is to be found: a share of the library if below 1, else a number of compounds.
    recall
        Share of that top which must be among the rescored compounds, for each target.
    confidence
        How sure that must be, judged on a sample that both models score wholly.
    sample
        Compounds of the sample, rounded up to whole shards; by default a tenth of the library,
        at most 100,000.
    """

    student: str
    top: float = Field(default=0.001, gt=0)
    recall: float = Field(default=0.95, gt=0, lt=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)
    sample: int | None = Field(default=None, ge=1)


class ScreenConfig(StrictConfig):
    """One screen: a library scored with models into a folder.

    Parameters
    ----------
    library
        Folder of a built library, or its URL in an object store (``s3://bucket/name``).
    models
        Models of the registry (``name``, ``name@3`` or ``name@champion``), or folders of
        bundles; each scores all its targets.
    output
        Folder of the screen, or a URL. An interrupted screen in it is continued.
    registry
        Folder of the model registry.
    targets
        Score these targets only; all of every model by default.
    precision
        ``bf16`` scores in bfloat16, and is refused where a model's golden molecules do not keep
        their ranks; ``auto`` takes it where it is allowed and faster here.
    device
        Where networks compute: ``cpu``, ``cuda``, or ``auto`` for cuda if workers reserve GPUs or
        this machine has one. Refused where the golden molecules do not come out as on the
        processor.
    executor
        ``serial``, ``ray``, or ``auto`` to take ray where it helps.
    workers
        Workers, each holding all models; by default one a core.
    attempts
        How often a shard is started before it is given up.
    deadline_s
        Seconds a shard may take before its worker is killed (ray only); null for no limit.
    gpus
        GPUs each worker reserves; a fraction shares one. One by default if the device is cuda.
    resources
        Custom resources of the cluster each worker reserves, by name.
    labels
        Labels a node must bear to hold a worker, such as ``hitsieve.role: score``.
    reuse
        Whether shards that a screen in the same parent folder has scored already, with the
        same model and options, are taken from there.
    controls
        Compounds of known activity that travel with every shard, watched and never in hits:
        ``held-out`` takes them from the data the models were tested on; else a CSV file with
        columns smiles, target and active (0 or 1). Without any by default.
    active_at
        By target, the value from which a compound counts as active in the estimate of the
        enrichment; by default 6 for potencies (unit pX, that is 1 µM).
    cascade
        Lets a cheap model score everything, and the one model of the screen only what can still
        be on top. Without it every model scores everything.
    full_rescore
        Whether the model scores everything after all, beside the cheap one; goes into a folder
        of its own.
    """

    library: Place
    models: list[str] = Field(min_length=1)
    output: Place
    registry: Path = Path("models")
    targets: list[str] | None = Field(default=None, min_length=1)
    precision: Literal["fp32", "bf16", "auto"] = "fp32"
    device: Literal["cpu", "cuda", "auto"] = "cpu"
    executor: Kind = "auto"
    workers: int | None = Field(default=None, ge=1)
    attempts: int = Field(default=3, ge=1)
    deadline_s: float | None = Field(default=3600.0, gt=0)
    gpus: float = Field(default=0.0, ge=0)
    resources: dict[str, float] = Field(default_factory=dict)
    labels: dict[str, str] = Field(default_factory=dict)
    reuse: bool = True
    controls: str | None = None
    active_at: dict[str, float] = Field(default_factory=dict)
    cascade: CascadeConfig | None = None
    full_rescore: bool = False

    @field_validator("models", "targets", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("models", "targets")
    @classmethod
    def _named_once(cls, value: list[str] | None) -> list[str] | None:
        twice = sorted({name for name in value or [] if (value or []).count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return value

    @model_validator(mode="after")
    def _one_teacher(self) -> Self:
        if self.cascade is not None and len(self.models) != 1:
            raise ValueError(f"a cascade rescores with one model, not with {len(self.models)}")
        if self.full_rescore and self.cascade is None:
            raise ValueError("full_rescore is for a cascade: name its cheap model, the student")
        return self
