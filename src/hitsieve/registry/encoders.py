"""Pretrained encoders: folders of weights that networks start from.

=================== ============================================================================
encoder.safetensors parameters of the encoder, named as in a network
config.json         :class:`EncoderConfig`: its shape, and fingerprints of code and chemistry
card.json, card.md  what it learned from, what it learned, and under which terms
SHA256SUMS          a line for each file above
=================== ============================================================================
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import safetensors
import safetensors.torch
from pydantic import Field

from hitsieve import resources
from hitsieve.chem.codes import featurizer_fingerprint
from hitsieve.config import StrictConfig, parse_config
from hitsieve.errors import ChecksumError, ConfigError, FingerprintError, NotFoundError, nearest
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NETWORK_VERSION, NetworkConfig
from hitsieve.provenance import fingerprint, sha256_bytes
from hitsieve.registry.markdown import cell, table
from hitsieve.registry.sealed import SUMS, read_sealed, write_sealed

if TYPE_CHECKING:
    from torch import Tensor

FILES: Final = ("card.json", "card.md", "config.json", "encoder.safetensors")
FOLDER: Final = "models/encoders"
"""Folder of the encoders that come with hitsieve."""

SHAPE: Final = ("encoder", "hidden", "depth", "activation", "bias", "vocabulary")
"""Settings of a network that decide which encoder fits it."""


class EncoderConfig(StrictConfig):
    """What a network must look like to start from this encoder.

    Parameters
    ----------
    network
        Those settings that :data:`SHAPE` names.
    featurizer, vocabulary, network_code
        Fingerprints of what turns a structure into the encoder's input, and of its code.
    """

    format: Literal[1] = 1
    name: str = Field(min_length=1)
    network: dict[str, Any]
    featurizer: str
    vocabulary: str
    network_code: str

    @classmethod
    def of(cls, name: str, network: NetworkConfig) -> EncoderConfig:
        """Describe an encoder made by the installed code."""
        return cls(
            name=name,
            network={key: getattr(network, key) for key in SHAPE},
            featurizer=featurizer_fingerprint(),
            vocabulary=load_vocabulary(network.vocabulary).fingerprint,
            network_code=fingerprint({"version": NETWORK_VERSION, "encoder": network.encoder}),
        )


class EncoderEpoch(StrictConfig):
    """Mean squared errors after an epoch, in standard deviations; the last two of new compounds."""

    number: int
    train: float
    descriptors: float
    counts: float


class EncoderCard(StrictConfig):
    """What an encoder is made of. Holds no time and no host."""

    name: str
    summary: str
    library: str
    inputs: dict[str, str]
    license: str
    compounds: int
    labels: dict[str, int]
    settings: dict[str, Any]
    history: tuple[EncoderEpoch, ...]
    command: str
    seed: int
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Encoder:
    """A pretrained encoder, read and verified.

    Attributes
    ----------
    config
        Its shape.
    state
        Its parameters, named as in a network: ``encoder.W_i.weight`` and so on.
    card
        What it learned from, and under which terms.
    digest
        SHA-256 that stands for every byte of its folder.
    """

    config: EncoderConfig
    state: dict[str, Tensor]
    card: EncoderCard
    digest: str

    def require_fit(self, network: NetworkConfig) -> None:
        """Refuse a network of another shape.

        Raises
        ------
        ConfigError
            Names what differs.
        """
        ours = self.config.network
        other = [
            f"{key} is {getattr(network, key)!r}, the encoder's {ours.get(key)!r}"
            for key in SHAPE
            if getattr(network, key) != ours.get(key)
        ]
        if other:
            raise ConfigError(
                f"encoder {self.config.name!r} does not fit the network: {'; '.join(other)}",
                cure="give network these settings, or encoder: '' to start from nothing",
            )


def write_encoder(
    folder: Path, config: EncoderConfig, state: dict[str, Tensor], card: EncoderCard
) -> str:
    """Write an encoder's folder and return its digest.

    Raises
    ------
    FileExistsError
        If the folder exists already.
    StorageError
        If the storage is full or read-only.
    """
    weights = {name: tensor.contiguous() for name, tensor in sorted(state.items())}
    files = {
        "card.json": _json(card.model_dump(mode="json")),
        "card.md": render_encoder_card(card).encode(),
        "config.json": _json(config.model_dump(mode="json")),
        "encoder.safetensors": safetensors.torch.save(weights),
    }
    return write_sealed(folder, files)


def read_encoder(name_or_path: str) -> Encoder:
    """Read an encoder by the name of a packaged one, or by its folder.

    Raises
    ------
    NotFoundError
        If there is none.
    ChecksumError
        If a file was changed, added or removed.
    FingerprintError
        If it was made with other chemistry or another network than the installed ones.
    """
    folder = _find(name_or_path)
    files = read_sealed(folder, FILES)
    try:
        values = json.loads(files["config.json"])
        config = parse_config(EncoderConfig, values, where=f"{folder}/config.json")
        told = json.loads(files["card.json"])
        card = parse_config(EncoderCard, told, where=f"{folder}/card.json")
        state = safetensors.torch.load(files["encoder.safetensors"])
    except (ValueError, ConfigError, safetensors.SafetensorError) as error:
        raise ChecksumError(f"{folder}: not an encoder: {error}") from None
    shape = parse_config(NetworkConfig, config.network, where=f"{folder}/config.json")
    now = EncoderConfig.of(config.name, shape)
    for key in ("featurizer", "vocabulary", "network_code"):
        if getattr(now, key) != getattr(config, key):
            raise FingerprintError(
                f"encoder {config.name!r}: the {key} differs: it was made with "
                f"{getattr(config, key)}, installed is {getattr(now, key)}",
                cure="pretrain it again with `hitsieve pretrain`, or set encoder: ''",
            )
    return Encoder(config, state, card, sha256_bytes(files[SUMS]))


def _find(name_or_path: str) -> Path:
    path = Path(name_or_path)
    if path.is_dir():
        return path
    root = resources.folder(FOLDER)
    known = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
    if name_or_path in known:
        return root / name_or_path
    raise NotFoundError(
        f"no encoder {name_or_path!r}{nearest(name_or_path, known)}",
        cure=f"packaged encoders: {', '.join(known)}; or the folder of one of your own",
    )


def render_encoder_card(card: EncoderCard) -> str:
    """Return the card as Markdown."""
    head = ("epoch", "learned from, both", "descriptors of new compounds", "counts of new ones")
    rows = [
        (str(e.number), f"{e.train:.4f}", f"{e.descriptors:.4f}", f"{e.counts:.4f}")
        for e in card.history
    ]
    parts = [
        f"# {cell(card.name)}\n\n{card.summary}",
        _sources(card),
        "## Inputs of the library\n\n" + table(("file", "sha256"), sorted(card.inputs.items())),
        "## Computed labels\n\n"
        + table(("kind", "columns"), [(k, str(v)) for k, v in card.labels.items()]),
        "## Mean squared error, in standard deviations\n\n" + table(head, rows),
        f"## Made with\n\n`{cell(card.command)}`, seed {card.seed}.\n\n"
        + table(("setting", "value"), [(k, str(v)) for k, v in sorted(card.settings.items())])
        + "\n\n"
        + table(("library", "version"), sorted(card.versions.items())),
    ]
    return "\n\n".join(parts) + "\n"


def _sources(card: EncoderCard) -> str:
    return (
        f"Learned from {card.compounds:,} compounds of {cell(card.library)}, none of them with a "
        f"measurement. Licence: {cell(card.license)}."
    )


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
