"""Docking as an oracle: the best affinity over the isomers of a compound."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from hitsieve.chem.poses import POSES_VERSION, relaxed_conformer, stereo_forms
from hitsieve.chem.protonation import PROTONATION_VERSION, protonated
from hitsieve.chem.records import sdf_of
from hitsieve.errors import InputError
from hitsieve.oracles.docking.engine import (
    LigandRefusedError,
    Pose,
    engine_of,
    engine_versions,
    read_receptor,
)
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.provenance import fingerprint, sha256_bytes, versions
from hitsieve.schema import Code
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.oracles.docking.config import DockingConfig
    from hitsieve.oracles.protocol import Compound

_EMBED_S: Final = 20
_NOT_DECIDING: Final = {
    "kind",
    "receptor",
    "box",
    "box_file",
    "time_limit_s",
    "poses",
    "poses_kept",
}


class DockingOracle:
    """Best Vina affinity of a compound in kcal/mol; lower is better.

    A compound is protonated by the rule, its unsaid stereo centers are enumerated, each isomer
    gets one relaxed conformer (rings stay as they are, torsions are searched), and the best
    pose of all counts.

    Parameters
    ----------
    config
        Receptor, box, rules and search.

    Raises
    ------
    ConfigError
        If the extra ``docking`` is not installed.
    InputError
        If receptor or box cannot be read.
    """

    name = "docking"
    endpoint = "vina_affinity"
    unit = "kcal/mol"
    higher_is_better = False

    def __init__(self, config: DockingConfig) -> None:
        self.config = config
        self.target = config.target
        self.time_limit_s = config.time_limit_s
        self.fingerprint = _fingerprint(config)

    def prepare(self) -> None:
        """Load Vina and make the receptor's maps; called once before a process measures."""
        engine_of(self.config)

    def measure(self, compounds: Sequence[Compound]) -> pa.Table:
        """Dock compounds; see :meth:`hitsieve.oracles.protocol.Oracle.measure`.

        Raises
        ------
        InputError
            If Vina refuses the receptor.
        """
        self.prepare()
        return label_rows(self, compounds, [self._measured(compound) for compound in compounds])

    def pose_file(self, compound_id: str) -> Path | None:
        """Return where the poses of a compound are kept, None if they are not."""
        if self.config.poses is None:
            return None
        branch = hashlib.sha256(compound_id.encode()).hexdigest()[:2]
        folder = self.config.poses / f"{self.name}-{self.fingerprint}" / branch
        return folder / f"{quote(compound_id, safe='')}.sdf"

    def dock(self, smiles: str) -> list[tuple[str, Pose]]:
        """Return all poses of all isomers with the isomer docked, the best first.

        Raises
        ------
        InputError
            If the SMILES cannot be read.
        LigandRefusedError
            If no isomer can be docked.
        """
        config = self.config
        form = protonated(smiles, config.protonation, ph=config.ph)
        found: list[tuple[str, Pose]] = []
        reasons: dict[str, Code] = {}
        for isomer in stereo_forms(form, config.isomers, seed=config.seed):
            mol = relaxed_conformer(isomer, seed=config.seed, timeout_s=_EMBED_S)
            if mol is None:
                reasons["no 3D conformer could be made"] = Code.NO_CONFORMER
                continue
            try:
                found += [(isomer, pose) for pose in engine_of(config).dock(mol)]
            except LigandRefusedError as why:
                reasons[str(why)] = why.code
        if not found:
            raise LigandRefusedError("; ".join(reasons), next(iter(reasons.values())))
        return sorted(found, key=lambda one: one[1].affinity)

    def _measured(self, compound: Compound) -> Measurement:
        compound_id, smiles = compound
        try:
            found = self.dock(smiles)
        except InputError as error:
            return Measurement(None, code=Code.SYNTAX, message=error.message)
        except LigandRefusedError as why:
            return Measurement(None, code=why.code, message=str(why))
        path = self.pose_file(compound_id)
        if path is not None:
            write_atomic(path, self._sdf(compound_id, found).encode())
        isomer, best = found[0]
        docked = len(dict(found))
        return Measurement(best.affinity, message=f"{isomer}, best of {docked} docked forms")

    def _sdf(self, compound_id: str, found: Sequence[tuple[str, Pose]]) -> str:
        records = []
        for rank, (isomer, pose) in enumerate(found[: self.config.poses_kept], start=1):
            fields: dict[str, str | float] = {
                "rank": rank,
                self.endpoint: pose.affinity,
                "unit": self.unit,
                "target": self.target,
                "docked_form": isomer,
            }
            records.append(sdf_of(pose.mol, compound_id, fields, conformer=pose.conformer))
        return "".join(records)


def _fingerprint(config: DockingConfig) -> str:
    """Return the fingerprint of what decides an affinity: contents, not places; no limits."""
    return fingerprint(
        {
            **config.model_dump(mode="json", exclude=_NOT_DECIDING),
            "receptor": sha256_bytes(read_receptor(config.receptor)),
            "box": config.search_box().model_dump(),
            "versions": {**engine_versions(), "rdkit": versions()["rdkit"]},
            "rules": [PROTONATION_VERSION, POSES_VERSION],
        }
    )
