"""Tables of measurements and predictions, and a model in use."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.library import LibraryConfig, build_library
from hitsieve.modeling.config import CardData, SplitConfig, TrainConfig
from hitsieve.modeling.tables import golden_table
from hitsieve.modeling.train import train_model
from hitsieve.registry.bundle import Bundle, read_bundle
from hitsieve.registry.registry import Registry
from hitsieve.schema import LABELS, SCORES
from hitsieve.scoring.load import BundleScorer
from hitsieve.screen import ScreenConfig, run_screen
from hitsieve.testing.cards import write_card

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RINGS = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1")
LINKS = ("C", "CC", "C(=O)N", "OC", "CN", "S(=O)(=O)N", "CCO")
TAILS = ("F", "Cl", "Br", "FC(F)(F)", "O=C", "N#C")


@pytest.fixture
def make_labels() -> Callable[..., pa.Table]:
    """Make LABELS of values by compound, measured one day after the predictions."""

    def make(values: dict[str, float], **changes: Any) -> pa.Table:
        n = len(values)
        columns: dict[str, Any] = {
            "compound_id": list(values),
            "smiles": ["C"] * n,
            "target": ["T"] * n,
            "endpoint": ["pKi"] * n,
            "value": list(values.values()),
            "unit": ["pX"] * n,
            "relation": ["="] * n,
            "assay_id": [""] * n,
            "source": [""] * n,
            "measured_at": [NOW + timedelta(days=1)] * n,
            "status": ["ok"] * n,
            "code": ["none"] * n,
            "message": [""] * n,
        }
        return LABELS.build({**columns, **changes})

    return make


@pytest.fixture
def make_scores() -> Callable[..., pa.Table]:
    """Make SCORES of values by compound, with intervals of one half width."""

    def make(values: dict[str, float], half: float | None = 1.0) -> pa.Table:
        n = len(values)
        scores = np.array(list(values.values()))
        ends = (scores - half, scores + half) if half is not None else ([None] * n, [None] * n)
        return SCORES.build({
            "compound_id": list(values), "score": scores, "std": [0.5] * n, "lower": ends[0],
            "upper": ends[1], "in_domain": [True] * n, "status": ["ok"] * n,
        })  # fmt: skip

    return make


@dataclass(frozen=True)
class InUse:
    """A champion with a former version, a screen by each, and what they learned; never changed.

    The present version foretells two log units more than the former. Both predict ``potency``
    and the class ``amine``, and learned from two thirds of the library's compounds.
    """

    card: Path
    registry: Registry
    screens: dict[int, Path]
    data: Path


@pytest.fixture(scope="session")
def in_use(tmp_path_factory: pytest.TempPathFactory) -> InUse:
    root = tmp_path_factory.mktemp("in-use")
    texts = [tail + link + ring for ring, link, tail in itertools.product(RINGS, LINKS, TAILS)]
    order = np.random.default_rng(5).permutation(len(texts))
    card = _write_card(root, [texts[n] for n in sorted(order[: 2 * len(texts) // 3])])
    (root / "in.smi").write_text("".join(f"{text} m{n}\n" for n, text in enumerate(texts)))
    models = root / "models"
    train = TrainConfig(
        name="small",
        data=(CardData(card=str(card)),),
        split=SplitConfig(kind="random", fractions=(0.6, 0.2, 0.2)),
        recipe="fast",
        overrides={
            "network": {"hidden": 16, "head_hidden": 16, "readout": "sum"},
            "training": {"members": 2, "epochs": 12, "warmup": 1, "batch_size": 32,
                         "learning_rate": 5e-3},
            "baseline": {"trees": 10},
        },
        registry=models,
        runs=root / "runs",
        data_folder=root / "data",
        seed=3,
    )  # fmt: skip
    screens = {version: root / f"screen-{version}" for version in (1, 2)}
    with SerialExecutor() as executor:
        build_library(
            LibraryConfig(inputs=[str(root / "in.smi")], output=root / "library", shard_rows=100),
            executor,
        )
        train_model(train, executor)
        registry = Registry(models)
        registry.set_alias("small", "champion", 1, event="promoted")
        _add_later_version(registry)
        for version, output in screens.items():
            screen = ScreenConfig(
                library=root / "library", models=[f"small@{version}"], output=output,
                registry=models,
            )  # fmt: skip
            run_screen(screen, executor)
    return InUse(card, registry, screens, root / "data")


def _write_card(root: Path, texts: list[str]) -> Path:
    rng = np.random.default_rng(4)
    lines = ["smiles,y,active"]
    for text in texts:
        potency = 4 + 0.2 * text.upper().count("C") + 0.3 * rng.normal()
        lines.append(f"{text},{potency:.2f},{int('N' in text.upper())}")
    meanings = {
        "y": ("pIC50", "pX", "regression", "potency"),
        "active": ("active", "class", "classification", "amine"),
    }
    columns = {
        name: {
            "endpoint": endpoint,
            "unit": unit,
            "direction": "higher",
            "task": task,
            "target": target,
        }
        for name, (endpoint, unit, task, target) in meanings.items()
    }
    return write_card(root, "both", lines, columns)


def _add_later_version(registry: Registry) -> None:
    contents = read_bundle(registry.root / "small" / "1").contents
    moved = tuple(
        target.model_copy(update={"mean": target.mean + 2.0})
        if target.name == "potency"
        else target
        for target in contents.config.targets
    )
    config = contents.config.model_copy(update={"targets": moved})
    contents = dataclasses.replace(contents, config=config)
    scorer = BundleScorer(Bundle(registry.root / "small" / "0", "", contents))
    smiles = list(dict.fromkeys(contents.golden["smiles"].to_pylist()))
    golden = golden_table(scorer.model, smiles, 0)
    entry = registry.add(dataclasses.replace(contents, golden=golden))
    registry.set_alias("small", "champion", entry.version, event="promoted")
