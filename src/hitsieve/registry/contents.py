"""What a bundle holds, and how each part becomes bytes and back."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import safetensors
import safetensors.numpy

from hitsieve.config import parse_config
from hitsieve.errors import ChecksumError, ConfigError, NotFoundError
from hitsieve.registry.card import ModelCard, render_card
from hitsieve.registry.config import BundleConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from torch import Tensor

FILES: Final = (
    "baseline.safetensors",
    "blend.safetensors",
    "calibration.json",
    "card.json",
    "card.md",
    "config.json",
    "domain.safetensors",
    "golden.parquet",
    "training.parquet",
    "weights.safetensors",
)
GOLDEN_SCHEMA: Final = pa.schema(
    [
        pa.field("smiles", pa.string(), nullable=False),
        pa.field("target", pa.string(), nullable=False),
        pa.field("mean", pa.float32(), nullable=False),
        pa.field("std", pa.float32(), nullable=False),
    ]
)
"""One row a molecule and target: the uncalibrated mean and spread of the ensemble."""
TRAINING_SCHEMA: Final = pa.schema(
    [
        pa.field("compound_id", pa.string(), nullable=False),
        pa.field("smiles", pa.string(), nullable=False),
        pa.field("part", pa.string(), nullable=False),
        pa.field("morgan", pa.binary(256), nullable=False),
        pa.field("values", pa.list_(pa.float64()), nullable=False),
        pa.field("relations", pa.list_(pa.string()), nullable=False),
    ]
)
"""One row a measured compound. ``values`` and ``relations`` follow ``BundleConfig.targets``;
a value is null where the compound was not measured. ``part`` is train, valid or test, or left_out:
measured, and neither learned from nor judged on, as it is a form of a compound of another part."""


@dataclass(frozen=True, slots=True)
class BundleContents:
    """What goes into a bundle.

    Parameters
    ----------
    config
        Network, chemistry, targets and fingerprints.
    weights
        Parameters of all members, named ``member<i>.<param>``.
    calibration
        JSON mapping with two entries over the T targets in their order: ``intervals``, what
        :meth:`hitsieve.calibration.conformal.ConformalIntervals.to_dict` gives (fitted for
        regression targets, without value for the others), and ``temperature``, what
        :meth:`hitsieve.calibration.temperature.TemperatureScaling.to_dict` gives (fitted for
        classification targets, 1 for the others).
    domain, baseline
        Named arrays, as their packages write and read them.
    golden
        Rows of :data:`GOLDEN_SCHEMA`.
    training
        Rows of :data:`TRAINING_SCHEMA`.
    card
        The model card; its Markdown is made from it.
    blend
        Named arrays of the models beside the networks and of the weights; empty where networks
        stand alone.
    """

    config: BundleConfig
    weights: dict[str, Tensor]
    calibration: dict[str, Any]
    domain: dict[str, np.ndarray]
    golden: pa.Table
    training: pa.Table
    baseline: dict[str, np.ndarray]
    card: ModelCard
    blend: dict[str, np.ndarray] = field(default_factory=dict)

    def member(self, index: int) -> dict[str, Tensor]:
        """Return the state of one member, ready for ``load_state_dict``.

        Raises
        ------
        NotFoundError
            If there is no such member.
        """
        prefix = f"member{index}."
        state = {
            name.removeprefix(prefix): tensor
            for name, tensor in self.weights.items()
            if name.startswith(prefix)
        }
        if not state:
            raise NotFoundError(
                f"no member {index} in this bundle", cure=f"it has {self.config.members} members"
            )
        return state


def encode(contents: BundleContents) -> dict[str, bytes]:
    """Return the bytes of each file of a bundle, all but ``SHA256SUMS``.

    Equal contents give equal bytes: no file holds a time, a host or a path.
    """
    from safetensors.torch import save

    return {
        "baseline.safetensors": safetensors.numpy.save(dict(sorted(contents.baseline.items()))),
        "blend.safetensors": safetensors.numpy.save(dict(sorted(contents.blend.items()))),
        "calibration.json": _json(contents.calibration),
        "card.json": _json(contents.card.model_dump(mode="json")),
        "card.md": render_card(contents.card).encode(),
        "config.json": _json(contents.config.model_dump(mode="json")),
        "domain.safetensors": safetensors.numpy.save(dict(sorted(contents.domain.items()))),
        "golden.parquet": _parquet(contents.golden, GOLDEN_SCHEMA),
        "training.parquet": _parquet(contents.training, TRAINING_SCHEMA),
        "weights.safetensors": save(dict(sorted(contents.weights.items()))),
    }


def decode(files: dict[str, bytes], *, where: str) -> BundleContents:
    """Return the contents from the bytes of each file.

    Raises
    ------
    ChecksumError
        If a file is not in the form this version of hitsieve writes.
    """
    from safetensors.torch import load

    with _refusing(where):
        return BundleContents(
            config=_config(files, where),
            weights=load(files["weights.safetensors"]),
            calibration=json.loads(files["calibration.json"]),
            domain=safetensors.numpy.load(files["domain.safetensors"]),
            golden=_table(files["golden.parquet"], GOLDEN_SCHEMA),
            training=_table(files["training.parquet"], TRAINING_SCHEMA),
            baseline=safetensors.numpy.load(files["baseline.safetensors"]),
            blend=safetensors.numpy.load(files["blend.safetensors"]),
            card=parse_config(
                ModelCard, json.loads(files["card.json"]), where=f"{where}/card.json"
            ),
        )


def decode_config(files: dict[str, bytes], *, where: str) -> BundleConfig:
    """Return the settings alone, without loading torch.

    Raises
    ------
    ChecksumError
        If the file is not in the form this version of hitsieve writes.
    """
    with _refusing(where):
        return _config(files, where)


def _config(files: dict[str, bytes], where: str) -> BundleConfig:
    settings = json.loads(files["config.json"])
    return parse_config(BundleConfig, settings, where=f"{where}/config.json")


@contextmanager
def _refusing(where: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, ConfigError, pa.ArrowInvalid, safetensors.SafetensorError) as error:
        # The checksums hold, so another version of hitsieve wrote this on purpose.
        raise ChecksumError(
            f"{where}: written in a form this version cannot read: {error}",
            cure="use the hitsieve version named in card.md, or train the model again",
        ) from error


def _json(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _parquet(table: pa.Table, schema: pa.Schema) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table.cast(schema).combine_chunks(), sink, compression="zstd")
    return sink.getvalue()


def _table(data: bytes, schema: pa.Schema) -> pa.Table:
    # The declared schema decides; one embedded in the file is not trusted.
    return pq.ParquetFile(pa.BufferReader(data)).read().cast(schema)
