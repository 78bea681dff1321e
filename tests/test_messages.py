"""Conversations: what was sent once is never rewritten, pairs hold, facts go before chatter."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ctxc
from ctxc.messages.prices import cost_of
from ctxc.messages.texts import requests, texts_of
from ctxc.stats.money import Prices, Rates

Messages = list[dict[str, Any]]
IMAGE = {"type": "image", "source": {"type": "base64", "data": "iVBORw0KGgo" * 40}}


def run(*arguments: str, input: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ctxc", *arguments]
    return subprocess.run(command, capture_output=True, text=True, input=input)


def log(lines: int, seed: int = 0) -> str:
    pick = random.Random(seed)
    made = [
        f"2026-01-01 00:00:{i % 60:02} INFO worker {pick.random():.3f} ok" for i in range(lines)
    ]
    return "\n".join([*made, f"2026-01-01 00:02:00 ERROR disk {seed} failed"])


def openai(sizes: list[int]) -> Messages:
    out: Messages = [{"role": "system", "content": "Never push to main. " * 40}]
    for i, size in enumerate(sizes):
        function = {"name": "bash", "arguments": json.dumps({"command": f"make step{i}"})}
        call = {"id": f"c{i}", "type": "function", "function": function}
        out += [
            {"role": "user", "content": f"Do step {i}."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [call],
            },
            {"role": "tool", "tool_call_id": f"c{i}", "content": log(size, i)},
            {"role": "assistant", "content": f"Step {i} is done."},
        ]
    return [*out, {"role": "user", "content": "What is left? " * 60}]


def anthropic(sizes: list[int]) -> Messages:
    out: Messages = []
    for i, size in enumerate(sizes):
        use = {"type": "tool_use", "id": f"t{i}", "name": "sh", "input": {"command": f"run {i}"}}
        blocks = [{"type": "text", "text": log(size, i), "cache_control": {"type": "ephemeral"}}]
        result = {"type": "tool_result", "tool_use_id": f"t{i}", "content": [*blocks, IMAGE]}
        out += [
            {"role": "user", "content": [{"type": "text", "text": f"Look at {i}."}, IMAGE]},
            {"role": "assistant", "content": [{"type": "text", "text": "I look."}, use]},
            {"role": "user", "content": [result]},
            {"role": "assistant", "content": [{"type": "text", "text": f"{i} is fine."}]},
        ]
    return [*out, {"role": "user", "content": "Which is the worst?"}]


BUDGETS: list[dict[str, Any]] = [{"rate": 0.3}, {"tokens": 5_000}]


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=5),
    st.sampled_from([openai, anthropic]),
    st.sampled_from(BUDGETS),
)
def test_a_growing_conversation_keeps_its_bytes(sizes: list[int], make: Any, budget: Any) -> None:
    messages = make(sizes)
    before: list[str] = []
    for _, end in requests(messages):
        sent = ctxc.compress_messages(messages[:end], engine="lexical", **budget).messages
        now = [json.dumps(message) for message in sent]
        assert now[: len(before)] == before
        before = now


@pytest.mark.parametrize("make", [openai, anthropic])
@pytest.mark.parametrize("cached", [None, 0])
def test_only_results_get_shorter_and_pairs_hold(make: Any, cached: int | None) -> None:
    messages = make([40, 50, 60])
    done = ctxc.compress_messages(messages, rate=0.3, engine="lexical", cached=cached)
    assert len(done.changed) == 3 and len(done.messages) == len(messages)
    assert done.compressed < 0.7 * done.original
    for index, (old, new) in enumerate(zip(messages, done.messages, strict=True)):
        assert (old is new) == (index not in done.changed)
        if index in done.changed:
            uses = {text.use for text in texts_of(old, 0)}
            assert uses == {"result"}
            assert old.keys() == new.keys()
            assert {k: v for k, v in old.items() if k != "content"} == {
                k: v for k, v in new.items() if k != "content"
            }
            assert "ERROR disk" in json.dumps(new)
    pictures = [json.dumps(m).count(IMAGE["source"]["data"]) for m in (messages, done.messages)]  # type: ignore[index]
    assert pictures[0] == pictures[1]


def test_tokens_are_exact_or_an_error() -> None:
    messages = openai([60, 60, 60])
    for tokens in (1_500, 2_500, 4_000):
        done = ctxc.compress_messages(messages, tokens=tokens, engine="lexical", cached=0)
        count = sum(ctxc.count_tokens(t.text) for m in done.messages for t in texts_of(m, 0))
        assert done.compressed == count <= tokens
    with pytest.raises(ctxc.BudgetError, match="not to be touched"):
        ctxc.compress_messages(messages, tokens=100)


def test_facts_of_old_words_go_before_chatter() -> None:
    chatter = "That sounds like a really good idea to everybody here. " * 12
    fact = "We decided to keep src/store/v2.py at commit 3fa9c1d0."
    messages = [
        {"role": "user", "content": "Hello."},
        {"role": "assistant", "content": f"{chatter}{fact} {chatter}"},
        {"role": "user", "content": "Go on."},
    ]
    done = ctxc.compress_messages(messages, tokens=60, cached=0)
    assert fact in done.messages[1]["content"] and done.messages[2] is messages[2]


def test_every_fact_is_word_for_word() -> None:
    messages = [*openai([20]), {"role": "user", "content": "It took 3.4 s; see src/a.py:12."}]
    facts = ctxc.factsheet(messages)
    for fact in facts:
        assert any(fact.text in text.text for text in texts_of(messages[fact.index], 0)) or (
            fact.text in json.dumps(messages[fact.index])
        )
    assert {("command", "make step0"), ("path", "src/a.py:12")} <= {(f.kind, f.text) for f in facts}


@pytest.mark.parametrize("wrong", ["text", {"a": 1}, [1], None, [["x"]]])
def test_what_is_no_list_of_messages_is_one_clear_error(wrong: Any) -> None:
    with pytest.raises(ctxc.InputError):
        ctxc.compress_messages(wrong, rate=0.5)


def test_unknown_roles_and_blocks_and_lonely_calls_pass() -> None:
    strange: Messages = [
        {"role": "oracle", "content": log(40)},
        {"role": "user", "content": [{"type": "hologram", "text": log(40)}, IMAGE]},
        {"role": "assistant", "tool_calls": [{"id": "x"}, 7]},
        {"role": "assistant", "content": None, "tool_calls": None},
        {},
    ]
    done = ctxc.compress_messages(strange, rate=0.1)
    assert all(a is b for a, b in zip(strange, done.messages, strict=True)) and not done.changed


def test_a_rewritten_turn_is_charged_for() -> None:
    prices = Prices("x", Rates(2.0, 2.5, 0.2), "given", minimum=0)
    messages = openai([60, 60, 60])
    stable = ctxc.compress_messages(messages, rate=0.3, engine="lexical").messages
    sent = [stable[:end] for _, end in requests(stable)]
    renewed = [[{**m, "turn": n} for m in request] for n, request in enumerate(sent)]
    assert cost_of(sent, prices).dollars < 0.6 * cost_of(renewed, prices).dollars


def test_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    request = {"model": "m", "messages": openai([60, 60])}
    path.write_text(json.dumps(request))
    done = run("lingua", "--messages", str(path), "--rate", "0.3", "--price", "2,2.5,0.2")
    left = json.loads(done.stdout)
    assert done.returncode == 0 and left["model"] == "m"
    assert [m["role"] for m in left["messages"]] == [m["role"] for m in request["messages"]]  # type: ignore[index]
    assert "with the cache cost" in done.stderr and "ctxc expand" in done.stdout
    sheet = run("lingua", "--factsheet", str(path))
    assert "- make step1" in sheet.stdout.splitlines()
    for bad in ("[1", '"x"', '{"a": []}'):
        refused = run("lingua", "--messages", "--rate", "0.3", input=bad)
        assert refused.returncode == 1 and refused.stderr.count("\n") <= 2 and not refused.stdout
    for option in ("--records", "--json", "--dry-run", "--beside"):
        refused = run("lingua", "--messages", str(path), "--rate", "0.3", option)
        assert refused.returncode == 2 and not refused.stdout
    assert run("lingua", str(path), "--cached", "1").returncode == 2
