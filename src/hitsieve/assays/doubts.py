"""What a reader of a model card must be told about its measurements, in sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, TypeVar

from hitsieve.assays.values import CURES, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsieve.assays.report import ConflictReport, CurationReport, Outlier, TargetReport

Item = TypeVar("Item", "ConflictReport", "Outlier")

_NAMED: Final = 3
_LONGEST: Final = 40
_TARGETS: Final = 5
_MANY_REFUSED: Final = 0.05
"""Share of refused structures from which a card warns of them."""
_MANY_CONFLICTS: Final = 0.05
"""Share of compounds whose measurements disagree from which a card warns of them."""


def doubts(report: CurationReport) -> tuple[str, ...]:
    """Return what a curation leaves in doubt: refusals by reason, outliers, targets left out."""
    targets = report.targets
    kept = [target for target in targets if not target.left_out]
    return (
        *_lost_structures(report),
        *_most([(sum(t.refused.values()), _refused(t, report)) for t in targets], "refused values"),
        *_most(
            [(t.labels, f"{t.target}: {t.advice}") for t in kept if t.advice],
            "labels that want another form",
        ),
        *_conflicts(report, kept),
        *_outliers(report, kept),
        *_most([(t.cells + 1, _left_out(t)) for t in targets if kept], "too little to learn"),
    )


def refusals(report: CurationReport) -> dict[str, int]:
    """Return how many cells were refused, by reason."""
    return dict(sorted(Counter(item.code for item in report.refused_values).items()))


def _lost_structures(report: CurationReport) -> list[str]:
    lost = len(report.refused_records)
    if lost <= _MANY_REFUSED * report.records:
        return []
    codes = Counter(item.code for item in report.refused_records).most_common(_NAMED)
    first = report.refused_records[0]
    such = f"{_short(first.text)} at {first.record}" if first.text else first.record
    told = ", ".join(f"{count} {code}" for code, count in codes)
    sentence = (
        f"{report.dataset}: {lost} of {report.records} records were refused "
        f"({told}), such as {such}; docs/codes.md tells what the codes mean."
    )
    return [sentence]


def _refused(target: TargetReport, report: CurationReport) -> str:
    told = []
    for why, count in sorted(target.refused.items(), key=lambda item: -item[1]):
        example = next(
            (i for i in report.refused_values if i.target == target.target and i.code == why), None
        )
        such = f", such as {_short(example.text)} at {example.record}" if example else ""
        told.append(f"{count} as {why}{such} ({CURES[Refusal(why)]})")
    total = sum(target.refused.values())
    return (
        f"{target.target}: {total} of {target.cells} measured values were refused: "
        f"{'; '.join(told)}."
    )


def _conflicts(report: CurationReport, kept: list[TargetReport]) -> list[str]:
    by_target = _by_target(report.conflicts)
    told = []
    for target in kept:
        found = by_target[target.target]
        lost = sum(not item.kept for item in found)
        if len(found) <= _MANY_CONFLICTS * (target.labels + lost):
            continue
        first = found[0]
        sentence = (
            f"{target.target}: measurements of {len(found)} of {target.labels + lost} compounds "
            f"contradict each other, such as {' and '.join(first.values[:_NAMED])} of "
            f"{first.compound_id}; {lost} of them were left out, the others joined. Check whether "
            "several assays, or units, were put into one column."
        )
        told.append((len(found), sentence))
    return _most(told, "contradictions")


def _outliers(report: CurationReport, kept: list[TargetReport]) -> list[str]:
    by_target = _by_target(report.outliers)
    told = []
    for target in kept:
        found = by_target[target.target]
        named = ", ".join(_named(item) for item in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        plural = "s" * (len(found) > 1)
        sentence = (
            f"{target.target}: {len(found)} outlier{plural} among {target.labels} labels, more "
            f"than 6 robust deviations from the median, and learned from: {named}{more}. Check "
            "unit and decimal point."
        )
        told.append((len(found), sentence))
    return _most(told, "outliers")


def _by_target(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[item.target].append(item)
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _named(item: Outlier) -> str:
    where = ", ".join(part for part in (item.record, item.compound_id) if part)
    return f"{item.value:.6g} ({where}; {item.deviations:+.3g} deviations)"


def _left_out(target: TargetReport) -> str:
    return f"{target.target} is not learned: {target.left_out}." if target.left_out else ""


def _most(told: list[tuple[int, str]], what: str) -> list[str]:
    """Return the sentences that speak of most, and how many there are beyond five."""
    real = sorted((one for one in told if one[0] and one[1]), key=lambda one: -one[0])
    sentences = [text for _, text in real[:_TARGETS]]
    if len(real) > _TARGETS:
        sentences.append(
            f"{len(real) - _TARGETS} more targets with {what}: see curation.json of the run."
        )
    return sentences
