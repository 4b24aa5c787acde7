"""No text brings the standardizer down, holds it up, or makes it contradict itself."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from hitsieve.chem.standardize import Standardizer
from hitsieve.schema.codes import CODES, MESSAGE_LIMIT, Code

if TYPE_CHECKING:
    from hitsieve.chem.standardize import Standardized

FAST, FULL = Standardizer(), Standardizer(fast_path=False)
TOKENS: Final = (
    *"CNOPSFIBcnops()[]=#$:~/\\@+-.%123456789*H |&,{}>",
    *("Cl", "Br", "[nH]", "[C@@H]", "[C@H]", "[N+]", "[O-]", "[Na+]", "c1ccccc1", "C(=O)O"),
    *("[2H]", "[H]", "%10", "%(100)", "|&1:1|", "|$_R1$|", ".Cl", "[Fe]", "->", "<-", "[13C]"),
    *("[C:1]", "[Si]", "[se]", "[te]", "[P-]", "[S@SP1]", "[Pt@OH12]", "[U]", "\u00a0", "\x00"),
)
# Far above the soft limit: steps are not interrupted, and machines are busy.
MUST_END_S: Final = 60
DATA: Final = Path(__file__).resolve().parents[1] / "data"


def _seeds() -> list[str]:
    texts = (DATA / "fuzz" / "seeds.smi").read_text().splitlines()
    with (DATA / "nasty" / "nasty_inputs.csv").open(newline="", encoding="utf-8") as stream:
        nasty = [row["input"] for row in csv.DictReader(stream) if row["kind"] == "smiles"]
    return [line.rsplit(" ", 1)[0] for line in texts] + nasty


def _mutated(text: str, edits: list[tuple[int, float, str]]) -> str:
    for kind, place, token in edits:
        at = int(place * len(text))
        if kind == 0:
            text = text[:at] + token + text[at:]
        elif kind == 1:
            text = text[:at] + token + text[at + len(token) :]
        elif kind == 2:
            text = text[:at] + text[at + 1 :]
        elif kind == 3:
            text = text[at:] + text[:at]
        else:
            text += text[at:] * len(token)
    return text


EDITS = st.lists(
    st.tuples(st.integers(0, 4), st.floats(0, 1, exclude_max=True), st.sampled_from(TOKENS)),
    max_size=6,
)
TEXTS = st.one_of(
    st.builds(_mutated, st.sampled_from(_seeds()), EDITS),
    st.builds(
        lambda a, b, cut: a[: int(cut * len(a))] + b[int(cut * len(b)) :],
        st.sampled_from(_seeds()),
        st.sampled_from(_seeds()),
        st.floats(0, 1),
    ),
    st.lists(st.sampled_from(TOKENS), max_size=60).map("".join),
    st.text(max_size=60),
)


def _agrees(text: str) -> Standardized:
    started = time.monotonic()
    found = FAST(text)
    assert time.monotonic() - started < MUST_END_S, text
    assert found.code is not Code.INTERNAL, (text, found.message)
    assert CODES[found.code].status == found.status
    assert len(found.message) <= MESSAGE_LIMIT
    assert found.message.isprintable()
    assert found.kept == (found.compound_id is not None) == (found.smiles is not None)
    if found.code is not Code.TIMEOUT:
        assert found == FULL(text), text
    return found


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_any_text_ends_as_one_row(campaign: Any) -> None:
    @settings(
        max_examples=1000,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(TEXTS)
    def one(text: str) -> None:
        if campaign.over:
            return
        campaign.note(text.encode("utf-8", "surrogatepass"))
        found = _agrees(text)
        if found.kept:
            assert found.smiles is not None
            again = FAST(found.smiles)
            assert (again.compound_id, again.smiles) == (found.compound_id, found.smiles), text

    for number in campaign.rounds():
        seed(number)(one)()
