"""Data goes to stdout, everything else to stderr, and no file's text runs in the terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.cli import console
from hitsieve.schema import Status

if TYPE_CHECKING:
    from collections.abc import Callable

Capture = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.text())
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    assert console.visible(text).isprintable()


@given(st.text().filter(str.isprintable))
def test_printable_text_is_shown_as_it_is(text: str) -> None:
    assert console.visible(text) == text


def test_what_is_said_goes_to_stderr_and_is_no_markup(capsys: Capture) -> None:
    console.say("[red]a name[/red] \x1b[2J")
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "[red]a name[/red] \\x1b[2J\n"


def test_a_long_path_is_not_broken_into_lines(capsys: Capture) -> None:
    path = "/".join(["folder"] * 60)
    console.say(path)
    assert capsys.readouterr().err == f"{path}\n"


def test_json_goes_to_stdout_and_reads_back(capsys: Capture) -> None:
    console.emit_json({"path": Path("a/b"), "name": "Å²"})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"path": "a/b", "name": "Å²"}
    assert err == ""


def test_json_is_what_the_standard_allows(capsys: Capture) -> None:
    nothing, endless = float("nan"), float("inf")
    console.emit_json({
        "rmse": (nothing, 1.5, -endless), "inner": {"coverage": nothing}, "rows": [[endless]],
        "numpy": [np.float32("nan"), np.float32(0.5), np.int64(7), np.bool_(1)],
        "array": np.array([1.0, np.nan]), "kind": Status.OK, "yes": True, "n": 3,
    })  # fmt: skip
    assert strictly(capsys.readouterr().out) == {
        "rmse": [None, 1.5, None], "inner": {"coverage": None}, "rows": [[None]],
        "numpy": [None, 0.5, 7, True],
        "array": [1.0, None], "kind": "ok", "yes": True, "n": 3,
    }  # fmt: skip


def test_every_command_writes_json_through_the_console() -> None:
    for path in sorted(Path(console.__file__).parent.glob("*.py")):
        if path.name != "console.py":
            assert "json.dump" not in path.read_text(), f"{path.name}: use emit_json"


def strictly(text: str) -> Any:
    """Read JSON as RFC 8259 has it: no NaN and no Infinity."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_table_in_a_pipe_is_tab_separated(capsys: Capture) -> None:
    console.emit_table(("name", "n"), [("a\tb", 1), ("[bold]", 20)], title="ignored")
    assert capsys.readouterr().out == "name\tn\na\\tb\t1\n[bold]\t20\n"


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda: console.emit_table(("name",), [("[red]x\x1b",)], title="list"), "[red]x\\x1b"),
        (lambda: console.emit_pairs({"name": "[red]x\x1b"}), "[red]x\\x1b"),
    ],
)
def test_a_terminal_gets_a_drawing_without_markup_from_data(
    monkeypatch: pytest.MonkeyPatch, write: Callable[[], None], expected: str
) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    write()
    assert expected in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_no_color_is_honored(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm-256color")
    console.say("green", style="green")
    assert "\x1b[32m" in stream.getvalue()
    stream.truncate(0)
    monkeypatch.setenv("NO_COLOR", "1")
    console.say("plain", style="green")
    assert "\x1b[32m" not in stream.getvalue()


def test_progress_is_silent_unless_stderr_is_a_terminal(capsys: Capture) -> None:
    with console.progress("scoring") as report:
        report(1, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    with console.progress("scoring") as report:
        report(2, 2)
    assert "scoring" in stream.getvalue()
    assert "2/2" in stream.getvalue()
