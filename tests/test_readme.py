"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _example(language: str) -> str:
    found = re.search(rf"<!-- tested: {language} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def _run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: v for name, v in os.environ.items() if not name.startswith("HITSIEVE_")}
    environment = {**clean, "HITSIEVE_EXECUTOR": "serial", "XDG_CONFIG_HOME": str(folder)}
    return subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=280,
        check=False,
    )  # fmt: skip


def test_the_examples_run_one_after_the_other(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "data", tmp_path / "tests" / "data")
    for line in _example("shell").strip().splitlines():
        program, *arguments = shlex.split(line)
        assert program == "hitsieve"
        done = _run([sys.executable, "-m", "hitsieve", *arguments], tmp_path)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "hits.html").stat().st_size > 10_000
    done = _run([sys.executable, "-c", _example("python")], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "in_domain" in done.stdout
    assert (tmp_path / "best.sdf").read_text().count("$$$$") == 20


def test_every_flag_of_the_examples_exists() -> None:
    for line in _example("shell").strip().splitlines():
        words = shlex.split(line)[1:]
        command = words[: 2 if words[0] in {"library", "screen"} else 1]
        flags = {word for word in words if word.startswith("--")}
        shown = _run([sys.executable, "-m", "hitsieve", *command, "--help"], ROOT).stdout
        assert all(flag in shown for flag in flags), line


def test_links_lead_to_files() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        # SMILES such as [N](F) stand in code and are no links.
        prose = re.sub(
            r"```.*?```|`(?!\])[^`\n]*`(?!\])", "", page.read_text("utf-8"), flags=re.DOTALL
        )
        for link in re.findall(r"\]\(([^)#]+)\)", prose):
            if not link.startswith("https://"):
                assert (page.parent / link).exists(), f"{page.name}: {link}"
