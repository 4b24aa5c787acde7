"""Fitting the kinds a configuration names, in groups that share work, and loading them again."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.campaign.quick.bits import BitForest, BitProcess, fit_bit_forest, fit_bit_process
from hitsieve.campaign.quick.graphs import GraphEnsemble, fit_graph_ensemble
from hitsieve.campaign.quick.members import MEMBERS, Member, fit_blend_members
from hitsieve.campaign.quick.networks import PerceptronEnsemble, fit_perceptrons
from hitsieve.campaign.quick.said import Fit, Said
from hitsieve.chem.identity import bucket
from hitsieve.errors import ChecksumError
from hitsieve.provenance import child_seed
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.campaign.quick.compounds import Compounds, Need
    from hitsieve.campaign.quick.config import QuickConfig
    from hitsieve.campaign.quick.said import Fitted

    Floats = NDArray[np.float64]

NEEDS: Final[dict[str, Need]] = {
    "forest": "bits",
    "bit_process": "bits",
    "perceptron": "bits",
    "network": "graphs",
    **dict.fromkeys(MEMBERS, "counts"),
}
"""What each kind reads."""

_LEFT_OUT: Final = ("left_out.mean", "left_out.std")


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds that are fitted together, because they share most of the work."""

    name: str
    kinds: tuple[str, ...]


def groups_of(kinds: Iterable[str]) -> list[Group]:
    """Divide kinds into groups.

    Examples
    --------
    >>> [group.name for group in groups_of(["forest", "gaussian_process", "support_vectors"])]
    ['forest', 'kernels']
    """
    named: dict[str, list[str]] = {}
    for kind in kinds:
        shared = kind in MEMBERS and kind != "extra_trees"
        named.setdefault("kernels" if shared else kind, []).append(kind)
    return [Group(name, tuple(members)) for name, members in named.items()]


def fit_group(
    group: Group,
    compounds: Compounds,
    y: Floats,
    config: QuickConfig,
    seed: int,
    former: Path | None = None,
) -> dict[str, Fit]:
    """Fit the kinds of a group to n compounds.

    Parameters
    ----------
    group
        Which kinds.
    compounds, y
        n compounds and their values, float64 (n,); the wanted end is high.
    config
        Settings.
    seed
        Of everything random.
    former
        Folder with the surrogates of the round before, for those that are fine-tuned.
    """
    if group.name == "forest":
        folds = deal(len(y), config.folds, seed)
        return {"forest": fit_bit_forest(compounds, y, folds, config.forest, seed)}
    if group.name == "bit_process":
        folds = deal(len(y), config.folds, seed)
        return {"bit_process": fit_bit_process(compounds, y, folds, config.most_compounds, seed)}
    if group.name == "perceptron":
        folds = keep_folds(compounds.ids.to_pylist(), config.folds)
        old = _former("perceptron", former) if config.fine_tune else None
        before = old if isinstance(old, PerceptronEnsemble) else None
        fit = fit_perceptrons(compounds, y, folds, config.perceptron, seed, before)
        return {"perceptron": fit}
    if group.name == "network":
        folds = keep_folds(compounds.ids.to_pylist(), config.folds)
        old = _former("network", former) if config.fine_tune else None
        known = old if isinstance(old, GraphEnsemble) else None
        shape, training = config.network, config.training
        fit = fit_graph_ensemble(compounds, y, folds, shape, training, seed, known)
        return {"network": fit}
    return fit_blend_members(compounds, y, group.kinds, config, seed)


def deal(n: int, folds: int, seed: int) -> list[NDArray[np.int64]]:
    """Deal n places into folds of like size, each at random in one of them."""
    order = np.random.default_rng(child_seed(seed, "folds")).permutation(n)
    return [np.sort(order[start::folds]) for start in range(min(folds, n))]


def keep_folds(ids: Sequence[str], folds: int) -> list[NDArray[np.int64]]:
    """Deal compounds into folds by their ids, so that a compound is always in the same one.

    With few compounds a fold may be empty and is left out; of one fold only, two are made.
    """
    place = np.array([bucket(f"fold {name}", folds) for name in ids])
    found = [np.flatnonzero(place == number) for number in range(folds)]
    filled = [fold for fold in found if len(fold)]
    return filled if len(filled) == folds else deal(len(ids), folds, 0)


def _former(kind: str, former: Path | None) -> Fitted | None:
    """Return a surrogate of the round before; None in the first round."""
    path = None if former is None else former / f"{kind}.npz"
    return None if path is None or not path.is_file() else load(kind, path).model


def save(path: Path, fit: Fit) -> None:
    """Write a fitted surrogate and its left-out predictions; equal ones make equal bytes."""
    arrays = {**fit.model.to_arrays(), **dict(zip(_LEFT_OUT, _pair(fit.left_out), strict=True))}
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    write_atomic(path, stream.getvalue())


def load(kind: str, path: Path) -> Fit:
    """Read what :func:`save` wrote.

    Raises
    ------
    ChecksumError
        If the file is damaged.
    """
    try:
        # From memory: of a damaged file numpy would leave the handle open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            arrays: dict[str, NDArray[Any]] = {name: stored[name] for name in stored.files}
        left_out = Said(*(arrays.pop(name) for name in _LEFT_OUT))
        return Fit(_model(kind, arrays), left_out)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ChecksumError(
            f"{path} holds no surrogate: {error}", cure="delete it; it is fitted again"
        ) from error


def _model(kind: str, arrays: Mapping[str, NDArray[Any]]) -> Fitted:
    if kind == "forest":
        return BitForest.from_arrays(arrays)
    if kind == "bit_process":
        return BitProcess.from_arrays(arrays)
    if kind == "perceptron":
        return PerceptronEnsemble.from_arrays(arrays)
    if kind == "network":
        return GraphEnsemble.from_arrays(arrays)
    return Member.from_arrays(kind, arrays)


def _pair(said: Said) -> tuple[Floats, Floats]:
    return said.mean, said.std
