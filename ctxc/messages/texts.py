"""The texts of messages: what is a tool's result, what somebody's words, what is never touched.

OpenAI's chat messages and response items, Anthropic's messages with content blocks. Anything
else (images, files, unknown roles and blocks) holds no text here: it passes untouched and is
not counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..console import plain
from ..errors import InputError

Message = Mapping[str, Any]
Path = tuple[str | int, ...]

_ASSISTANTS = ("assistant", "model", "ai")
_SYSTEM = ("system", "developer")
_USERS = ("user", "human")
_RESULTS = ("tool", "function")
_CALL_ITEMS = ("function_call", "custom_tool_call")
_RESULT_ITEMS = ("function_call_output", "custom_tool_call_output")
_REPLY_ITEMS = ("reasoning", *_CALL_ITEMS)
_TEXT_BLOCKS = ("text", "input_text", "output_text")


@dataclass(frozen=True, slots=True)
class Text:
    """One text of ``messages[index]``, at ``path`` in it (empty where it is made of several).

    ``use``: a tool's "result", a user's or assistant's "words", or "fixed".
    """

    index: int
    path: Path
    text: str
    use: Literal["result", "words", "fixed"]


def checked(messages: Any) -> list[Message]:
    """The messages. Raises InputError for what is no list of objects."""
    if isinstance(messages, str | bytes | Mapping) or not isinstance(messages, Sequence):
        raise InputError("the messages are no list")
    for index, message in enumerate(messages):
        if not isinstance(message, Mapping):
            raise InputError(f"messages[{index}] is no object but {plain(repr(message), 40)}")
    return list(messages)


def is_reply(message: Message) -> bool:
    """Whether the model said it: it was never sent before it came."""
    return message.get("role") in _ASSISTANTS or message.get("type") in _REPLY_ITEMS


def is_system(message: Message) -> bool:
    return message.get("role") in _SYSTEM


def is_user(message: Message) -> bool:
    """Whether a person wrote something in it."""
    if message.get("role") not in _USERS:
        return False
    return any(text.use == "words" and text.text.strip() for text in texts_of(message, 0))


def texts_of(message: Message, index: int) -> Iterator[Text]:
    """The texts of one message, in reading order."""
    if message.get("type") in _RESULT_ITEMS:
        yield from _body(message.get("output"), index, ("output",), "result")
        return
    if message.get("type") in _CALL_ITEMS:
        yield from _call(message, index)
        return
    role = message.get("role")
    known = role in (*_ASSISTANTS, *_SYSTEM, *_USERS, *_RESULTS)
    if known:
        use: Any = "result" if role in _RESULTS else "fixed" if role in _SYSTEM else "words"
        yield from _body(message.get("content"), index, ("content",), use)
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, Mapping):
            yield from _call(call.get("function") or call, index)


def _body(body: Any, index: int, path: Path, use: Any) -> Iterator[Text]:
    """A content: a string, or a list of blocks."""
    if isinstance(body, str):
        yield Text(index, path, body, use)
        return
    for at, block in enumerate(body if isinstance(body, list) else ()):
        if isinstance(block, Mapping):
            yield from _block(block, index, (*path, at), use)


def _block(block: Mapping[str, Any], index: int, path: Path, use: Any) -> Iterator[Text]:
    kind = block.get("type")
    if kind in _TEXT_BLOCKS and isinstance(block.get("text"), str):
        yield Text(index, (*path, "text"), block["text"], use)
    elif kind == "tool_result":
        yield from _body(block.get("content"), index, (*path, "content"), "result")
    elif kind in ("tool_use", "server_tool_use"):
        yield from _call(block, index)
    elif kind == "thinking" and isinstance(block.get("thinking"), str):
        yield Text(index, (), block["thinking"], "fixed")


def _call(call: Any, index: int) -> Iterator[Text]:
    """A tool call's name and arguments."""
    if not isinstance(call, Mapping):
        return
    for key in ("name", "arguments", "input"):
        value = call.get(key)
        if isinstance(value, Mapping | list):
            value = json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, str):
            yield Text(index, (), value, "fixed")


def with_text(message: Message, path: Path, text: str) -> Message:
    """The message with another text at ``path``; nothing else of it is another object."""

    def put(value: Any, rest: Path) -> Any:
        if not rest:
            return text
        if isinstance(value, Mapping):
            return {**value, rest[0]: put(value[str(rest[0])], rest[1:])}
        out = list(value)
        at = int(rest[0])
        out[at] = put(out[at], rest[1:])
        return out

    changed: Message = put(message, path)
    return changed


def requests(messages: Sequence[Message]) -> list[tuple[int, int]]:
    """``(start, end)`` of what each request brought: what stands between the model's replies."""
    out = []
    start = 0
    for index, message in enumerate(messages):
        if is_reply(message):
            if index > start:
                out.append((start, index))
            start = index + 1
    if start < len(messages):
        out.append((start, len(messages)))
    return out
