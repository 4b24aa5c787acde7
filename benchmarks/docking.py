"""Docking as an oracle: a known pose found again, and a campaign against chance.

1. Imatinib is docked from its SMILES into the kinase ABL1: into the structure it was crystallized
   with (1IEP) and, as a harder case, into the receptor DOCKSTRING docks with, after its frame is
   laid over that of 1IEP by the alpha carbons. Deviations from the crystal pose are symmetric
   and of heavy atoms.
2. A campaign picks compounds of the embedded make-on-demand library for docking into 1IEP, and
   as many are drawn at random. Labels are kept in ``--folder``: run again, it goes on.

Receptors are in the folder named by HITSIEVE_DATA_MIRROR; the extra ``docking`` is needed.

    python benchmarks/docking.py                                      # about two minutes
    python benchmarks/docking.py --folder bench --dockings 300 --exhaustiveness 16
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import importlib.util
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.job import CampaignJob, open_campaign
from hitsieve.campaign.picks import initial_picks
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.chem.poses import moved, read_pose
from hitsieve.engine import open_executor
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.library.enumerate import EnumerationConfig, plan_enumeration, write_products
from hitsieve.oracles import measure
from hitsieve.oracles.docking import DockingConfig, DockingOracle, redock

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANDOM_SEED = 20261120


def main() -> int:
    """Print the figures; without data or extra, say so and do nothing."""
    options = _options()
    mirror = Path(os.environ.get("HITSIEVE_DATA_MIRROR", "absent"))
    if not (mirror / "vina_example").is_dir() or not (mirror / "dockstring_targets").is_dir():
        print("skipped: vina_example or dockstring_targets is not in HITSIEVE_DATA_MIRROR")
        return 0
    if importlib.util.find_spec("vina") is None or importlib.util.find_spec("meeko") is None:
        print("skipped: the extra `docking` is not installed")
        return 0
    if options.exhaustiveness:
        _redocking(mirror, options.exhaustiveness, options.searched)
    if not options.dockings:
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.folder or scratch).absolute()
        library = Path(options.library) if options.library else _library(folder)
        _campaign(mirror, library.absolute(), folder / "campaign", options)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", help="where library, labels and campaign are kept")
    parser.add_argument("--library", help="a library built before, instead of the embedded one")
    parser.add_argument("--dockings", type=int, default=30, help="of each arm; 0 for none")
    parser.add_argument("--rounds", type=int, default=4, help="after the first, random one")
    parser.add_argument("--exhaustiveness", type=int, default=8, help="of redocking; 0 for none")
    parser.add_argument("--searched", type=int, default=40_000, help="evaluations a search there")
    parser.add_argument("--evaluations", type=int, default=10_000, help="of each docking")
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def _redocking(mirror: Path, exhaustiveness: int, evaluations: int) -> None:
    crystal = read_pose(mirror / "vina_example" / "1iep_ligand.sdf")
    own, other = _receptors(mirror)
    onto = _superposition(own["receptor"], other["receptor"])
    cases = {
        "1IEP": (own, crystal),
        "ABL1 of DOCKSTRING": (other, moved(crystal, onto.rotation, onto.shift)),
    }
    print(f"alpha carbons of ABL1 over 1IEP: {onto.pairs} pairs, {onto.rmsd:.2f} Å")
    for name, (files, known) in cases.items():
        config = DockingConfig(
            target=name, exhaustiveness=exhaustiveness, evaluations=evaluations, **files
        )
        oracle = DockingOracle(config)
        oracle.prepare()
        started = time.process_time()
        found = redock(oracle, known)
        print(
            f"imatinib into {name:20} exhaustiveness {exhaustiveness}: {found.affinity:6.2f} "
            f"kcal/mol, best pose {found.rmsd[0]:.2f} Å from the crystal's, nearest of "
            f"{len(found.rmsd)} {min(found.rmsd):.2f} Å, {time.process_time() - started:.0f} s",
            flush=True,
        )


def _receptors(mirror: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    vina, dockstring = mirror / "vina_example", mirror / "dockstring_targets"
    return (
        {"receptor": vina / "1iep_receptor.pdbqt", "box_file": vina / "1iep_receptor.box.txt"},
        {"receptor": dockstring / "ABL1_target.pdbqt.gz", "box_file": dockstring / "ABL1_conf.txt"},
    )


def _campaign(mirror: Path, library: Path, folder: Path, options: argparse.Namespace) -> None:
    own, _ = _receptors(mirror)
    config = DockingConfig(
        target="ABL1_1IEP", exhaustiveness=1, evaluations=options.evaluations, isomers=2,
        poses=folder / "poses", time_limit_s=300, **own,
    )  # fmt: skip
    first = options.dockings // 3
    batch = (options.dockings - first) // options.rounds
    job = CampaignJob(
        campaign=CampaignConfig(
            library=library, folder=folder, name="docking", initial=first, batch=batch,
            rounds=options.rounds,
        ),
        oracle=config,
        surrogate=QuickConfig(kinds=("forest", "bit_process")),
    )  # fmt: skip
    kind = "serial" if options.workers == 1 else "ray"
    with open_executor(kind, workers=options.workers) as executor:
        campaign = open_campaign(job, executor, progress=_tell)
        chosen = [value for one in campaign.run().rounds for value in one.values]
        pool = Library.open(library)
        ids = (name for table in pool.iter_tables(["compound_id"])
               for name in table["compound_id"].to_pylist())  # fmt: skip
        names = [pick.compound_id for pick in initial_picks(ids, len(chosen), seed=RANDOM_SEED)]
        rows = pool.lookup(names, ["compound_id", "smiles"]).to_pylist()
        labels = measure(
            DockingOracle(config),
            [(row["compound_id"], row["smiles"]) for row in rows],
            executor,
            campaign.folder.labels,
            progress=lambda at: _tell("random", at.done, at.total),
        )
    _compare(np.array(chosen, dtype=float), labels["value"].to_numpy(zero_copy_only=False), first)


def _compare(chosen: NDArray[np.float64], random: NDArray[np.float64], first: int) -> None:
    print(f"\n{'':28}{'dockings':>9}{'failed':>8}{'best':>8}{'top 10 mean':>13}{'median':>9}")
    arms = {
        "campaign, all rounds": chosen,
        "  of these, first round": chosen[:first],
        "  of these, later rounds": chosen[first:],
        "random": random,
    }
    for name, values in arms.items():
        fine = np.sort(values[~np.isnan(values)])
        print(
            f"{name:28}{len(values):9}{len(values) - len(fine):8}{fine[0]:8.2f}"
            f"{fine[:10].mean():13.2f}{np.median(fine):9.2f}"
        )
    bar = np.nanpercentile(random, 5)
    won, lucky = np.sum(chosen <= bar), np.sum(random <= bar)
    print(
        f"as good as the best 5 % of the random ones ({bar:.2f} kcal/mol): "
        f"campaign {won}, random {lucky}, {won / max(lucky, 1):.1f} times as many"
    )


def _library(folder: Path) -> Path:
    products = folder / "products.csv.gz"
    if not products.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_products(plan_enumeration(EnumerationConfig()), products)
    with open_executor("serial", workers=1) as executor:
        build_library(
            LibraryConfig(inputs=[str(products)], output=folder / "library", max_reject=0.02),
            executor,
        )
    return folder / "library"


@dataclass(frozen=True)
class _Superposition:
    """How coordinates of one structure come into the frame of another: ``x @ rotation + shift``."""

    rotation: NDArray[np.float64]
    shift: NDArray[np.float64]
    rmsd: float
    pairs: int


def _superposition(moving: Path, fixed: Path) -> _Superposition:
    """Lay one protein over another by the alpha carbons its sequence shares (Kabsch 1976)."""
    names_a, a = _alpha_carbons(moving)
    names_b, b = _alpha_carbons(fixed)
    blocks = difflib.SequenceMatcher(None, names_a, names_b, autojunk=False).get_matching_blocks()
    at = [(block.a + i, block.b + i) for block in blocks for i in range(block.size)]
    p, q = a[[i for i, _ in at]], b[[j for _, j in at]]
    keep = np.ones(len(p), dtype=bool)
    for _ in range(10):  # loops that moved are left out
        mean_p, mean_q = p[keep].mean(axis=0), q[keep].mean(axis=0)
        u, _, vt = np.linalg.svd((p[keep] - mean_p).T @ (q[keep] - mean_q))
        sign = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
        rotation = u @ sign @ vt
        away = np.linalg.norm((p - mean_p) @ rotation + mean_q - q, axis=1)
        keep = away < max(2.0, float(np.percentile(away, 70)))
    rmsd = float(np.sqrt((away[keep] ** 2).mean()))
    return _Superposition(rotation, mean_q - mean_p @ rotation, rmsd, int(keep.sum()))


def _alpha_carbons(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as stream:
        atoms = [line for line in stream if line.startswith("ATOM") and line[12:16].strip() == "CA"]
    places = [[float(line[i : i + 8]) for i in (30, 38, 46)] for line in atoms]
    return [line[17:20] for line in atoms], np.array(places)


_last = ""


def _tell(stage: str, done: int, total: int) -> None:
    global _last  # noqa: PLW0603 - one line a stage is enough
    line = f"{stage} {done}/{total}"
    if done == total and line != _last:
        print(line, flush=True)
        _last = line


if __name__ == "__main__":
    raise SystemExit(main())
