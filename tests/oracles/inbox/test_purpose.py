from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.errors import ChecksumError, UsageError
from hitsieve.oracles.inbox import InboxConfig, InboxOracle, read_results, write_batch
from hitsieve.oracles.inbox.purpose import FILE, check_purpose, claim_purpose

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

OTHER = {"target": "ABL1", "endpoint": "pKd"}


def other(config: InboxConfig, **changes: Any) -> InboxConfig:
    return config.model_copy(update=changes)


def results(path: Path, picks: pa.Table) -> Path:
    lines = [f"{name},{5 + i / 10},pX" for i, name in enumerate(picks["compound_id"].to_pylist())]
    path.write_text("\n".join(["compound_id,value,unit", *lines]))
    return path


def test_results_of_one_assay_never_become_those_of_another(
    config: InboxConfig, picks: pa.Table, tmp_path: Path
) -> None:
    first, second = InboxOracle(config), InboxOracle(other(config, **OTHER))  # both before use
    first.ask(picks, batch="b")
    first.tell(results(tmp_path / "r.csv", picks))
    words = "is of 'CDK2', pIC50 in pX, higher is better, not of 'ABL1', pKd in pX"
    with pytest.raises(UsageError, match=words):
        second.ask(picks, batch="c")
    with pytest.raises(UsageError, match=words):
        second.tell(tmp_path / "r.csv")
    with pytest.raises(UsageError, match=words):
        InboxOracle(other(config, **OTHER))
    # Even if the record is made to agree, each result says what it is of.
    (config.folder / FILE).unlink()
    claimed = other(config, folder=tmp_path / "new", **OTHER)
    claim_purpose(claimed.folder, claimed)
    (config.folder / "results").rename(claimed.folder / "results")
    with pytest.raises(ChecksumError, match="result of target 'CDK2', this inbox is of 'ABL1'"):
        InboxOracle(claimed).labels([(picks["compound_id"][0].as_py(), "CCO")])


@pytest.mark.parametrize(
    "changes",
    [{"target": "ABL1"}, {"endpoint": "pKd"}, {"unit": "nM"}, {"higher_is_better": False}],
)
def test_target_endpoint_unit_and_direction_are_held(
    config: InboxConfig, changes: dict[str, Any]
) -> None:
    claim_purpose(config.folder, config)
    claim_purpose(config.folder, other(config, plate_wells=384, replicates=2))
    with pytest.raises(UsageError, match="not of"):
        claim_purpose(config.folder, other(config, **changes))


def test_each_result_says_what_it_is_of(
    config: InboxConfig, picks: pa.Table, tmp_path: Path
) -> None:
    write_batch(config.folder, picks, config, batch="b")
    read_results(results(tmp_path / "r.csv", picks), config.folder, config)
    kept = [json.loads(path.read_text()) for path in config.folder.glob("results/*/*.json")]
    assert len(kept) == len(picks)
    assert {(one["target"], one["endpoint"], one["unit"]) for one in kept} == {
        ("CDK2", "pIC50", "pX")
    }


def test_an_inbox_that_does_not_say_is_refused_with_what_to_write(
    config: InboxConfig, picks: pa.Table
) -> None:
    write_batch(config.folder, picks, config, batch="b")
    (config.folder / FILE).unlink()
    with pytest.raises(UsageError, match=r"no inbox\.json says of what") as caught:
        check_purpose(config.folder, config)
    text = str(caught.value.cure)
    (config.folder / FILE).write_text(text[text.index("{") : text.index("}") + 1])
    check_purpose(config.folder, config)
    (config.folder / FILE).write_text("{}")
    with pytest.raises(ChecksumError, match=r"inbox\.json is damaged"):
        check_purpose(config.folder, config)
