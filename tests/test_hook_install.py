"""``ctxc hook install`` and ``uninstall``: an agent's settings, changed in one place and back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import Ran, runner

from ctxc.cli import hook as cli
from ctxc.cli import serve_run
from ctxc.errors import ConfigError, UsageError

Command = Callable[..., Ran]
SETTINGS = """{
    "model": "opus",
    "permissions": {"allow": ["Bash(ls:*)"], "n": 1.50},
    "hooks": {
        "PostToolUse": [
            {"matcher": "Edit", "hooks": [{"type": "command", "command": "prettier"}]}
        ],
        "Stop": []
    },
    "name": "Zoë 🎈"
}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "claude"))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    monkeypatch.setattr(serve_run, "needs", lambda *_: None)  # the extra may not be here
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def install(capsys: pytest.CaptureFixture[str]) -> Command:
    return runner(cli.install, capsys)


@pytest.fixture
def uninstall(capsys: pytest.CaptureFixture[str]) -> Command:
    return runner(cli.uninstall, capsys)


def settings(home: Path, text: str | None = None) -> Path:
    path = home / "claude" / "settings.json"
    if text is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return path


def hooks(path: Path) -> list[Any]:
    groups: list[Any] = json.loads(path.read_text())["hooks"]["PostToolUse"]
    return groups


def test_the_hook_is_shown_written_and_runs_this_ctxc(home: Path, install: Command) -> None:
    ran = install("claude-code", "--yes")
    assert ran.code == 0 and ran.out == ""
    (group,) = hooks(settings(home))
    assert group["matcher"] == "Bash|Grep|mcp__.*"
    command = group["hooks"][0]["command"]
    assert command.endswith("hook run claude-code")
    assert os.path.exists(command.split()[0])
    assert json.dumps(command) in ran.err, "what is written was shown"


def test_everything_else_in_the_file_stays(
    home: Path, install: Command, uninstall: Command
) -> None:
    path = settings(home, SETTINGS)
    assert install("claude-code", "--yes").code == 0
    now, before = json.loads(path.read_text()), json.loads(SETTINGS)
    assert now["hooks"]["PostToolUse"][0] == before["hooks"]["PostToolUse"][0]
    assert len(now["hooks"]["PostToolUse"]) == 2
    now["hooks"]["PostToolUse"].pop()
    assert now == before and list(now) == list(before)
    assert '\n    "model"' in path.read_text() and "Zoë 🎈" in path.read_text()
    assert uninstall("claude-code", "--yes").code == 0
    assert json.loads(path.read_text()) == before


def test_twice_is_once_and_other_sizes_replace_it(home: Path, install: Command) -> None:
    install("claude-code", "--yes")
    first = settings(home).read_bytes()
    assert "already" in install("claude-code", "--yes").err
    assert settings(home).read_bytes() == first
    install("claude-code", "--yes", "--tokens", 900, "--min-tokens", 5000)
    (group,) = hooks(settings(home))
    assert group["hooks"][0]["command"].endswith("--tokens 900 --min-tokens 5000")


def test_a_hook_beside_ours_in_one_group_stays(
    home: Path, install: Command, uninstall: Command
) -> None:
    install("claude-code", "--yes")
    path = settings(home)
    value = json.loads(path.read_text())
    own = {"type": "command", "command": "log.sh"}
    value["hooks"]["PostToolUse"][0]["hooks"].append(own)
    path.write_text(json.dumps(value))
    uninstall("claude-code", "--yes")
    assert hooks(path)[0]["hooks"] == [own]


def test_for_a_project_it_is_the_file_that_is_nobody_else_s(home: Path, install: Command) -> None:
    assert install("claude-code", "--project", "--yes").code == 0
    assert hooks(home / ".claude" / "settings.local.json")
    assert not settings(home).exists()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"a": 1, "a": 2}',
        '{"n": NaN}',
        '{\n  // mine\n  "a": 1}',
        '{"hooks": []}',
        '{"hooks": {"PostToolUse": {}}}',
        "[" * 100_000,
    ],
)
def test_a_file_that_cannot_be_read_is_left_as_it_is(
    home: Path, install: Command, uninstall: Command, text: str
) -> None:
    path = settings(home, text)
    for command in (install, uninstall):
        ran = command("claude-code", "--yes")
        assert isinstance(ran.error, ConfigError) and ran.code == 2
        assert str(path) in ran.error.message
    assert path.read_text() == text
    assert os.listdir(path.parent) == ["settings.json"]


def test_without_a_yes_nothing_changes(home: Path, install: Command) -> None:
    path = settings(home, SETTINGS)
    ran = install("claude-code")
    assert isinstance(ran.error, UsageError) and "--yes" in ran.error.hint
    assert path.read_text() == SETTINGS


def test_a_link_to_the_file_stays_a_link(home: Path, install: Command) -> None:
    real = home / "dotfiles.json"
    real.write_text("{}")
    path = settings(home)
    path.parent.mkdir()
    path.symlink_to(real)
    install("claude-code", "--yes")
    assert path.is_symlink() and hooks(real)


def test_what_is_not_there_cannot_be_taken_out(home: Path, uninstall: Command) -> None:
    settings(home, SETTINGS)
    ran = uninstall("claude-code", "--yes")
    assert ran.code == 2 and ran.error is not None and "no hook of ctxc" in ran.error.message
    assert settings(home).read_text() == SETTINGS


@pytest.mark.parametrize("before", [None, "# Mine\n\nUse tabs.\n", "# Mine\n\n"])
def test_codex_is_told_of_the_wrapper_and_forgets_it(
    home: Path, install: Command, uninstall: Command, before: str | None
) -> None:
    path = home / "codex" / "AGENTS.md"
    if before is not None:
        path.parent.mkdir()
        path.write_text(before)
    assert install("codex", "--yes").code == 0
    text = path.read_text()
    assert text.startswith(before or "") and "ctxc run --" in text
    assert "already" in install("codex", "--yes").err
    assert uninstall("codex", "--yes").code == 0
    assert path.read_text() == (before or "")


def test_half_a_block_is_left_as_it_is(home: Path, install: Command, uninstall: Command) -> None:
    path = home / "AGENTS.md"
    path.write_text("x\n<!-- ctxc: begin -->\ny\n")
    for command in (install, uninstall):
        assert isinstance(command("codex", "--project", "--yes").error, ConfigError)
    assert path.read_text() == "x\n<!-- ctxc: begin -->\ny\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("emacs",),
        ("claude-code", "--project", "--user"),
        ("claude-code", "--tokens", 9),
        ("claude-code", "--min-tokens", 9),
    ],
)
def test_what_is_impossible_is_said(install: Command, arguments: tuple[object, ...]) -> None:
    ran = install(*arguments, "--yes")
    assert isinstance(ran.error, UsageError) and ran.code == 2
