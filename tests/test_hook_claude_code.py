"""Which of an agent's tool results may be shortened, and what is handed back."""

from __future__ import annotations

from typing import Any

import pytest

from ctxc.integrations.agents import NAMES, agent, claude_code
from ctxc.integrations.agents.base import is_own, prints_a_file

LONG = "a line of output\n" * 9


def call(tool: str, asked: dict[str, Any], response: Any, **more: Any) -> dict[str, Any]:
    return {
        "session_id": "s",
        "hook_event_name": "PostToolUse",
        "tool_name": tool,
        "tool_input": asked,
        "tool_response": response,
        **more,
    }


def bash(command: str, **response: Any) -> dict[str, Any]:
    shape = {"stdout": LONG, "stderr": "warning: x", "interrupted": False, "isImage": False}
    return call("Bash", {"command": command, "description": "Run it"}, shape | response)


def replaced(hooked: dict[str, Any], text: str) -> Any:
    result = claude_code.read(hooked)
    assert result is not None
    answer = result.reply(text)["hookSpecificOutput"]
    assert answer["hookEventName"] == "PostToolUse"
    return answer["updatedToolOutput"]


def test_a_shell_s_output_is_replaced_in_its_own_shape_and_nothing_else() -> None:
    hooked = bash("pytest -x", returnCodeInterpretation="x")
    assert replaced(hooked, "short") == {**hooked["tool_response"], "stdout": "short"}
    result = claude_code.read(hooked)
    assert result is not None and result.text == LONG and result.asked == "pytest -x Run it"


def test_of_an_output_that_was_saved_the_copy_is_read_and_no_longer_named() -> None:
    hooked = bash("make", persistedOutputPath="/tmp/x.txt", persistedOutputSize=9)
    result = claude_code.read(hooked)
    assert result is not None and result.whole == "/tmp/x.txt"
    assert not any(key.startswith("persisted") for key in replaced(hooked, "short"))


@pytest.mark.parametrize(
    "hooked",
    [
        bash("cat src/a.py"),
        bash("cd src && sed -n '1,80p' a.py"),
        bash("head -50 a.c | grep x"),
        bash("ctxc expand 7f3a9c"),
        bash("cd x; /opt/bin/ctxc run -- make"),
        bash("make", interrupted=True),
        bash("plot", isImage=True),
        bash("make", stdout=None),
        bash("make", stdout=[LONG]),
        call("Bash", {"command": "make"}, LONG),
        call("Bash", {"command": "make"}, None),
        call("Read", {"file_path": "a.py"}, {"type": "text", "file": {"content": LONG}}),
        call("Edit", {"file_path": "a.py"}, {"filePath": "a.py", "oldString": LONG}),
        call("Write", {"file_path": "a.py"}, {"content": LONG}),
        call("WebFetch", {"url": "x"}, {"result": LONG}),
        call("Grep", {"pattern": "x"}, {"mode": "files_with_matches", "filenames": []}),
        call("mcp__files__read_text_file", {"path": "a"}, [{"type": "text", "text": LONG}]),
        call("mcp__ctxc__expand", {"handle": "a"}, [{"type": "text", "text": LONG}]),
        call("mcp__db__query", {}, [{"type": "image", "data": "x"}]),
        call("mcp__db__query", {}, [{"type": "text", "text": LONG}] * 2),
        call("mcp__db__query", {}, {"content": LONG}),
        call("Task", {"prompt": "x"}, {"content": [{"type": "text", "text": LONG}]}),
        bash("make") | {"hook_event_name": "PostToolUseFailure"},
        bash("make") | {"tool_name": ["Bash"]},
        {},
    ],
)
def test_everything_else_is_left_alone(hooked: dict[str, Any]) -> None:
    assert claude_code.read(hooked) is None


def test_matching_lines_are_replaced_with_the_pattern_as_question() -> None:
    shape = {"mode": "content", "content": LONG, "numLines": 9, "numFiles": 0, "filenames": []}
    hooked = call("Grep", {"pattern": "output"}, shape)
    assert replaced(hooked, "short") == {**shape, "content": "short"}


def test_the_text_of_an_mcp_result_is_replaced_and_its_other_parts_stay() -> None:
    image = {"type": "image", "data": "x"}
    hooked = call("mcp__db__query", {"sql": "SELECT 1"}, [image, {"type": "text", "text": LONG}])
    assert replaced(hooked, "short") == [image, {"type": "text", "text": "short"}]
    result = claude_code.read(hooked)
    assert result is not None and result.asked == "query SELECT 1"
    assert replaced(call("mcp__db__query", {}, LONG), "short") == "short"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            {"type": "assistant", "message": {"content": [{"type": "text", "text": "I look"}]}},
            "I look",
        ),
        ({"type": "assistant", "message": {"content": "plain"}}, "plain"),
        ({"type": "assistant", "message": {"content": [{"type": "tool_use"}]}}, ""),
        ({"type": "user", "message": {"content": "x"}}, ""),
        ({"type": "assistant", "message": None}, ""),
        ({"type": "assistant", "message": {"content": [None, {"type": "text", "text": 3}]}}, ""),
    ],
)
def test_what_the_agent_says_in_its_transcript(line: dict[str, Any], says: str) -> None:
    assert claude_code.message(line) == says


def test_a_log_may_be_shortened_though_a_file_is_printed() -> None:
    assert not prints_a_file("tail -n 500 /var/log/app.log")
    assert not prints_a_file("cat out.jsonl | head")
    assert not prints_a_file("pytest 2>&1 | tail -300")
    assert prints_a_file("FOO=1 sudo cat /etc/fstab")
    assert prints_a_file("cat package.json")
    assert not is_own("grep ctxc notes.txt")


def test_of_codex_nothing_is_replaced() -> None:
    assert agent("codex").read(bash("make")) is None
    assert set(NAMES) == {"claude-code", "codex"}
