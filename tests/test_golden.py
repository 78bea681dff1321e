"""Commands do, byte for byte, what was recorded of them.

A change of behaviour that is meant is recorded anew with ``tests/golden/record.py``;
the difference of the recordings then shows what users will see.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from golden.harness import EXPECTED, Command, Runner, commands, normalised

pytestmark = pytest.mark.skipif(os.name != "posix", reason="paths are recorded with slashes")
COMMANDS = commands()


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner() as one:
        yield one


def case(command: Command) -> object:
    marks = [getattr(pytest.mark, name) for name in command.marks]
    if command.reader:
        absent = importlib.util.find_spec("openai") is None
        marks.append(pytest.mark.skipif(absent, reason="the extra openai is not installed"))
    return pytest.param(command, id=command.name, marks=marks)


@pytest.mark.parametrize("command", [case(command) for command in COMMANDS])
def test_a_command_does_what_was_recorded(command: Command, runner: Runner, tmp_path: Path) -> None:
    expected = command.expected.read_text("utf-8")
    actual = runner.record(command, tmp_path.resolve())
    difference = difflib.unified_diff(
        expected.splitlines(), actual.splitlines(), "recorded", "now", lineterm=""
    )
    assert actual == expected, "\n".join([f"all of it is in {tmp_path}", *difference])


def test_every_recording_belongs_to_a_command() -> None:
    assert {path.name for path in EXPECTED.iterdir()} == {c.expected.name for c in COMMANDS}


def test_no_recording_names_a_machine() -> None:
    for path in EXPECTED.iterdir():
        text = path.read_text("utf-8")
        assert str(Path.home()) not in text and str(EXPECTED.parent) not in text, path.name


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("2.0x, engine lexical, 0.31 s", "2.0x, engine lexical, <t> s"),
        ('{"seconds": 0.0421, "tokens": 3}', '{"seconds": <t>, "tokens": 3}'),
        ("1,063 -> 265 tokens", "1,063 -> 265 tokens"),
        ("see /tmp/a/here/b.txt", "see <here>/b.txt"),
    ],
)
def test_only_what_may_differ_is_replaced(text: str, recorded: str) -> None:
    assert normalised(text, {"/tmp/a/here": "<here>"}) == recorded
