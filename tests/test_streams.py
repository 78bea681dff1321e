"""A full disk, closed streams, a folder that is gone: one clear line, the right code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

TEXT = "The pump failed on Monday. It was old. Nobody was hurt. The invoice is 4711.\n"
FULL = Path("/dev/full")
COMMANDS = [
    ["--version"],
    ["lingua", "--help"],
    ["lingua", "a.md", "--engine", "truncate"],
    ["distill", "a.md", "--engine", "verbatim", "--min-tokens", "4"],
    ["check", "a.md", "--max-tokens", "3"],
    ["stats", "a.md"],
    ["stats", "--export"],
    ["cache"],
    ["models"],
    ["doctor", "--no-probe"],
    ["eval", "r.jsonl", "--engine", "truncate", "--ratio", "2"],
]
NAMES = [" ".join(command) for command in COMMANDS]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    Path("a.md").write_text(TEXT)
    Path("r.jsonl").write_text(
        '{"question": "What failed?", "text": "The pump failed.", "answers": ["pump"]}\n'
    )
    run(["lingua", "a.md", "--engine", "truncate", "--json"], "")  # a line in the ledger
    return tmp_path


def run(arguments: Sequence[str], redirected: str) -> subprocess.CompletedProcess[str]:
    """The command under a shell that redirects its streams."""
    shell = f'exec "$@" {redirected}'
    return subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, "-m", "ctxc", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def complaint(ran: subprocess.CompletedProcess[str]) -> str:
    """The last line said."""
    assert "Traceback" not in ran.stderr and "Exception ignored" not in ran.stderr, ran.stderr
    return ran.stderr.splitlines()[-1]


@pytest.mark.skipif(not FULL.exists(), reason="no full device here")
@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_full_disk_is_a_line_and_exit_1(command: list[str]) -> None:
    ran = run(command, "> /dev/full")
    assert complaint(ran).startswith("ctxc: ") and "the disk is full" in complaint(ran)
    assert ran.returncode == 1


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_closed_standard_output_is_a_line_and_exit_1(command: list[str]) -> None:
    ran = run(command, ">&-")
    assert complaint(ran).startswith("ctxc: ") and "it is closed" in complaint(ran)
    assert ran.returncode == 1


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_closed_standard_error_changes_nothing(command: list[str]) -> None:
    heard, unheard = run(command, ""), run(command, "2>&-")
    assert unheard.returncode == heard.returncode
    assert unheard.stdout.splitlines()[:1] == heard.stdout.splitlines()[:1]
    assert unheard.stdout


def test_nothing_is_written_into_a_file_that_took_a_closed_stream() -> None:
    ran = run(["lingua", "a.md", "--engine", "truncate", "-o", "out.md"], ">&- 2>&- <&-")
    assert ran.returncode == 0
    assert Path("out.md").read_text().startswith("The pump failed")
    assert "ctxc:" not in Path("out.md").read_text()


def test_a_closed_standard_input_is_said() -> None:
    ran = run(["lingua", "-", "--engine", "truncate"], "<&-")
    assert ran.returncode == 1 and "standard input is closed" in ran.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_a_working_directory_that_is_gone_is_said(command: list[str], here: Path) -> None:
    gone = here / "gone"
    gone.mkdir()
    ran = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", sys.executable, "-m", "ctxc", *command],
        capture_output=True,
        text=True,
        cwd=gone,
        stdin=subprocess.DEVNULL,
    )
    assert "Traceback" not in ran.stderr and "a bug" not in ran.stderr, ran.stderr
    if ran.returncode == 2:
        assert ran.stderr.startswith("ctxc: the working directory was deleted\n")
    else:  # nothing in it was needed, or a file was not there
        assert ran.returncode == (1 if "r.jsonl" in command or "a.md" in command else 0)
    if command[0] in ("lingua", "distill", "check") and "--help" not in command:
        assert ran.returncode == 2


def test_a_help_that_nobody_reads_to_the_end_is_no_error() -> None:
    ran = subprocess.run(
        ["sh", "-c", '"$@" --help | head -c 1', "sh", sys.executable, "-m", "ctxc"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert ran.stderr == ""
