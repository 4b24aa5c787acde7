"""The command line as a whole: every command helps, with examples, and quickly."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer

from hitsieve.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAVY = ("torch", "ray", "rdkit", "pandas", "pyarrow", "fastapi", "uvicorn", "matplotlib")


def _commands() -> Iterator[tuple[str, ...]]:
    def walk(group: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from walk(command, (*path, name))
            else:
                yield (*path, name)

    yield from walk(typer.main.get_command(app), ())


COMMANDS = sorted(_commands())


def test_all_the_promised_commands_are_there() -> None:
    names = {" ".join(path) for path in COMMANDS}
    assert names >= {
        "demo", "doctor", "train", "hits", "serve", "version",
        "library build", "library show", "library enumerate", "library verify",
        "data list", "data show", "data fetch",
        "models list", "models show", "models promote", "models quarantine",
        "screen run", "screen status",
    }  # fmt: skip


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_helps_with_an_example(
    hitsieve: Callable[..., Any], path: tuple[str, ...]
) -> None:
    result = hitsieve(*path, "--help")
    assert result.exit_code == 0
    assert "Examples" in result.stdout
    assert f"hitsieve {' '.join(path)}" in " ".join(result.stdout.split())


def test_the_commands_in_the_epilog_exist(hitsieve: Callable[..., Any]) -> None:
    text = " ".join(hitsieve("--help").stdout.split())
    for words in ("library build", "train", "screen run", "hits"):
        assert f"hitsieve {words}" in text


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['hitsieve', '--help']\n"
        "from hitsieve.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == "[]"


def test_without_a_command_help_is_shown(hitsieve: Callable[..., Any]) -> None:
    result = hitsieve()
    assert "library" in result.output


def test_a_mistyped_command_is_a_usage_error(hitsieve: Callable[..., Any]) -> None:
    result = hitsieve("libary")
    assert result.exit_code == 2
    assert result.stdout == ""
