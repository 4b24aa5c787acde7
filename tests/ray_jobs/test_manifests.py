"""The manifests: valid by their schemas, and safe by the rules of the project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

JOBS = Path(__file__).resolve().parents[2] / "ray_jobs"
ROOT = JOBS.parent
BASH = shutil.which("bash") or "/bin/bash"
SCHEMA = json.loads(Path(__file__).with_name("rayjob.schema.json").read_text())


@pytest.fixture
def documents() -> list[Any]:
    return list(yaml.safe_load_all((JOBS / "rayjob.yaml").read_text()))


@pytest.fixture
def cluster(documents: list[Any]) -> Any:
    return documents[0]["spec"]["rayClusterSpec"]


def test_the_rayjob_is_valid(documents: list[Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(documents[0], SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "backOffLimit"), 3),
        (("spec", "rayClusterSpec", "authOptions", "mode"), "tokens"),
        (("spec", "rayClusterSpec", "workerGroupSpecs", 0, "minReplicas"), -1),
        (("spec", "rayClusterSpec", "headGroupSpec", "rayStartParams", "num-cpus"), 0),
    ],
)
def test_the_schema_finds_mistakes(documents: list[Any], path: tuple[Any, ...], value: Any) -> None:
    place = documents[0]
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(documents[0], SCHEMA)


def test_the_rayjob_retries_ends_and_cleans_up(documents: list[Any]) -> None:
    spec = documents[0]["spec"]
    assert spec["backoffLimit"] > 0
    assert spec["activeDeadlineSeconds"] > 0
    assert spec["shutdownAfterJobFinishes"] is True
    assert spec["ttlSecondsAfterFinished"] > 0


def test_the_head_holds_no_worker_and_both_groups_grow_from_zero(cluster: Any) -> None:
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    assert cluster["enableInTreeAutoscaling"] is True
    groups = {group["groupName"]: group for group in cluster["workerGroupSpecs"]}
    assert set(groups) == {"featurize", "score"}
    for name, group in groups.items():
        assert (group["replicas"], group["minReplicas"]) == (0, 0)
        (container,) = group["template"]["spec"]["containers"]
        assert ("nvidia.com/gpu" in container["resources"]["limits"]) == (name == "score")
        assert group["labels"]["hitsieve.role"] == name


def test_every_pod_sees_the_shared_storage_and_is_unprivileged(cluster: Any) -> None:
    pods = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    assert len(pods) == 3
    images = set()
    for pod in pods:
        spec = pod["template"]["spec"]
        (container,) = spec["containers"]
        (mount,) = container["volumeMounts"]
        assert mount["name"] in {volume["name"] for volume in spec["volumes"]}
        assert spec["securityContext"]["runAsNonRoot"] is True
        images.add(container["image"])
    assert len(images) == 1


def test_the_cluster_needs_a_token_and_is_closed_to_others(documents: list[Any]) -> None:
    job, policy = documents
    cluster = job["spec"]["rayClusterSpec"]
    assert cluster["authOptions"] == {"mode": "token"}
    assert cluster["headGroupSpec"]["rayStartParams"]["dashboard-host"] == "$POD_IP"
    assert policy["kind"] == "NetworkPolicy"
    chosen = policy["spec"]["podSelector"]["matchLabels"]
    for pod in [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]:
        assert chosen.items() <= pod["template"]["metadata"]["labels"].items()
    names = [p.get("podSelector", {}) for p in policy["spec"]["ingress"][0]["from"]]
    submitter = {"ray.io/originated-from-cr-name": job["metadata"]["name"]}
    assert any(submitter.items() <= n.get("matchLabels", {}).items() for n in names)


def test_the_job_gets_what_the_runtime_env_says(documents: list[Any]) -> None:
    own = yaml.safe_load((JOBS / "runtime_env.yaml").read_text())["env_vars"]
    sent = yaml.safe_load(documents[0]["spec"]["runtimeEnvYAML"])
    assert set(sent) == {"env_vars"}
    assert own.items() <= sent["env_vars"].items()
    entry = documents[0]["spec"]["entrypoint"]
    for script in re.findall(r"/opt/hitsieve/ray_jobs/(\w+\.py)", entry):
        assert (JOBS / script).is_file()


def test_versions_agree_everywhere(cluster: Any) -> None:
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    )
    assert cluster["rayVersion"] == pins["ray"]


def test_the_launcher_config_is_valid_for_ray() -> None:
    import ray.autoscaler
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = yaml.safe_load((JOBS / "cluster.yaml").read_text())
    schema = Path(ray.autoscaler.__file__).with_name("ray-schema.json")
    jsonschema.validate(config, json.loads(schema.read_text()))
    validate_config(prepare_config(config))
    kinds = config["available_node_types"]
    assert kinds["head"]["resources"]["CPU"] == 0
    assert all(kind["min_workers"] == 0 for kind in kinds.values())
    for command in (config["head_start_ray_commands"][-1], config["worker_start_ray_commands"][-1]):
        assert "RAY_AUTH_MODE=token" in command
        assert "RAY_USAGE_STATS_ENABLED=0" in command
    assert "--dashboard-host=127.0.0.1" in config["head_start_ray_commands"][-1]


def test_no_dashboard_is_on_all_interfaces() -> None:
    for path in JOBS.iterdir():
        if path.is_file() and path.name != "README.md":
            assert not re.search(r"0\.0\.0\.0|host=?:? *[\"']?::", path.read_text()), path.name


def test_the_slurm_script_is_sound(tmp_path: Path) -> None:
    script = JOBS / "slurm.sh"
    subprocess.run([BASH, "-n", str(script)], check=True)
    text = script.read_text()
    assert "set -euo pipefail" in text
    assert "#SBATCH --requeue" in text
    assert "RAY_AUTH_MODE=token" in text
    assert "RAY_USAGE_STATS_ENABLED=0" in text
    usage = subprocess.run([BASH, str(script)], capture_output=True, text=True, check=False)
    assert usage.returncode == 2
    absent = subprocess.run(
        [BASH, str(script), "screen.py", str(tmp_path / "absent.yaml")],
        capture_output=True,
        text=True,
        check=False,
        env={"HITSIEVE_JOBS": str(JOBS), "PATH": "/usr/bin:/bin"},
    )
    assert absent.returncode == 3
    assert "absent.yaml" in absent.stderr


TOOLS = {
    "scontrol": "printf 'node-1\\nnode-2\\n'",
    "getent": "echo '10.1.2.3 STREAM node-1'",
    "srun": 'printf "%s\\n" "$RAY_ADDRESS" "$@" > "$SEEN"',
}


def test_the_slurm_script_starts_a_private_cluster(tmp_path: Path) -> None:
    for name, body in TOOLS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "c.yaml").write_text("")
    subprocess.run(
        [BASH, str(JOBS / "slurm.sh"), "screen.py", str(tmp_path / "c.yaml")],
        check=True,
        env={
            "PATH": f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(tmp_path / "home"),
            "SEEN": str(tmp_path / "seen"),
            "HITSIEVE_JOBS": str(JOBS),
            "SLURM_JOB_NODELIST": "node-[1-2]",
            "SLURM_JOB_NUM_NODES": "2",
            "SLURM_JOB_ID": "7",
            "SLURM_CPUS_PER_TASK": "16",
        },
    )
    seen = (tmp_path / "seen").read_text().splitlines()
    assert seen[0] == "10.1.2.3:20007"
    assert "symmetric-run" in seen
    assert seen[seen.index("--") + 1 :] == [
        "python",
        str(JOBS / "screen.py"),
        str(tmp_path / "c.yaml"),
    ]
    token = tmp_path / "home" / ".ray" / "auth_token"
    assert len(token.read_text()) == 32
    assert token.stat().st_mode & 0o777 == 0o600


def test_the_image_pins_what_it_holds() -> None:
    lines = (JOBS / "Dockerfile").read_text().splitlines()
    commands = [line.split() for line in lines if re.match(r"[A-Z]+ ", line)]
    words = {command[0] for command in commands}
    assert {"FROM", "COPY", "RUN", "ENV", "USER"} <= words
    (base,) = [command[1] for command in commands if command[0] == "FROM"]
    assert re.fullmatch(r"python:3\.11-\S+", base)
    text = "\n".join(lines)
    assert "-c constraints.txt" in text
    assert "RAY_USAGE_STATS_ENABLED=0" in text
    assert "RAY_AUTH_MODE=token" in text
    assert commands[-1] == ["USER", "ray"]
    for command in commands:
        if command[0] == "COPY":
            for source in command[1:-1]:
                assert (ROOT / source).exists(), source
