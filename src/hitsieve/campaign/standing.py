"""What stands of finished rounds: a laboratory may tell more, or better, after one was closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from hitsieve.campaign.laboratory import Laboratory
from hitsieve.errors import ChecksumError
from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.campaign.state import CampaignFolder, Round
    from hitsieve.oracles.protocol import Oracle


def standing(oracle: Oracle, rounds: Sequence[Round]) -> list[Round]:
    """Return rounds with the labels that stand now.

    Those of a laboratory are joined anew from all that was told of their compounds, late and
    revised results too. What any other oracle measured stands as it was committed.
    """
    if not isinstance(oracle, Laboratory):
        return list(rounds)
    return [
        replace(one, labels=oracle.measure(_pairs(one.labels))) if one.labels.num_rows else one
        for one in rounds
    ]


def settled(folder: CampaignFolder, number: int, before: Sequence[Round]) -> list[Round]:
    """Return the rounds before one with the labels it is chosen by, kept with it.

    They are kept when this is first asked: results that come while a round is being chosen, or
    between a kill and the next try, change neither what it learns nor what it has to beat.

    Parameters
    ----------
    folder
        Of the campaign.
    number
        Of the round that is chosen.
    before
        All rounds before it, as they stand.

    Raises
    ------
    ChecksumError
        If the kept labels are not of these rounds.
    """
    told = pa.concat_tables([one.labels for one in before])
    kept = folder.settle(number, told)
    if not kept["compound_id"].equals(told["compound_id"]):
        raise ChecksumError(
            f"{folder.known_path(number)} holds labels of other rounds",
            cure="restore the file; or delete it, then the round learns from what stands now",
        )
    found, start = [], 0
    for one in before:
        found.append(replace(one, labels=kept.slice(start, one.labels.num_rows)))
        start += one.labels.num_rows
    return found


def fingerprint_of(rounds: Sequence[Round]) -> str:
    """Return a fingerprint of all values and relations of some rounds."""
    columns = ("compound_id", "value", "relation")
    return fingerprint([one.labels.column(name).to_pylist() for one in rounds for name in columns])


def _pairs(labels: pa.Table) -> list[tuple[str, str]]:
    """Return the compounds of some labels, each once: of a panel it has a row a target."""
    rows = labels.select(["compound_id", "smiles"]).to_pylist()
    return list(dict.fromkeys((row["compound_id"], row["smiles"]) for row in rows))
