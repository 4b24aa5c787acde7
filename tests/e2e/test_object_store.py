"""A screen whose library and output lie in S3, against a server of its own."""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.errors import StorageError
from hitsieve.hits import collect_all
from hitsieve.screen import ScreenConfig, run_screen, screen_status, top_hits
from hitsieve.screen.verify import verify_screen
from hitsieve.store import Commit, Ledger, create_exclusive, write_atomic
from hitsieve.store.objects import open_storage
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
