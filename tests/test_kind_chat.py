"""Arrays of messages: what stays untouched, calls with their results, and JSON all the way."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_subsets import closure, is_subset, kind_of, random_subset, units, write

import ctxc

Messages = list[dict[str, Any]]


def openai(turns: int = 6) -> Messages:
    out: Messages = [{"role": "system", "content": "Never push to main."}]
    for i in range(turns):
        call = {"name": "bash", "arguments": json.dumps({"cmd": f"make step{i}"})}
        tool_call = {"id": f"call_{i}", "type": "function", "function": call}
        out += [
            {"role": "user", "content": f"Please do step {i} of the plan, all of it."},
            {"role": "assistant", "content": None, "tool_calls": [tool_call]},
            {"role": "tool", "tool_call_id": f"call_{i}", "content": f"step {i}: done in {i} s " * 5},
            {"role": "assistant", "content": f"Step {i} is done."},
        ]
    return [*out, {"role": "user", "content": "What is left?"}]


def anthropic(turns: int = 6) -> dict[str, Any]:
    messages: Messages = []
    for i in range(turns):
        use = {"type": "tool_use", "id": f"t{i}", "name": "read", "input": {"path": f"/srv/f{i}.py"}}
        answer = {"type": "tool_result", "tool_use_id": f"t{i}", "content": f"line {i} of it " * 8}
        messages += [
            {"role": "user", "content": f"Look at file {i}."},
            {"role": "assistant", "content": [{"type": "text", "text": "I look."}, use]},
            {"role": "user", "content": [answer]},
            {"role": "assistant", "content": [{"type": "text", "text": f"File {i} is fine."}]},
        ]
    messages.append({"role": "user", "content": "Which file is the worst?"})
    return {"model": "m", "system": "You review code.", "max_tokens": 500, "messages": messages}


CHATS = {
    "openai": json.dumps(openai(), indent=1),
    "anthropic": json.dumps(anthropic()),
    "compact": json.dumps(openai(), separators=(",", ":")),
}


def history(value: Any) -> Messages:
    return value["messages"] if isinstance(value, dict) else value


def ids(value: Any, *names: str) -> set[str]:
    """The values under these keys, wherever they stand."""
    if isinstance(value, dict):
        own = {value[name] for name in names if isinstance(value.get(name), str)}
        return own.union(*(ids(inner, *names) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(ids(inner, *names) for inner in value))
    return set()


@pytest.mark.parametrize("name", CHATS)
def test_arrays_of_messages_are_told_by_content(name: str) -> None:
    assert kind_of(CHATS[name]) == "messages"
    assert kind_of(CHATS[name][:-40]) == "messages"  # cut off


@pytest.mark.parametrize(
    "value",
    [
        [{"role": "admin", "name": "Ann"}, {"role": "user", "name": "Bob"}],
        {"messages": ["saved", "sent"], "count": 2},
        {"input": [{"name": "x", "type": "text"}]},
        [{"type": "text", "text": "a"}],
        {"commits": [{"message": "m", "author": {"role": "user"}}]},
    ],
)
def test_other_json_is_no_chat(value: Any) -> None:
    assert kind_of(json.dumps(value)) == "json"


def test_roles_and_ids_stand_in_the_heads_of_their_objects() -> None:
    text = json.dumps([{"role": "user", "content": "one two three four five six seven"}])
    cores = [s.core(text) for s in units(text, "messages")]
    assert cores == ["[", '{"role": "user"', '"content": "one two three four five six seven"', "}", "]"]


@pytest.mark.parametrize("name", CHATS)
def test_a_call_and_its_result_bring_each_other(name: str) -> None:
    text = CHATS[name]
    segments = units(text, "messages")
    for index, segment in enumerate(segments):
        core = segment.core(text)
        if segment.closes < 0 and ("step 2: done" in core or "make step2" in core or "f2.py" in core):
            left = json.loads(write(text, segments, closure(segments, {index})))
            calls = ids(left, "id") & {"call_2", "t2"}
            assert calls and calls == ids(left, "tool_call_id", "tool_use_id")


@pytest.mark.parametrize("name", CHATS)
def test_the_system_message_and_the_last_turns_outrank_everything(name: str) -> None:
    text = CHATS[name]
    pinned = [s.core(text) for s in units(text, "messages") if s.salience > 5 and '": ' in s.core(text)]
    if name == "anthropic":
        assert any("You review code." in core for core in pinned)
        assert any("File 5 is fine." in core for core in pinned)
        assert any("Which file" in core for core in pinned)
        assert not any("File 4" in core for core in pinned)
    elif name == "openai":
        assert any("Never push" in core for core in pinned)
        assert any("Step 5 is done." in core for core in pinned)
        assert not any("Step 4" in core for core in pinned)


def test_all_that_follows_the_last_user_message_stays() -> None:
    chat = openai(3)[:-2]  # ends with a call and its result
    text = json.dumps(chat)
    result = ctxc.compress(text, question="Was step 0 done?", rate=0.65, engine="lexical")
    left = json.loads(result.text)
    assert left[0] == chat[0]
    assert left[-3:] == chat[-3:]


@pytest.mark.parametrize("name", CHATS)
def test_what_is_left_parses_and_is_part_of_it(name: str) -> None:
    text = CHATS[name]
    segments = units(text, "messages")
    for seed in range(60):
        left = json.loads(random_subset(text, segments, random.Random(seed)))
        assert is_subset(left, json.loads(text))
        assert all("role" in message for message in history(left) if isinstance(message, dict))


@given(st.text() | st.builds(lambda a, b: CHATS["compact"][a:b], st.integers(0, 900), st.integers(0, 3000)))
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text)
    units(text, "messages")


def test_a_role_behind_the_content_comes_along() -> None:
    text = json.dumps([{"content": "a b c d e f g h i j", "role": "user", "ts": 17}] * 3)
    segments = units(text, "messages")
    for index, segment in enumerate(segments):
        if segment.closes < 0 and segment.needs > 0:
            left = json.loads(write(text, segments, closure(segments, {index})))
            assert all(message.keys() >= {"role", "content"} for message in left)


def test_an_image_is_worth_nothing_beside_words() -> None:
    data = "iVBORw0KGgo" * 40
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    chat: Messages = [{"role": "user", "content": [image, {"type": "text", "text": "See this."}]}]
    text = json.dumps([*chat, *openai(2)])
    segments = units(text, "messages")
    assert [s.salience for s in segments if data in s.core(text)] == [0]
