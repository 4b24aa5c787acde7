"""One slider from exploit to explore, which sets how picks are worth and how unlike they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

_BY_CHANCE: Final = 0.1


def settings_at(explore: float) -> dict[str, dict[str, Any]]:
    """Return what the slider sets, by part of a campaign's configuration.

    =========================  ==========  =====================  ==============================
    setting                    at 0        between                at 1
    =========================  ==========  =====================  ==============================
    ``acquisition.kind``       balance     balance                balance
    ``acquisition.explore``    0: greedy   the slider             1: what is known least
    ``acquisition.epsilon``    0           a tenth of the slider  0.1
    ``diversity.how``          none        maxmin                 maxmin
    ``diversity.weight``       0           the slider             1: unlike, whatever it is worth
    =========================  ==========  =====================  ==============================

    Examples
    --------
    >>> settings_at(0.5)["acquisition"]
    {'kind': 'balance', 'explore': 0.5, 'epsilon': 0.05}
    >>> settings_at(0.0)["diversity"]
    {'how': 'none', 'weight': 0.0}
    """
    if not 0 <= explore <= 1:
        raise InputError(f"explore = {explore} is outside [0, 1]", cure="use 0.3")
    return {
        "acquisition": {"kind": "balance", "explore": explore, "epsilon": _BY_CHANCE * explore},
        "diversity": {"how": "maxmin" if explore else "none", "weight": explore},
    }


def slid(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a campaign's settings with those that its slider sets; without one as they are.

    Raises
    ------
    ValueError
        If it is no number, or one of them is given beside it with another value.
    """
    explore = values.get("explore")
    if explore is None:
        return dict(values)
    if isinstance(explore, bool) or not isinstance(explore, int | float):
        # pydantic takes only a ValueError for the word of a check
        raise ValueError(f"`explore` is a number from 0 to 1, not {explore!r}")  # noqa: TRY004
    if not 0 <= explore <= 1:
        return dict(values)  # refused where its range is checked
    found = dict(values)
    for part, wanted in settings_at(float(explore)).items():
        given = _given(found.get(part))
        if given is None:
            continue  # refused where its type is checked
        clash = [name for name in wanted if name in given and given[name] != wanted[name]]
        if clash:
            name = clash[0]
            raise ValueError(
                f"`explore: {explore}` sets `{part}.{name}` to {wanted[name]!r}, and it is given "
                f"as {given[name]!r}: leave one of them out"
            )
        found[part] = {**given, **wanted}
    return found


def _given(part: Mapping[str, Any] | BaseModel | None) -> dict[str, Any] | None:
    if part is None:
        return {}
    if isinstance(part, dict):
        return dict(part)
    named = getattr(part, "model_fields_set", None)
    return None if named is None else {name: getattr(part, name) for name in named}
