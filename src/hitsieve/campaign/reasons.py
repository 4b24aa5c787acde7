"""Why each pick was picked: its rank, and what it resembles of what is known to be good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.picks import CONTROL
from hitsieve.campaign.spacing import fingerprints
from hitsieve.chem.fingerprints import morgan_from_smiles, nearest_tanimoto

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.picks import Pick
    from hitsieve.campaign.state import Round
    from hitsieve.library import Library

_DRAWN: Final = frozenset({CONTROL, "random"})
_BEST_SHARE: Final = 10
_MOST_ACTIVES: Final = 100


@dataclass(frozen=True, slots=True)
class Actives:
    """The best compounds that are known.

    Attributes
    ----------
    names
        What people call them: a supplier's identifier, or the structure key, or SMILES.
    values
        Measured values; None of known actives that nobody measured here.
    morgan
        uint8 (n, 256): packed Morgan fingerprints.
    """

    names: list[str]
    values: list[float | None]
    morgan: NDArray[np.uint8]


def known_actives(
    library: Library,
    before: Sequence[Round],
    smiles: Sequence[str],
    *,
    higher_is_better: bool,
) -> Actives | None:
    """Return the best tenth of what was measured, at most 100, and actives named by SMILES.

    The audit is left out, and so are bounds that may be poorer than they look.

    Parameters
    ----------
    library
        The pool.
    before
        Finished rounds.
    smiles
        Further actives, known before the campaign.
    higher_is_better
        Direction of the endpoint.
    """
    sign = 1.0 if higher_is_better else -1.0
    measured = [
        (-sign * value, pick.compound_id, value)
        for one in before
        for pick, value in zip(
            one.picks, one.counted(higher_is_better=higher_is_better), strict=True
        )
        if pick.reason != CONTROL and not np.isnan(value)
    ]
    n = min(_MOST_ACTIVES, -(-len(measured) // _BEST_SHARE))
    best = sorted(measured)[:n]
    if not best and not smiles:
        return None
    ids = [name for _, name, _ in best]
    rows = library.lookup(ids, ["compound_id", "source_ids"]).to_pylist()
    called = {row["compound_id"]: next(iter(row["source_ids"]), "") for row in rows}
    bits = [fingerprints(library, ids)] if ids else []
    bits += [morgan_from_smiles(smiles)] if smiles else []
    return Actives(
        [called[name] or name for name in ids] + list(smiles),
        [value for _, _, value in best] + [None] * len(smiles),
        np.concatenate(bits),
    )


def explained(picks: Sequence[Pick], library: Library, actives: Actives | None) -> list[Pick]:
    """Return picks with their rank and the nearest known active; those drawn by lot as they are."""
    ranked = [one for one in picks if one.reason not in _DRAWN]
    if not ranked:
        return list(picks)
    told = {one.compound_id: replace(one, rank=n) for n, one in enumerate(ranked, 1)}
    if actives is not None:
        similarity, place = nearest_tanimoto(fingerprints(library, list(told)), actives.morgan)
        for one, near, which in zip(list(told.values()), similarity, place, strict=True):
            told[one.compound_id] = replace(
                one,
                nearest=actives.names[which],
                similarity=round(float(near), 3),
                nearest_value=actives.values[which],
            )
    return [told.get(one.compound_id, one) for one in picks]


def reason_words(pick: Pick, *, audit: bool = False) -> str:
    """Say why a compound was picked, in the words that forms and reports show.

    A compound of the audit is drawn by lot, as the random ones are: the bench cannot tell it.
    With ``audit``, for reports, it is named.

    Examples
    --------
    >>> from hitsieve.campaign.picks import Pick
    >>> reason_words(Pick("a", "gain", 0.412, rank=3, nearest="CHEMBL25", similarity=0.62,
    ...                   nearest_value=8.1, price=55.0, days=10.0))
    'gain 0.412, rank 3; 0.62 to CHEMBL25 (8.1); price 55, 10 days'
    >>> reason_words(Pick("b", "control")), reason_words(Pick("c", "random"))
    ('drawn at random', 'drawn at random')
    """
    if pick.reason in _DRAWN:
        parts = [
            "audit, drawn at random" if audit and pick.reason == CONTROL else "drawn at random"
        ]
    else:
        value = "" if pick.value is None or pick.reason == "near" else f" {pick.value:.3g}"
        rank = "" if pick.rank is None else f", rank {pick.rank}"
        parts = [f"{pick.reason}{value}{rank}"]
    if pick.similarity is not None:
        value = "" if pick.nearest_value is None else f" ({pick.nearest_value:.3g})"
        parts.append(f"{pick.similarity:.2f} to {pick.nearest}{value}")
    offer = [] if pick.price is None else [f"price {pick.price:.10g}"]
    offer += [] if pick.days is None else [f"{pick.days:.3g} days"]
    return "; ".join([*parts, *([", ".join(offer)] if offer else [])])
