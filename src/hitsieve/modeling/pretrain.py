"""Pretraining an encoder: a library in, a folder of weights out."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from hitsieve import resources
from hitsieve.chem.pretext import (
    PRETEXT_DESCRIPTORS,
    PRETEXT_FOLDS,
    PRETEXT_VERSION,
    Pretext,
    pretext,
)
from hitsieve.config import StrictConfig, load_config
from hitsieve.engine.executor import Limits, Task
from hitsieve.errors import IncompleteError, NotFoundError, UsageError, nearest
from hitsieve.graphs.packed import PackedGraphs, concat
from hitsieve.library.library import Library
from hitsieve.modeling.config import LAID_OVER
from hitsieve.networks.config import NetworkConfig
from hitsieve.provenance import fingerprint, versions
from hitsieve.registry.encoders import EncoderCard, EncoderConfig, EncoderEpoch, write_encoder
from hitsieve.store.files import write_parquet_atomic
from hitsieve.store.ledger import Commit, Ledger
from hitsieve.training.pretext import PretextSet
from hitsieve.training.pretraining import PretrainingConfig, pretrain

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine.executor import Executor
    from hitsieve.training.pretraining import PretrainedEncoder, PretrainingEpoch

    Progress = Callable[[str, int, int], None]

RECIPES: Final = "models/recipes/encoders"
_GRAPH: Final = ("n_atoms", "n_bonds", "atom_codes", "bond_index", "bond_codes")
_ROWS: Final = 4000


class PretrainRecipe(StrictConfig):
    """How an encoder is made, whatever library it learns from."""

    network: NetworkConfig = NetworkConfig()
    pretraining: PretrainingConfig = PretrainingConfig()


class PretrainConfig(StrictConfig):
    """One pretraining.

    Parameters
    ----------
    library
        Folder of a finished library; its shards are random samples of it.
    out
        Folder of the encoder, named as it is; made anew.
    license
        Under which terms the library's structures, and so the encoder, may be used.
    title
        What the library is, in words.
    compounds
        How many are learned from, at most.
    recipe
        Name of a packaged recipe, or path of a YAML file.
    overrides
        Settings laid over it.
    work
        Folder of computed labels and of the checkpoint, from which an interrupted pretraining
        goes on.
    seed
        Of everything random.
    """

    library: Path
    out: Path
    license: str = Field(min_length=1)
    title: str = ""
    compounds: int = Field(200_000, ge=64)
    recipe: str = "dmpnn"
    overrides: dict[str, Any] = Field(default_factory=dict)
    work: Path = Path("pretraining")
    seed: int = Field(0, ge=0)

    def load_recipe(self) -> PretrainRecipe:
        """Return the recipe with the overrides laid over it.

        Raises
        ------
        NotFoundError
            If there is none of that name; names the nearest.
        ConfigError
            If a key or value is wrong.
        """
        if self.recipe.endswith((".yaml", ".yml")):
            return load_config(
                PretrainRecipe, Path(self.recipe), self.overrides, over_where=LAID_OVER
            )
        folder = resources.folder(RECIPES)
        known = sorted(path.stem for path in folder.glob("*.yaml"))
        if self.recipe not in known:
            raise NotFoundError(
                f"no recipe {self.recipe!r}{nearest(self.recipe, known)}",
                cure=f"recipes of encoders: {', '.join(known)}; or the path of a YAML file",
            )
        path = folder / f"{self.recipe}.yaml"
        return load_config(PretrainRecipe, path, self.overrides, over_where=LAID_OVER)


@dataclass(frozen=True, slots=True)
class Pretrained:
    """What a pretraining made: the folder, its digest, and the card."""

    folder: Path
    digest: str
    card: EncoderCard


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of a shard whose labels stand in one file."""

    shard: str
    start: int
    stop: int

    @property
    def key(self) -> str:
        return f"labels/{self.shard}-{self.start:07d}-{self.stop:07d}"


def pretrain_encoder(
    config: PretrainConfig, executor: Executor, progress: Progress | None = None
) -> Pretrained:
    """Compute labels of a library's compounds, teach an encoder to predict them, and keep it.

    Raises
    ------
    NotFoundError
        If the library or the recipe is absent.
    DatasetError
        If there are too few compounds.
    IncompleteError
        If labels could not be computed; what is done is kept in ``config.work``.
    UsageError
        If ``config.out`` exists already.
    """
    if config.out.exists():
        raise UsageError(
            f"{config.out} exists, and encoders are immutable", cure="choose another --out"
        )
    report = progress or (lambda *_: None)
    recipe = config.load_recipe()
    library = Library.open(config.library)
    pieces = _pieces(library, config.compounds)
    digest = fingerprint([PRETEXT_VERSION, PRETEXT_DESCRIPTORS, [s.sha256 for s in library.shards]])
    _compute_labels(library, pieces, config.work, digest, executor, report)
    data = _read(library, pieces, config.work, digest)

    def told(epoch: PretrainingEpoch) -> None:
        report("pretrain", epoch.number, recipe.pretraining.epochs)

    made = pretrain(
        data,
        recipe.network,
        recipe.pretraining,
        config.seed,
        checkpoint=config.work / f"{config.out.name}.checkpoint",
        progress=told,
    )
    card = _card(config, recipe, library, len(data), made)
    described = EncoderConfig.of(config.out.name, recipe.network)
    return Pretrained(config.out, write_encoder(config.out, described, made.state, card), card)


def _pieces(library: Library, compounds: int) -> list[_Piece]:
    found, left = [], compounds
    for shard in library.shards:
        rows = min(shard.rows, left)
        left -= rows
        found += [
            _Piece(shard.name, start, min(start + _ROWS, rows)) for start in range(0, rows, _ROWS)
        ]
    return found


def _compute_labels(
    library: Library,
    pieces: list[_Piece],
    work: Path,
    digest: str,
    executor: Executor,
    report: Progress,
) -> None:
    done = Ledger(work).committed(digest)
    left = [piece for piece in pieces if piece.key not in done]
    report("label", len(pieces) - len(left), len(pieces))
    setup = functools.partial(_setup, library.root, work, digest)
    tasks = (Task(piece.key, piece) for piece in left)
    for count, outcome in enumerate(executor.map(setup, tasks, Limits(attempts=2)), 1):
        if not outcome.ok:
            raise IncompleteError(
                f"{outcome.key} was not computed: {outcome.error}",
                cure="run the same command again; finished labels are kept",
            )
        report("label", len(pieces) - len(left) + count, len(pieces))


def _setup(root: Path, work: Path, digest: str) -> Callable[[_Piece], int]:
    return functools.partial(_label, Library.open(root), work, digest)


def _label(library: Library, work: Path, digest: str, piece: _Piece) -> int:
    smiles = library.read_shard(piece.shard, ["parent_smiles"])["parent_smiles"]
    found = pretext(smiles[piece.start : piece.stop].to_pylist())
    columns = {
        name: pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(values.strides[0]), len(values), [None, pa.py_buffer(values.tobytes())]
        )
        for name, values in (("descriptors", found.descriptors), ("counts", found.counts))
    }
    path = f"{piece.key}.parquet"
    written = write_parquet_atomic(work / path, pa.table(columns))
    Ledger(work).commit(Commit(piece.key, {path: written.sha256}, written.rows, digest))
    return written.rows


def _read(library: Library, pieces: list[_Piece], work: Path, digest: str) -> PretextSet:
    ledger, graphs, labels = Ledger(work), [], []
    table, name = pa.table({}), ""
    for piece in pieces:
        ledger.verify(piece.key)
        if piece.shard != name:
            table, name = library.read_shard(piece.shard, list(_GRAPH)), piece.shard
        graphs.append(PackedGraphs.from_table(table.slice(piece.start, piece.stop - piece.start)))
        stored = pq.read_table(work / f"{piece.key}.parquet").combine_chunks()
        labels.append((_matrix(stored, "descriptors", np.float32), _matrix(stored, "counts")))
    if ledger.committed(digest).keys() < {piece.key for piece in pieces}:
        raise IncompleteError("labels are missing", cure="run the same command again")
    descriptors, counts = (np.concatenate(parts) for parts in zip(*labels, strict=True))
    return PretextSet(concat(graphs), Pretext(descriptors, counts))


def _matrix(table: pa.Table, name: str, kind: type[np.generic] = np.uint8) -> np.ndarray:
    column = table[name].chunk(0)
    flat = np.frombuffer(column.buffers()[1], np.uint8)
    return flat[: len(column) * column.type.byte_width].view(kind).reshape(len(column), -1)


def _card(
    config: PretrainConfig,
    recipe: PretrainRecipe,
    library: Library,
    compounds: int,
    made: PretrainedEncoder,
) -> EncoderCard:
    return EncoderCard(
        name=config.out.name,
        summary=(
            "An encoder of molecular graphs that learned to predict computed descriptors and "
            "fingerprints of compounds. Networks start from it where there are few measurements; "
            "it predicts no property that anybody measured."
        ),
        library=config.title or config.library.name,
        inputs={entry.name: entry.sha256 for entry in library.manifest.inputs},
        license=config.license,
        compounds=compounds,
        labels={"descriptors": len(PRETEXT_DESCRIPTORS), **PRETEXT_FOLDS},
        settings={**recipe.network.model_dump(), **recipe.pretraining.model_dump()},
        history=tuple(
            EncoderEpoch(
                number=epoch.number,
                train=round(epoch.train, 5),
                descriptors=round(epoch.descriptors, 5),
                counts=round(epoch.counts, 5),
            )
            for epoch in made.history
        ),
        command=(
            f"hitsieve pretrain LIBRARY --out {config.out.name} --recipe {config.recipe} "
            f"--compounds {config.compounds}"
        ),
        seed=config.seed,
        versions=versions(),
    )
