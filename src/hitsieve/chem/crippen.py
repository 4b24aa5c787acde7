"""The table of atom types behind the log P estimate of Wildman and Crippen, as RDKit ships it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from rdkit import RDConfig

# The table compiled into RDKit has these where its file has others; the compiled one counts.
_COMPILED: Final = {
    "[#1]O[!C;!N;!O;!S]": "[#1]O[!#6;!#7;!#8;!#16]",
    "[#1][!C;!N;!O]": "[#1][!#6;!#7;!#8]",
}


@lru_cache(maxsize=1)
def logp_types() -> tuple[tuple[str, float], ...]:
    """Return pattern (SMARTS of the typed atom first) and contribution, in order of precedence.

    An atom has the type of the first pattern it matches. Source: 10.1021/ci990307l.
    """
    lines = (Path(RDConfig.RDDataDir) / "Crippen.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line.strip() and not line.startswith("#"))
    return tuple(
        (_COMPILED.get(row[1], row[1]), float(row[2]))
        for row in rows
        if len(row) > 2 and row[2]  # noqa: PLR2004 - name, pattern, log P
    )
