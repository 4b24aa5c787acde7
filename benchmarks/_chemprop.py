"""Running Chemprop beside hitsieve: in its own environment, with the same molecules."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from hitsieve.chem.standardize import Standardizer

if TYPE_CHECKING:
    from collections.abc import Sequence

MCULE = "mcule_wong/mcule_1M_dev.parquet"
LIPO = "moleculenet_chemprop/lipo.csv"
TOX21 = "moleculenet_chemprop/tox21.csv"
CODE = "from chemprop.cli.main import main; main()"
# A program counts the memory of the process that started it as its own peak, so a small one does.
LAUNCHER = """
import json, os, sys
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(pid, 0)
code = os.waitstatus_to_exitcode(status)
with open(sys.argv[1], "w") as told:
    json.dump([code, used.ru_utime + used.ru_stime, used.ru_maxrss], told)
"""


def mirror_file(name: str) -> Path | None:
    """Return a file of the folder named by HITSIEVE_DATA_MIRROR, None if there is none."""
    path = Path(os.environ.get("HITSIEVE_DATA_MIRROR", "")) / name
    return path if "HITSIEVE_DATA_MIRROR" in os.environ and path.is_file() else None


def chemprop_python() -> str:
    """Return the interpreter that CHEMPROP_PYTHON names; this one without it."""
    return os.environ.get("CHEMPROP_PYTHON", sys.executable)


def chemprop_version(python: str) -> str:
    """Return the version of Chemprop that a Python interpreter has; empty without it."""
    code = "import importlib.metadata as m; print(m.version('chemprop'))"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def missing(python: str, *files: str) -> str:
    """Return why a comparison cannot run here; empty if it can."""
    absent = [name for name in files if mirror_file(name) is None]
    if absent:
        return f"{', '.join(absent)}: not in the folder named by HITSIEVE_DATA_MIRROR"
    if not chemprop_version(python):
        return f"{python} has no chemprop; name another in CHEMPROP_PYTHON or --chemprop-python"
    return ""


def standardized(n: int, seed: int = 0) -> list[str]:
    """Return the standardized parents of n vendor compounds of the Mcule sample, all different."""
    path = mirror_file(MCULE)
    assert path is not None  # noqa: S101 - asked for by missing() before
    column = pq.read_table(path, columns=["smiles"]).column("smiles")
    order = np.random.default_rng(seed).permutation(len(column))
    standardize, found = Standardizer(), {}
    for row in order:
        parent = standardize(column[int(row)].as_py()).parent_smiles
        if parent:
            found[parent] = None
        if len(found) == n:
            break
    return list(found)


def write_csv(path: Path, smiles: Sequence[str]) -> Path:
    """Write SMILES as Chemprop reads them."""
    path.write_text("smiles\n" + "".join(f"{text}\n" for text in smiles), encoding="utf-8")
    return path


def train_chemprop(python: str, folder: Path, data: Path, *arguments: object) -> list[Path]:
    """Train with Chemprop unless the folder holds models already; return its model files."""
    if not folder.is_dir():
        common = ("--accelerator", "cpu", "--use-cuikmolmaker-featurization", "-q")
        command = [python, "-c", CODE, "train", "-i", data, "-o", folder, *common, *arguments]
        run_measured(command, os.cpu_count() or 1)
    return sorted(folder.glob("model_*/best.pt"))


def predict_command(
    python: str, data: Path, models: Sequence[Path], output: Path, batch_size: int = 64
) -> list[object]:
    """Return the command that predicts with Chemprop, its C++ featurizer on."""
    return [
        python, "-c", CODE, "predict", "-i", data, "-o", output, "--model-paths", *models,
        "--accelerator", "cpu", "--use-cuikmolmaker-featurization", "--batch-size", batch_size,
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """What a command took: wall and processor seconds, and most bytes one process held."""

    wall: float
    cpu: float
    peak: int


def run_measured(command: Sequence[object], threads: int) -> Run:
    """Run a command with so many threads for products; stop with its error if it fails."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = dict(os.environ) | dict.fromkeys(names, str(threads))
    words = list(map(str, command))
    with tempfile.TemporaryFile() as errors, tempfile.NamedTemporaryFile() as told:
        launch = [sys.executable, "-I", "-S", "-c", LAUNCHER, told.name]
        started = time.perf_counter()
        subprocess.run(
            [*launch, *words], env=environment, stdout=subprocess.DEVNULL, stderr=errors, check=True
        )
        wall = time.perf_counter() - started
        code, cpu, peak = json.load(told)
        if code:
            errors.seek(0)
            sys.exit(f"{' '.join(words)}\n{errors.read().decode(errors='replace')[-2000:]}")
    return Run(wall, cpu, peak * 1024)


def read_predictions(path: Path, columns: Sequence[str]) -> np.ndarray:
    """Return what Chemprop wrote, float64 (n, T)."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return np.array([[float(row[name]) for name in columns] for row in rows])
