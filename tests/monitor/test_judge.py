"""A model in use, its former version, a screen, and measurements that came later."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.errors import ChecksumError, DatasetError, NotFoundError, SchemaError
from hitsieve.library import Library
from hitsieve.monitor.judge import ScreenJudgment, find_screened, judge_screen, read_new_labels
from hitsieve.monitor.new_labels import Known
from hitsieve.monitor.scoreboard import ClassScores, ValueScores
from hitsieve.registry.bundle import read_bundle
from hitsieve.registry.registry import Registry
from hitsieve.screen.journal import scored_at
from hitsieve.screen.scores import Scores

Make = Callable[..., pa.Table]
MIRROR = os.environ.get("HITSIEVE_DATA_MIRROR", "")
LATER = datetime.now(UTC) + timedelta(days=30)


@dataclasses.dataclass(frozen=True)
class Compounds:
    """Compounds by what the model knows of them."""

    new: list[str]
    tested: list[str]
    learned: list[str]
    smiles: dict[str, str]


@pytest.fixture
def compounds(in_use: Any) -> Compounds:
    library = Library.open(in_use.screens[1].parent / "library")
    rows = pa.concat_tables(library.iter_tables(["compound_id", "smiles"])).to_pylist()
    known = Known.of(read_bundle(in_use.registry.root / "small" / "1").contents.training)
    smiles = {row["compound_id"]: row["smiles"] for row in rows}
    return Compounds(
        sorted(set(smiles) - known.learned - known.held_out),
        sorted(known.held_out),
        sorted(known.learned),
        smiles,
    )


@pytest.fixture
def foretold(in_use: Any) -> Callable[[int, str], dict[str, float]]:
    """What a version foretold of a target, by compound."""

    def scores(version: int, target: str) -> dict[str, float]:
        table = Scores.open(in_use.screens[version], target).top(1000)
        return dict(zip(table["compound_id"].to_pylist(), table["score"].to_pylist(), strict=True))

    return scores


@pytest.fixture
def judged(in_use: Any, compounds: Compounds, make_labels: Make) -> Callable[..., ScreenJudgment]:
    """Judge the present version by values of compounds, measured later."""

    def judge(values: dict[str, float], target: str, **changes: Any) -> ScreenJudgment:
        n = len(values)
        unit = {"potency": "pX", "amine": "class"}[target]
        columns = {
            "target": [target] * n,
            "unit": [unit] * n,
            "measured_at": [LATER] * n,
            "smiles": [compounds.smiles[name] for name in values],
            **changes,
        }
        screened = find_screened(in_use.screens[2], target, registry=in_use.registry)
        return judge_screen(screened, make_labels(values, **columns), registry=in_use.registry)

    return judge


def _noisy(scores: dict[str, float], names: list[str], *, shift: float = 0.0) -> dict[str, float]:
    rng = np.random.default_rng(1)
    return {name: scores[name] + shift + 0.1 * rng.normal() for name in names}


def test_predictions_that_come_true_keep_the_model(
    compounds: Compounds, foretold: Any, judged: Any
) -> None:
    found = judged(_noisy(foretold(2, "potency"), compounds.new), "potency")
    assert (found.model, found.advice) == ("small@2", "keep")
    assert isinstance(found.overall.scores, ValueScores)
    assert found.overall.scores.rmse.value == pytest.approx(0.1, abs=0.03)
    assert found.overall.counts.compared == len(compounds.new) == 84
    assert found.learned == 134
    assert {part.kind for part in found.slices} == {"scaffold", "month"}
    told = found.to_dict()
    assert told["overall"]["task"] == "regression"
    assert told["predicted_at"] == found.predicted_at.isoformat()


def test_measurements_that_favor_the_former_version_roll_back(
    compounds: Compounds, foretold: Any, judged: Any
) -> None:
    found = judged(_noisy(foretold(1, "potency"), compounds.new), "potency")
    assert found.advice == "roll back"
    assert "small@1 predicts them better" in found.reason
    assert "on 84 compounds" in found.reason


def test_errors_beyond_the_promise_that_no_version_foretold_retrain(
    compounds: Compounds, foretold: Any, judged: Any
) -> None:
    found = judged(_noisy(foretold(2, "potency"), compounds.new, shift=5.0), "potency")
    assert found.advice == "retrain"
    assert "above the promised" in found.reason


def test_few_measurements_wait(compounds: Compounds, foretold: Any, judged: Any) -> None:
    found = judged(_noisy(foretold(1, "potency"), compounds.new[:19]), "potency")
    assert found.advice == "wait"


def test_a_former_version_that_is_blocked_is_no_way_back(
    in_use: Any, compounds: Compounds, foretold: Any, make_labels: Make, tmp_path: Path
) -> None:
    shutil.copytree(in_use.registry.root, tmp_path / "models")
    registry = Registry(tmp_path / "models")
    registry.quarantine("small", 1, "wrong plates")
    values = _noisy(foretold(1, "potency"), compounds.new)
    labels = make_labels(
        values,
        target=["potency"] * len(values),
        measured_at=[LATER] * len(values),
        smiles=[compounds.smiles[name] for name in values],
    )
    screened = find_screened(in_use.screens[2], "potency", registry=registry)
    assert judge_screen(screened, labels, registry=registry).advice == "retrain"


def test_probabilities_that_come_true_keep_a_classifier(
    compounds: Compounds, foretold: Any, judged: Any
) -> None:
    scores, rng = foretold(2, "amine"), np.random.default_rng(3)
    drawn = {name: float(rng.random() < scores[name]) for name in compounds.new}
    found = judged(drawn, "amine")
    assert found.overall.task == "classification"
    assert found.advice == "keep", found.reason
    scores_ = found.overall.scores
    assert isinstance(scores_, ClassScores)
    assert scores_.lower <= scores_.predicted <= scores_.upper  # Venn-Abers bounds were there


def test_probabilities_that_do_not_come_true_retrain_a_classifier(
    compounds: Compounds, foretold: Any, judged: Any
) -> None:
    scores = foretold(2, "amine")
    found = judged({name: float(scores[name] < 0.5) for name in compounds.new}, "amine")
    assert found.advice == "retrain"
    assert "do not come true" in found.reason


def test_training_compounds_are_left_out_and_counted(
    compounds: Compounds, foretold: Any, judged: Any
) -> None:
    scores = foretold(2, "potency")
    values = _noisy(scores, compounds.new)
    # What the model remembers would look like skill; here it would look like failure.
    values |= {name: scores[name] + 50 for name in compounds.learned}
    counts = judged(values, "potency").overall.counts
    assert (counts.measured, counts.known) == (218, 134)
    assert (counts.before, counts.compared, counts.undated) == (0, 84, 0)
    assert judged(values, "potency").advice == "keep"


def test_handing_back_the_training_labels_gives_nothing_new(in_use: Any) -> None:
    screened = find_screened(in_use.screens[2], "potency", registry=in_use.registry)
    labels = read_new_labels(str(in_use.card), folder=in_use.data, policy=screened.policy)
    with pytest.raises(DatasetError, match="nothing new to compare; of 168 labels") as caught:
        judge_screen(screened, labels, registry=in_use.registry)
    assert "134 already known to the model, 34 measured before" in caught.value.message
    assert "measurements made after the screen" in caught.value.cure


def test_the_screens_own_time_parts_old_from_new(
    in_use: Any, compounds: Compounds, foretold: Any, judged: Any
) -> None:
    moment = scored_at(in_use.screens[2])
    assert moment is not None
    names = [*compounds.new[:60], *compounds.tested]
    times: list[datetime | None] = [moment - timedelta(hours=1)] * 10
    times += [moment + timedelta(hours=1)] * 20 + [None] * 30
    times += [LATER] * 4 + [None] * (len(compounds.tested) - 4)
    values = _noisy(foretold(2, "potency"), names)
    found = judged(values, "potency", measured_at=times)
    assert found.predicted_at == moment
    counts = found.overall.counts
    # 10 were measured before, and 30 are undated results of the model's own test part.
    assert (counts.measured, counts.known, counts.before) == (94, 0, 40)
    assert (counts.compared, counts.undated) == (54, 30)


def test_a_moment_that_is_given_counts_instead(
    in_use: Any, compounds: Compounds, foretold: Any, make_labels: Make
) -> None:
    values = _noisy(foretold(2, "potency"), compounds.new)
    labels = make_labels(
        values,
        target=["potency"] * len(values),
        smiles=[compounds.smiles[name] for name in values],
        measured_at=[datetime(2020, 1, 1, tzinfo=UTC)] * len(values),
    )
    screened = find_screened(in_use.screens[2], "potency", registry=in_use.registry)
    with pytest.raises(DatasetError, match="84 measured before"):
        judge_screen(screened, labels, registry=in_use.registry)
    early = datetime(2019, 1, 1, tzinfo=UTC)
    found = judge_screen(screened, labels, registry=in_use.registry, predicted_at=early)
    assert found.overall.counts.compared == 84


def test_another_unit_is_refused(compounds: Compounds, judged: Any) -> None:
    values = dict.fromkeys(compounds.new, 250.0)
    with pytest.raises(DatasetError, match="measured in 'nM' and predicted in 'pX'"):
        judged(values, "potency", unit=["nM"] * len(values))


def test_a_registry_that_moved_is_found_and_another_model_is_not_taken_for_it(
    in_use: Any, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(in_use.registry.root, models)
    shutil.copytree(in_use.screens[2], tmp_path / "screen")
    plan = tmp_path / "screen" / "screen.json"
    gone = plan.read_text().replace(str(in_use.registry.root), str(tmp_path / "gone"))
    plan.write_text(gone)
    found = find_screened(tmp_path / "screen", "potency", registry=Registry(models))
    assert found.bundle.folder == models / "small" / "2"
    shutil.rmtree(models / "small" / "2")
    shutil.copytree(models / "small" / "1", models / "small" / "2")
    with pytest.raises(ChecksumError, match="is not the model that scored"):
        find_screened(tmp_path / "screen", "potency", registry=Registry(models))


def test_the_model_must_be_there(in_use: Any) -> None:
    with pytest.raises(NotFoundError, match="no target 'potencies'"):
        find_screened(in_use.screens[2], "potencies", registry=in_use.registry)


def test_label_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no label table"):
        read_new_labels(str(tmp_path / "absent.parquet"), folder=tmp_path)
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DatasetError, match="not readable Parquet"):
        read_new_labels(str(tmp_path / "torn.parquet"), folder=tmp_path)
    pq.write_table(pa.table({"smiles": ["C"]}), tmp_path / "other.parquet")
    with pytest.raises(SchemaError, match=r"other\.parquet"):
        read_new_labels(str(tmp_path / "other.parquet"), folder=tmp_path)


def test_one_measurement_on_a_card_is_enough_to_be_read(tmp_path: Path, in_use: Any) -> None:
    card = in_use.card.read_text().replace("both.csv", "few.csv")
    (tmp_path / "few.yaml").write_text(card)
    (tmp_path / "few.csv").write_text("smiles,y,active\nFCCCc1ccccc1,6.5,0\n")
    labels = read_new_labels(str(tmp_path / "few.yaml"), folder=tmp_path / "data")
    assert labels["value"].to_pylist() == [6.5, 0.0]
    (tmp_path / "few.csv").write_text("smiles,y,active\nFCCCc1ccccc1,7.5,1\n")
    labels = read_new_labels(str(tmp_path / "few.yaml"), folder=tmp_path / "data")
    assert labels["value"].to_pylist() == [7.5, 1.0]


@pytest.mark.data
@pytest.mark.skipif(
    not (Path(MIRROR) / "moleculenet_chemprop/delaney.csv").is_file() or not MIRROR,
    reason="HITSIEVE_DATA_MIRROR has no ESOL",
)
def test_a_data_set_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    labels = read_new_labels("esol", folder=Path("data"))
    assert set(labels["target"].to_pylist()) == {"ESOL"}
    # Fetched once, it is read from the data folder.
    monkeypatch.delenv("HITSIEVE_DATA_MIRROR")
    assert read_new_labels("esol", folder=Path("data")).equals(labels)
