"""What ``--help`` shows: panels of options, engines by name, two examples, whole lines."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import typer

from ctxc.cli import app
from ctxc.engines.registry import NAMES

Help = Callable[[str, int], str]
COMMANDS = (
    "lingua", "distill", "answer", "check", "stats", "eval", "run", "expand", "doctor", "cache",
    "help", "models", "models pull", "models info", "serve", "mcp", "hook", "hook install",
    "hook uninstall", "hook run",
)  # fmt: skip


@pytest.fixture
def help_of(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Help:
    """The help of a command on a terminal of so many columns."""

    def written(command: str, columns: int) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        typer.main.get_command(app).main(
            [*command.split(), "--help"], prog_name="ctxc", standalone_mode=False
        )
        return capsys.readouterr().out

    return written


def panels(text: str) -> dict[str, list[str]]:
    """Each panel's heading and its lines, by the indents of the help."""
    parts: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"([A-Z][\w ]*):", line):
            name = heading.group(1)
            parts[name] = []
        elif name and line.strip():
            parts[name].append(line)
    return parts


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_line_of_any_help_is_cut(command: str, columns: int, help_of: Help) -> None:
    text = help_of(command, columns)
    assert "…" not in text
    for line in text.splitlines():
        assert len(line) <= columns, line
        if not line.startswith("Usage:"):
            assert not line.endswith("..."), line


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_ends_with_two_examples_of_its_command(command: str, help_of: Help) -> None:
    parts = panels(help_of(command, 60))
    assert list(parts)[-1] == "Examples"
    examples = parts["Examples"]
    assert len(examples) == 2
    assert all(line.startswith(f"  ctxc {command}".rstrip()) for line in examples)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("lingua", {"Input", "Question", "Budget", "Selection", "Model", "Output", "Store"}),
        ("distill", {"Input", "Question", "Budget", "Lines", "Model", "Output", "Store"}),
        ("answer", {"Input", "Question", "Budget", "Reader", "Route", "Prices", "Model"}),
        ("stats", {"Input", "Counting", "KV cache", "Money", "Ledger", "Output"}),
    ],
)
def test_options_stand_in_panels(command: str, expected: set[str], help_of: Help) -> None:
    parts = panels(help_of(command, 80))
    assert expected <= parts.keys()
    assert len([line for line in parts["Options"] if line.startswith("  -")]) == 1  # --help


@pytest.mark.parametrize("command", ["lingua", "eval"])
def test_the_help_names_the_engines(command: str, help_of: Help) -> None:
    words = set(re.findall(r"[\w-]+", help_of(command, 80)))
    assert set(NAMES) <= words


def test_an_option_of_several_commands_says_the_same_everywhere(help_of: Help) -> None:
    def described(command: str) -> str:
        text = " ".join(help_of(command, 80).split())
        return re.search(r"--files-from .*?--null", text).group()  # type: ignore[union-attr]

    assert len({described(name) for name in ("lingua", "distill", "answer", "check", "stats")}) == 1
