"""Count fingerprints and descriptors of a library, computed once a shard and kept."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.chem.counts import COUNTS_VERSION, CountFingerprints
from hitsieve.chem.physchem import PHYSCHEM_VERSION
from hitsieve.errors import StorageError
from hitsieve.provenance import fingerprint, versions
from hitsieve.scoring.inputs import COUNT_KINDS, Inputs
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PARTS: Final = ("offsets", "features", "counts")


def inputs_of_shard(folder: Path, name: str, sha256: str, smiles: Sequence[str]) -> Inputs:
    """Return the inputs of all compounds of a shard, from the folder if they are there.

    The folder is a cache: it may be deleted at any time. A file is named by the shard's content
    and by the versions of what computes it.

    Parameters
    ----------
    folder
        Where the files are.
    name, sha256
        The shard.
    smiles
        Its parent SMILES, in order.

    Raises
    ------
    ValueError
        If a SMILES cannot be read.
    """
    key = fingerprint([sha256, COUNT_KINDS, COUNTS_VERSION, PHYSCHEM_VERSION, versions()["rdkit"]])
    path = folder / f"{name}-{key}.npz"
    kept = _read(path, len(smiles))
    if kept is not None:
        return kept
    made = Inputs.from_smiles(smiles)
    with suppress(StorageError):  # a full disk must not end what works without a cache
        _write(path, made)
    return made


def _write(path: Path, inputs: Inputs) -> None:
    arrays = {
        f"{kind}.{part}": getattr(counts, part)
        for kind, counts in zip(COUNT_KINDS, inputs.counts, strict=True)
        for part in _PARTS
    }
    stream = io.BytesIO()
    np.savez(stream, physchem=inputs.physchem, **arrays)
    write_atomic(path, stream.getvalue())


def _read(path: Path, n: int) -> Inputs | None:
    try:
        # From memory: of a damaged file numpy would leave the handle open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            counts = tuple(
                CountFingerprints(*(stored[f"{kind}.{part}"] for part in _PARTS))
                for kind in COUNT_KINDS
            )
            found = Inputs(counts, stored["physchem"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return found if len(found) == n else None
