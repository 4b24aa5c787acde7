"""How well each round's surrogates foretold compounds they had not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hitsieve.campaign.state import Round

_NETWORK: Final = "network"
_BASELINE: Final = "baseline"


@dataclass(frozen=True, slots=True)
class Skill:
    """The surrogates of one round and target.

    Attributes
    ----------
    round, target
        Which; the target is empty where there is only one.
    labels
        Compounds that they learned from; None where they do not tell.
    chosen
        The kind that foretold the pool.
    skills
        Rank correlation with measured values on left-out compounds, by kind.
    dropped, loss
        Compounds that are left out from the next round on, and the expected share of the top
        that is lost with them.
    """

    round: int
    target: str
    labels: int | None
    chosen: str
    skills: dict[str, float]
    dropped: int = 0
    loss: float = 0.0


def skills_of(rounds: Sequence[Round]) -> tuple[list[Skill], list[str]]:
    """Return the skills of all rounds, and the kinds that were ever judged, in order."""
    found = [skill for one in rounds for skill in _skills(one)]
    kinds = dict.fromkeys(kind for skill in found for kind in skill.skills)
    return found, list(kinds)


def _skills(one: Round) -> Iterator[Skill]:
    """Yield the skills of a round: one a target, from whatever its surrogates tell."""
    parts: Mapping[str, Any] = one.surrogate.get("targets") or {"": one.surrogate}
    for target, told in parts.items():
        if told.get("skills"):
            pruned = told.get("pruned", {})
            yield Skill(
                round=one.number,
                target=target,
                labels=told.get("labels"),
                chosen=told["chosen"],
                skills={kind: skill["spearman"] for kind, skill in told["skills"].items()},
                dropped=pruned.get("dropped", 0),
                loss=pruned.get("expected_loss", 0.0),
            )
        elif told.get("metrics"):
            skills = _carded(told["metrics"])
            if skills:
                yield Skill(one.number, target, told.get("labels"), _NETWORK, skills)


def _carded(metrics: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the rank correlations on a model's card: of the network, and of its baseline."""
    ranks = [one for one in metrics if one["metric"] == "spearman"]
    return {
        kind: one[name]
        for one in ranks
        for kind, name in ((_NETWORK, "value"), (_BASELINE, "baseline"))
        if one.get(name) is not None
    }
