from __future__ import annotations

import pytest

from hitsieve.chem.outcome import _WEIGHT, Note, Refused, SoftLimit, leading_code, show, too_large
from hitsieve.chem.policy import ChemPolicy
from hitsieve.schema.codes import CODES, Code, Status


def test_the_gravest_note_leads() -> None:
    notes = [Note(Code.TEXT_CLEANED, "a"), Note(Code.STEREO_REMOVED, "b")]
    assert leading_code(notes) == Code.STEREO_REMOVED
    assert leading_code([]) == Code.NONE


def test_every_code_of_a_kept_record_has_a_weight() -> None:
    kept = {c for c, info in CODES.items() if info.status in {Status.OK, Status.STANDARDIZED}}
    assert set(_WEIGHT) == kept - {Code.NONE}


def test_the_soft_limit_names_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.5, 3.0])
    monkeypatch.setattr("hitsieve.chem.outcome.time.thread_time", lambda: next(clock))
    limit = SoftLimit(2.0)
    limit.check("parsing")
    with pytest.raises(Refused, match="up to splitting") as caught:
        limit.check("splitting")
    assert caught.value.code == Code.TIMEOUT


def test_too_large_names_both_numbers() -> None:
    refusal = too_large(204, ChemPolicy())
    assert "204" in refusal.message
    assert "150" in refusal.message


def test_a_shown_value_is_short() -> None:
    assert show("CCO") == "'CCO'"
    assert len(show("C" * 500)) == 62


def test_a_refusal_tells_what_came_before_once() -> None:
    notes = [Note(Code.TEXT_CLEANED, "a"), Note(Code.NEUTRALIZED, "b"), Note(Code.NORMALIZED, "a")]
    refusal = Refused(Code.MIXTURE, "two").after(notes)
    assert (refusal.code, refusal.message) == (Code.MIXTURE, "two; a; b")
