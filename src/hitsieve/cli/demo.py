"""The demo: the whole way from reagents to a ranked hit list, on an embedded default.

Every step calls what a user would call and leaves files where a user would find them. Run
again, it keeps what is finished and goes on from there.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from hitsieve.campaign.compare import Comparison, compare
from hitsieve.campaign.config import CampaignConfig
from hitsieve.campaign.run import Campaign
from hitsieve.campaign.surrogate import GraphSurrogate, GraphSurrogateConfig
from hitsieve.cli.demo_progress import ConsoleReporter
from hitsieve.cli.demo_summary import DemoConfig, DemoSummary
from hitsieve.engine import open_executor
from hitsieve.errors import UsageError
from hitsieve.hits.collect import HitList, collect
from hitsieve.hits.export import csv_text, export
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.library.enumerate import plan_enumeration, write_products
from hitsieve.oracles.shape import ShapeOracle
from hitsieve.provenance import fingerprint, sha256_file, versions
from hitsieve.report.assemble import screen_report
from hitsieve.report.content import Check
from hitsieve.report.html import write_report
from hitsieve.resources import folder as packaged
from hitsieve.store.files import create_exclusive, json_bytes, write_atomic, write_json_atomic

if TYPE_CHECKING:
    from hitsieve.campaign.state import Round
    from hitsieve.cli.demo_progress import Reporter
    from hitsieve.engine import Executor
    from hitsieve.engine.open import Kind
    from hitsieve.library.progress import Progress

_STEPS: Final = (
    "make a library on demand: reactions over building blocks",
    "measure a random sample with the 3D shape oracle",
    "train a small ensemble of graph networks",
    "screen the whole library",
    "measure what the model picks, and compare with chance",
    "write hits and report",
)
_MAX_REJECT: Final = 0.02
_SAMPLE, _TRAIN, _SCREEN, _CHECK = 2, 3, 4, 5


def run_demo(
    folder: Path,
    *,
    executor: Kind = "ray",
    workers: int | None = None,
    config: DemoConfig | None = None,
    reporter: Reporter | None = None,
) -> DemoSummary:
    """Run the demo, or go on with an interrupted one.

    Parameters
    ----------
    folder
        Where everything goes.
    executor, workers
        How the work runs; by default a private local Ray cluster on all cores.
    config
        Sizes; the defaults take a few minutes on two cores.
    reporter
        Told what happens; by default progress bars and a closing summary on stderr.

    Raises
    ------
    UsageError
        If the folder holds a demo with other settings.
    IncompleteError
        If it was interrupted; running it again goes on.
    """
    told = reporter or ConsoleReporter()
    chosen = config or DemoConfig()
    root = folder.absolute()
    _claim(root, chosen)
    try:
        with open_executor(executor, workers) as opened:
            summary = _Demo(root, chosen, opened, told).run()
    finally:
        told.stop()
    told.finish(summary)
    return summary


def _claim(root: Path, config: DemoConfig) -> None:
    data = packaged("datasets")
    inputs = sorted([*data.glob("reactions/*.yaml"), *data.glob("building_blocks/*.smi")])
    record = json_bytes(
        {
            "config": config.model_dump(mode="json"),
            "inputs": fingerprint([[path.name, sha256_file(path)] for path in inputs]),
        }
    )
    path = root / "demo.json"
    if not create_exclusive(path, record) and path.read_bytes() != record:
        raise UsageError(
            f"{root} holds a demo made with other settings or another version",
            cure="choose another folder, or remove this one",
        )


class _Demo:
    """One run of the demo."""

    def __init__(
        self, root: Path, config: DemoConfig, executor: Executor, reporter: Reporter
    ) -> None:
        self.root = root
        self.config = config
        self.executor = executor
        self.reporter = reporter
        self.seconds: dict[str, float] = {}
        self._sampling = True
        self._step = 0
        self._started = 0.0

    def run(self) -> DemoSummary:
        self._begin(1)
        library = self._library()
        self._end(f"{len(library):,} distinct compounds")
        self._begin(_SAMPLE)
        campaign = self._campaign()
        sample = campaign.step(0, [])
        self._end(_measured(sample))
        self._sampling = False
        # Training, screening and measuring are one round; its stages say which step they are.
        picked = campaign.step(1, [sample])
        for number in range(self._step + 1, _CHECK + 1):
            self._begin(number)
        self._end(_measured(picked))
        self._begin(_CHECK + 1)
        comparison = compare(
            picked.values,
            sample.values,
            seed=self.config.seed,
            higher_is_better=campaign.oracle.higher_is_better,
        )
        summary = self._summary(campaign, picked, comparison, len(library))
        self._end("")
        return summary

    def _library(self) -> Library:
        products = self.root / "products.csv.gz"
        if not products.is_file():
            plans = plan_enumeration(self.config.enumeration)
            total = sum(plan.count() for plan in plans)
            made = 0

            def count(more: int) -> None:
                nonlocal made
                made += more
                if made % 500 == 0 or made == total:
                    self._tell("react", made, total)

            write_products(plans, products, progress=count)

        def show(at: Progress) -> None:
            self._tell(at.stage, at.done, at.total)

        # Products of checked reactions: more than a few refusals mean that something is wrong.
        settings = LibraryConfig(
            inputs=[str(products)], output=self.root / "library", max_reject=_MAX_REJECT
        )
        build_library(settings, self.executor, show)
        return Library.open(settings.output)

    def _campaign(self) -> Campaign:
        settings = CampaignConfig(
            library=self.root / "library",
            folder=self.root / "campaign",
            name="demo",
            initial=self.config.sample,
            batch=self.config.top,
            measure=self.config.measure,
            seed=self.config.seed,
        )
        oracle = ShapeOracle(self.config.oracle)
        surrogate = GraphSurrogate(
            oracle.target,
            higher_is_better=oracle.higher_is_better,
            config=GraphSurrogateConfig(
                recipe=self.config.recipe,
                overrides=self.config.overrides,
                license="Apache-2.0",
                title="3D shape and color overlap with computed conformers of imatinib",
            ),
        )
        return Campaign(settings, oracle, surrogate, self.executor, self._stage)

    def _stage(self, stage: str, done: int, total: int) -> None:
        """Show progress of a campaign, and see from its stage which step has come."""
        measuring = _SAMPLE if self._sampling else _CHECK
        number = {"measure": measuring, "screen": _SCREEN}.get(stage, _TRAIN)
        for passed in range(self._step + 1, number + 1):
            self._begin(passed)
        self._tell(stage, done, total)

    def _summary(
        self, campaign: Campaign, picked: Round, comparison: Comparison, compounds: int
    ) -> DemoSummary:
        screen, registry = campaign.folder.screen(1), campaign.folder.registry
        target = campaign.oracle.target
        found = collect(screen, target, k=self.config.top, registry=registry)
        files = self._write(found, picked, screen, comparison)
        summary = DemoSummary(
            folder=self.root,
            library=self.root / "library",
            screen=screen,
            registry=registry,
            compounds=compounds,
            model=picked.model,
            target=target,
            skill=_skill(found),
            warnings=found.bundle.contents.card.warnings,
            comparison=comparison,
            files=files,
            seconds=self.seconds,
            commands=_commands(self.root / "library", screen, registry, picked.model),
        )
        write_json_atomic(self.root / "summary.json", summary.to_json())
        return summary

    def _write(
        self, found: HitList, picked: Round, screen: Path, comparison: Comparison
    ) -> dict[str, Path]:
        files = {kind: self.root / f"hits.{kind}" for kind in ("csv", "sdf")}
        for number, path in enumerate(files.values()):
            export(found.hits, path)
            self._tell("write", number + 1, 3)
        files["measured"] = self.root / "measured_picks.csv"
        write_atomic(files["measured"], csv_text(_best_first(picked)).encode())
        files["html"] = self.root / "report.html"
        report = screen_report(
            screen,
            [found],
            title="hitsieve demo: compounds shaped like imatinib",
            checks=[_check(comparison)],
        )
        write_report(report, files["html"])
        write_json_atomic(self.root / "versions.json", versions())
        self._tell("write", 3, 3)
        return files

    def _begin(self, number: int) -> None:
        if self._step and self._started:
            self._end("")
        self._step, self._started = number, time.monotonic()
        self.reporter.begin(number, len(_STEPS), _STEPS[number - 1])

    def _end(self, finding: str) -> None:
        if not self._started:
            return
        seconds = time.monotonic() - self._started
        self.seconds[_STEPS[self._step - 1]] = seconds
        self._started = 0.0
        self.reporter.end(finding, seconds)

    def _tell(self, stage: str, done: int, total: int) -> None:
        self.reporter.advance(stage, done, total)


def _measured(round_: Round) -> str:
    failed = round_.labels.column("status").to_pylist().count("failed")
    tail = f", {failed} failed" if failed else ""
    return f"{round_.labels.num_rows:,} compounds measured{tail}"


def _best_first(picked: Round) -> pa.Table:
    """Return the measured picks beside what was predicted for them, best measured first."""
    columns = ("compound_id", "smiles", "value", "unit", "status", "code", "message")
    predicted = pa.array([pick.value for pick in picked.picks], pa.float64())
    table = picked.labels.select(columns).append_column("predicted", predicted)
    return table.sort_by([("value", "descending"), ("compound_id", "ascending")])


def _check(comparison: Comparison) -> Check:
    low, gain, high = comparison.difference
    return Check(
        title="Are the picks better than chance?",
        finding=comparison.sentence(),
        detail=f"The mean overlap of the picks is higher by {gain:.3f} (95 % interval {low:.3f} "
        f"to {high:.3f}); in {100 * comparison.share_better:.0f} % of all pairs the pick is "
        "better than the random compound (50 % is chance). None of the picks was measured "
        "before it was chosen. The reference conformers of imatinib are computed, not from a "
        "crystal.",
    )


def _skill(found: HitList) -> dict[str, tuple[float | None, float | None]]:
    return {
        metric.metric: (metric.network.value, metric.baseline.value)
        for metric in found.bundle.contents.card.metrics
        if metric.target == found.target.name
    }


def _commands(library: Path, screen: Path, registry: Path, model: str) -> tuple[str, ...]:
    def short(path: Path) -> str:
        here = Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)

    return (
        f"hitsieve hits {short(screen)} --models {short(registry)} --top 20",
        f"hitsieve models show {model} --models {short(registry)}",
        f"hitsieve library show {short(library)}",
    )
