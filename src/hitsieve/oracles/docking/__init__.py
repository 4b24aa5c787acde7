"""Docking with AutoDock Vina as an oracle; needs the extra ``docking``."""

from hitsieve.oracles.docking.config import BoxConfig, DockingConfig, read_box
from hitsieve.oracles.docking.oracle import DockingOracle
from hitsieve.oracles.docking.redock import Redocked, redock

__all__ = ["BoxConfig", "DockingConfig", "DockingOracle", "Redocked", "read_box", "redock"]
