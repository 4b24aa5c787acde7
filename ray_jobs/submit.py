"""Submit a job, follow its logs, and submit it again when it is lost.

    python ray_jobs/submit.py screen screen.yaml --address https://cluster.example:8265

The submission id follows from what the job does (for a screen: from its plan's fingerprint and
output folder), and a cluster refuses an id it has seen. So a double click, a second terminal
or a restarted scheduler follows the job that runs instead of starting another.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from follow import Follower

from hitsieve.config import StrictConfig, dump_config, load_config
from hitsieve.engine import cluster
from hitsieve.errors import ClusterError, HitsieveError, IncompleteError
from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE: Final = Path(__file__).resolve().parent
CONFIG_NAME: Final = "config.yaml"
LOCAL: Final = "http://127.0.0.1:8265"
CONFIGS: Final = {
    "prepare": "hitsieve.library:LibraryConfig",
    "train": "hitsieve.modeling.config:TrainConfig",
    "screen": "hitsieve.screen:ScreenConfig",
    "analyze": "hitsieve.report.analyze:AnalysisConfig",
}
JOBS: Final = (*CONFIGS, "campaign")  # which has a configuration for libraries, one for reagents
PASSED_ON: Final = ("HITSIEVE_WORKERS", "HITSIEVE_LOG_FORMAT", "HITSIEVE_LOG_LEVEL")
"""Variables of this shell that a job gets too, where they are set."""


def read(job: str, path: Path) -> StrictConfig:
    """Read and check a job's configuration here, so that a mistake costs no cluster time.

    Paths become absolute: the job runs in another folder.

    Raises
    ------
    NotFoundError, ConfigError
        If there is no such file, or a key or value is wrong.
    """
    if job == "campaign":
        from hitsieve.campaign.job import absolute_job, read_job

        return absolute_job(read_job(path))
    module, _, name = CONFIGS[job].partition(":")
    kind: type[StrictConfig] = getattr(importlib.import_module(module), name)
    return absolute(load_config(kind, path))


def absolute(config: StrictConfig) -> StrictConfig:
    """Return a configuration with every path in it absolute."""

    def fixed(value: object) -> object:
        if isinstance(value, Path):
            return value.absolute()
        return absolute(value) if isinstance(value, StrictConfig) else value

    return config.model_copy(
        update={n: fixed(getattr(config, n)) for n in type(config).model_fields}
    )


def submission_id(job: str, config: StrictConfig) -> str:
    """Return the id of what a job does, equal whenever and wherever it is submitted.

    Raises
    ------
    HitsieveError
        If a screen cannot be planned here, such as where the library is not to be seen.
    """
    from hitsieve.screen import ScreenConfig, plan_screen

    if isinstance(config, ScreenConfig):
        place = fingerprint(str(config.output), length=6)
        return f"{job}-{plan_screen(config).fingerprint}-{place}"
    return f"{job}-{fingerprint(config.model_dump(mode='json'))}"


def pack(job: str, config: StrictConfig, folder: Path) -> dict[str, Any]:
    """Fill a folder with what the cluster needs, and return the job's runtime environment."""
    for name in ("job.py", f"{job}.py"):
        shutil.copyfile(HERE / name, folder / name)
    (folder / CONFIG_NAME).write_text(dump_config(config), encoding="utf-8")
    environment: dict[str, Any] = yaml.safe_load((HERE / "runtime_env.yaml").read_text())
    given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    variables = environment["env_vars"] | given
    return {**environment, "env_vars": variables, "working_dir": str(folder)}


def connect(address: str) -> Any:  # noqa: ANN401 - Ray's client carries no types
    """Return a client of a cluster's job server, if the cluster is safe to talk to.

    Raises
    ------
    ClusterError
        If nobody answers there, or it is on another machine and has no token authentication.
    """
    cluster.prepare_environment()
    cluster.refuse_unsafe(address)
    cluster.protect_token()
    if address.startswith("http://") and not cluster.is_local(address):
        sys.stderr.write(f"{address} is not encrypted: the token travels in the clear\n")
    from ray.exceptions import RayError
    from ray.job_submission import JobSubmissionClient

    try:
        return JobSubmissionClient(address)
    except (ConnectionError, RuntimeError, RayError) as error:
        raise ClusterError(
            f"no job server at {address}: {error}",
            cure="give the dashboard's address, such as http://127.0.0.1:8265, and check the token",
        ) from error


def submit(options: argparse.Namespace) -> int:
    """Submit a job and follow it to its end; return its exit code."""
    config = read(options.job, options.config)
    name = options.id or submission_id(options.job, config)
    if options.dry_run:
        sys.stdout.write(name + "\n")
        return 0
    client = connect(options.address)
    follower = Follower(client, name, retries=options.retries, again=options.again)
    with tempfile.TemporaryDirectory(prefix="hitsieve-job-") as folder:
        environment = pack(options.job, config, Path(folder))
        command = f"python {options.job}.py {CONFIG_NAME}"
        return follower.run(command, environment, wait=not options.no_wait)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="submit.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("config", type=Path, help="YAML file of the job")
    parser.add_argument(
        "--address",
        default=os.environ.get("RAY_API_SERVER_ADDRESS", LOCAL),
        help="of the dashboard; default: RAY_API_SERVER_ADDRESS, then %(default)s",
    )
    parser.add_argument("--id", help="use this id; default: from what the job does")
    parser.add_argument("--retries", type=int, default=3, help="resubmissions of a lost job")
    parser.add_argument("--again", action="store_true", help="run it even if it succeeded before")
    parser.add_argument("--no-wait", action="store_true", help="do not follow its logs")
    parser.add_argument("--dry-run", action="store_true", help="check, print the id, and stop")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run, and return the exit code."""
    try:
        return submit(parse(arguments))
    except HitsieveError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("no longer following; the job goes on. Submit it again to follow it\n")
        return IncompleteError.exit_code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
