"""A screen whose library and output lie in S3, against a server of its own."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.errors import NotFoundError, StorageError, UsageError
from hitsieve.hits import collect_all
from hitsieve.screen import ScreenConfig, load_plan, run_screen, screen_status, top_hits
from hitsieve.screen.archive import archive_screen, delete_screen
from hitsieve.screen.preflight import preflight
from hitsieve.screen.verify import verify_screen
from hitsieve.store import Commit, Ledger, create_exclusive, write_atomic
from hitsieve.store.objects import FsspecStorage, open_storage
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("moto", reason="needs the dev dependency moto[s3]")
pytest.importorskip("s3fs", reason="needs the extra s3")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore|moto|werkzeug")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3-compatible server in this process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells every request
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    yield f"http://{host}:{port}"
    started.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A bucket, reached as a user reaches one: by the variables of AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    open_storage.cache_clear()
    urllib.request.urlopen(urllib.request.Request(f"{server}/hitsieve", method="PUT")).close()  # noqa: S310 - our own server
    yield place("s3://hitsieve")
    open_storage.cache_clear()
    urllib.request.urlopen(f"{server}/moto-api/reset", data=b"").close()  # noqa: S310 - as above


def files(root: Path) -> dict[str, bytes]:
    """Return all bytes below a folder, without journals, which may differ between runs."""
    found = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
    return {name: data for name, data in found.items() if not name.startswith("runs/")}


def upload(folder: Path, target: Path) -> None:
    for name, data in files(folder).items():
        write_atomic(target / name, data)


def test_the_commit_record_is_a_conditional_put(bucket: Path) -> None:
    wins: list[int] = []
    start = threading.Barrier(8)

    def race(number: int) -> None:
        start.wait()
        if create_exclusive(bucket / "_commits" / "x.json", b"%d" % number):
            wins.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1
    assert (bucket / "_commits" / "x.json").read_bytes() == b"%d" % wins[0]


def test_a_screen_in_s3_equals_one_on_disk(bucket: Path, tiny: Any) -> None:
    upload(tiny.library, bucket / "library")
    config = ScreenConfig(
        library="s3://hitsieve/library",
        models=["clogp"],
        output="s3://hitsieve/screens/first",
        registry=tiny.models,
    )
    screen = place(config.output)
    with SerialExecutor() as executor:
        done = run_screen(config, executor)
    assert done.complete
    here, there = files(tiny.screen), files(screen)
    assert there.keys() == here.keys()
    for name in here.keys() - {"screen.json"}:
        assert there[name] == here[name], name
    plans = [json.loads(found["screen.json"]) for found in (here, there)]
    assert plans[0] | {"library": ""} == plans[1] | {"library": ""}
    assert plans[1]["library"] == "s3://hitsieve/library"

    assert screen_status(screen).complete
    assert top_hits(screen, "logP", k=5).equals(top_hits(tiny.screen, "logP", k=5))
    verify_screen(screen)
    (hits,) = collect_all(screen, k=5, registry=tiny.models)
    assert hits.hits.num_rows == 5


def test_a_screen_in_s3_goes_on_where_it_stopped(bucket: Path, tiny: Any) -> None:
    screen = bucket / "screens" / "broken"
    upload(tiny.screen, screen)
    lost = [path for path in (screen / "_commits").rglob("*.json") if "00003" in path.name]
    assert lost
    for path in [*lost, screen / "manifest.json"]:
        path.unlink()
    config = ScreenConfig(
        library=tiny.library, models=["clogp"], output=screen, registry=tiny.models
    )
    with SerialExecutor() as executor:
        done = run_screen(config, executor)
    assert (done.scored, done.found) == (1, done.units - 1)
    assert files(screen) == files(tiny.screen)


def test_a_bucket_that_is_gone_stops_the_run(bucket: Path, tiny: Any) -> None:
    assert bucket
    config = ScreenConfig(
        library=tiny.library,
        models=["clogp"],
        output="s3://no-such-bucket/screen",
        registry=tiny.models,
    )
    with SerialExecutor() as executor, pytest.raises(StorageError, match="no-such-bucket"):
        run_screen(config, executor)
    with pytest.raises(StorageError):
        Ledger(place("s3://no-such-bucket/x")).commit(Commit("k", {}, 0, "f"))


def test_a_screen_in_s3_is_archived(bucket: Path, tiny: Any, tmp_path: Path) -> None:
    screen = bucket / "screens" / tiny.screen.name
    upload(tiny.screen, screen)
    archive_screen(tiny.screen, tmp_path / "here.tar")
    archive_screen(screen, tmp_path / "there.tar")
    count = archive_screen(screen, bucket / "archive.tar")
    packed = (tmp_path / "here.tar").read_bytes()
    assert (tmp_path / "there.tar").read_bytes() == packed
    assert (bucket / "archive.tar").read_bytes() == packed
    assert count == len(files(tiny.screen))
    with pytest.raises(UsageError, match="cannot archive"):
        archive_screen(screen, screen / "inside.tar")


def test_a_deletion_in_s3_that_was_interrupted_is_finished(
    bucket: Path, tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = bucket / "screens" / "old"
    upload(tiny.screen, screen)
    delete = FsspecStorage.delete

    def fail_at_scores(storage: FsspecStorage, key: str) -> None:
        if key.endswith(".parquet"):
            raise OSError(5, "I/O error")
        delete(storage, key)

    with monkeypatch.context() as patched:
        patched.setattr(FsspecStorage, "delete", fail_at_scores)
        with pytest.raises(StorageError):
            delete_screen(screen)
    with pytest.raises(NotFoundError):
        load_plan(screen)
    assert list(screen.rglob("*.parquet"))
    delete_screen(screen)
    assert list(screen.rglob("*")) == []
    with pytest.raises(NotFoundError):
        delete_screen(screen)


def test_a_plan_for_s3_leaves_nothing_there(bucket: Path, tiny: Any) -> None:
    config = ScreenConfig(
        library=tiny.library,
        models=["clogp"],
        output=bucket / "screens" / "planned",
        registry=tiny.models,
        executor="serial",
    )
    found = preflight(config, sample_s=0.1)
    assert found.seconds > 0
    size = sum(path.stat().st_size for path in (tiny.screen / "scores").rglob("*.parquet"))
    assert found.output_bytes == pytest.approx(size, rel=0.3)
    assert list(bucket.rglob("*")) == []


@pytest.mark.ray
def test_ray_workers_write_to_s3(bucket: Path, tiny: Any) -> None:
    upload(tiny.library, bucket / "library")
    command = ["screen", "run", "s3://hitsieve/library", "--model", "clogp", "--executor", "ray"]
    command += ["--models", str(tiny.models), "--out", "s3://hitsieve/screens/ray"]
    # The driver's environment is that of the workers on its own cluster.
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    done = subprocess.run(
        [sys.executable, "-m", "hitsieve", *command, "--workers", "2", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], told["scored"]) == ("complete", told["shards"])
    here, there = files(tiny.screen), files(bucket / "screens" / "ray")
    assert there.keys() == here.keys()
    assert [name for name in here if here[name] != there[name]] == ["screen.json"]
    (run,) = (bucket / "screens" / "ray" / "runs").glob("*/run.json")
    assert json.loads(run.read_text())["executor"] == "ray"
