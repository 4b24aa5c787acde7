"""Which well and which compound a row of results speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hitsieve.errors import nearest
from hitsieve.oracles.inbox.layout import well_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsieve.oracles.inbox.batch import Batch
    from hitsieve.oracles.inbox.layout import Well
    from hitsieve.oracles.inbox.tables import TextRow

LONGEST: Final = 80
"""Characters of a laboratory's text that a reason repeats."""


class Refusal(Exception):  # noqa: N818 - no error: the row is listed
    """Says why a row is not taken."""


class Asked:
    """Finds what a row speaks of by well, structure key or supplier's identifier.

    Parameters
    ----------
    batches
        Everything that was asked.
    """

    def __init__(self, batches: Iterable[Batch]) -> None:
        self._wells: dict[tuple[str, str], Well] = {}
        self._plates_of: dict[str, list[str]] = {}
        self._names: dict[str, set[str]] = {}
        for batch in batches:
            for well in batch.wells:
                self._wells[well.plate, well.well] = well
                self._plates_of.setdefault(well.well, []).append(well.plate)
            for pick in batch.compounds:
                known = pick.get("source_ids") or []
                for name in (pick["compound_id"], *([known] if isinstance(known, str) else known)):
                    self._names.setdefault(str(name), set()).add(pick["compound_id"])
        self._plates = {plate for plate, _ in self._wells}

    def find(self, row: TextRow) -> tuple[Well | None, str]:
        """Return the well, if the row names one, and the compound, empty for a control.

        Raises
        ------
        Refusal
            If the row names nothing that was asked, or contradicts itself.
        """
        name = unquoted(row.cells.get("compound_id", ""))
        place = row.cells.get("well", "")
        well = self._well(place, row.cells.get("plate", "")) if place else None
        if well is None and not name:
            raise Refusal("names neither a compound nor a well")
        if well is not None and not name:
            return well, well.compound_id
        compound_id = self._compound(name)
        if well is not None and well.compound_id != compound_id:
            stands = well.compound_id or f"the control {well.control}"
            raise Refusal(
                f"well {well.plate}:{well.well} holds {stands}, not {name[:LONGEST]!r}; "
                "correct the well or the compound"
            )
        return well, compound_id

    def _well(self, place: str, plate: str) -> Well:
        well = well_name(place)
        if well is None:
            raise Refusal(f"{place[:LONGEST]!r} is no well; write it as A01")
        if not plate:
            plates = self._plates_of.get(well, [])
            if len(plates) > 1:
                raise Refusal(f"well {well} is on {len(plates)} plates; fill the column 'plate'")
            if not plates:
                raise Refusal(f"nothing was asked in well {well}")
            plate = plates[0]
        if plate not in self._plates:
            raise Refusal(f"no plate {plate[:LONGEST]!r} was asked{nearest(plate, self._plates)}")
        found = self._wells.get((plate, well))
        if found is None:
            raise Refusal(f"well {well} of plate {plate} is empty")
        return found

    def _compound(self, name: str) -> str:
        found = self._names.get(name)
        if found is None:
            close = nearest(name, self._names)
            raise Refusal(f"compound {name[:LONGEST]!r} was never asked{close}")
        if len(found) > 1:
            raise Refusal(
                f"{name[:LONGEST]!r} names {len(found)} compounds; give the structure key"
            )
        return next(iter(found))


def unquoted(text: str) -> str:
    """Take off the apostrophe that keeps spreadsheets from running a text."""
    return text.removeprefix("'")
