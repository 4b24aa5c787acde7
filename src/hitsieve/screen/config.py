"""What a screen is made of and how it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from hitsieve.config import StrictConfig
from hitsieve.engine.open import Kind
from hitsieve.store.place import Place


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
    executor
        ``serial``, ``ray``, or ``auto`` to take ray where it helps.
    workers
        Workers, each holding all models; by default one a core.
    attempts
        How often a shard is started before it is given up.
    deadline_s
        Seconds a shard may take before its worker is killed (ray only); null for no limit.
    gpus
        GPUs each worker reserves; a fraction shares one.
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
    """

    library: Place
    models: list[str] = Field(min_length=1)
    output: Place
    registry: Path = Path("models")
    targets: list[str] | None = Field(default=None, min_length=1)
    precision: Literal["fp32", "bf16", "auto"] = "fp32"
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
