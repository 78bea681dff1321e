"""A chat message read from JSON: its role, ids and what is in it, whichever API it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .data_tree import Node

HISTORY_KEYS = ("messages", "conversation", "conversations", "history", "chat", "input", "contents")
"""Keys of a request or a record under which its messages stand."""

_ROLES = frozenset(
    "system developer user human assistant ai gpt bot model tool function observation".split()
)
_USERS = frozenset(("user", "human"))
_RESULTS = frozenset(("tool", "function", "observation"))
_BODIES = frozenset(
    "content value parts text tool_calls function_call output arguments summary".split()
)
_ITEMS = frozenset("message function_call function_call_output reasoning custom_tool_call".split())
_HEAD_KEYS = frozenset(
    "role from type id tool_call_id tool_use_id call_id name is_error status index".split()
)
_CALLS = frozenset(("tool_use", "server_tool_use", "function_call", "custom_tool_call"))
_ANSWERS = frozenset(
    "tool_result function_call_output custom_tool_call_output web_search_tool_result".split()
)
_SHORT = 100  # characters: a longer value stays a unit of its own
_ENCODED = 200  # characters of base64 from which a string is data for no reader


@dataclass(slots=True)
class Call:
    """A tool call or a tool's result inside a message: the ``node`` and the ``id`` they share."""

    node: Node
    id: str
    is_result: bool


@dataclass(slots=True)
class Message:
    """``role`` in lower case, "" for an item without; ``calls`` in reading order."""

    node: Node
    role: str
    type: str = ""
    calls: list[Call] = field(default_factory=list)
    is_error: bool = False
    has_text: bool = False
    heads: list[tuple[Node, Node]] = field(default_factory=list)

    @property
    def is_user(self) -> bool:
        return self.role in _USERS

    @property
    def is_result(self) -> bool:
        """Whether it holds what tools returned, and no words of a person."""
        if self.role in _RESULTS or self.type in _ANSWERS:
            return True
        return bool(self.calls) and self.calls[0].is_result and not self.has_text

    def fold_heads(self) -> None:
        """Move roles, types, ids and empty values that stand first into their object's head."""
        for node in _below(self.node):
            if node.form == "object":
                self._fold_head(node)

    def _fold_head(self, node: Node) -> None:
        size = 0
        for child in node.children:
            if child.form in ("object", "array") and child.children:
                break
            if not (child.is_empty or (child.key in _HEAD_KEYS and len(child.value) <= _SHORT)):
                break
            size += 1
        if size:
            node.head_end = node.children[size - 1].end
            self.heads += [(node, child) for child in node.children[:size]]
            node.children = node.children[size:]

    def pieces(self) -> Iterator[int]:
        """The pieces of the message, heads first."""
        seen = -1
        for node in _below(self.node):
            if node.index >= 0 and node.index != seen:
                seen = node.index
                yield seen

    def leaves(self, node: Node) -> list[Node]:
        """What is under a node of the message and holds nothing more; the node without any."""
        return [inner for inner in _below(node) if not inner.children] or [node]

    def noise(self) -> list[int]:
        """Pieces that no reader of text gets anything from: encoded images, signatures."""
        return [
            node.index
            for node in _below(self.node)
            if not node.is_container and (node.key == "signature" or is_encoded(node.value))
        ]


def _below(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        stack += reversed(at.children)


def is_encoded(value: str) -> bool:
    """Whether a string is base64 (an image, a file), with or without ``data:`` before it."""
    if len(value) < _ENCODED:
        return False
    body = value.partition(",")[2] if value.startswith("data:") else value
    sample = body[:_ENCODED].replace("\\n", "").replace("\\/", "/")
    rest = sample.translate(_NO_BASE64)
    return not rest and any(c.isdigit() for c in sample) and not sample.isdigit()


_NO_BASE64 = str.maketrans(
    "", "", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"
)


def message_of(node: Node) -> Message | None:
    """The message that an object is, or None for any other value."""
    if node.form != "object":
        return None
    keys = {child.key: child for child in node.children}
    role = keys.get("role") or keys.get("from")
    named = role.value.lower() if role is not None else ""
    kind = keys["type"].value if "type" in keys else ""
    if named not in _ROLES:
        named = ""
    if not (named and _BODIES & keys.keys()) and not (kind in _ITEMS and len(keys) >= 2):
        return None
    message = Message(node, named, kind)
    _read(message, node, keys)
    return message


def _read(message: Message, node: Node, keys: dict[str, Node]) -> None:
    """Note the calls, results and words in a message."""
    if message.type in _CALLS | _ANSWERS or "tool_call_id" in keys:
        message.calls.append(
            Call(node, _id(keys), "tool_call_id" in keys or message.type in _ANSWERS)
        )
    elif message.role == "function" or "function_call" in keys:
        message.calls.append(Call(keys.get("function_call", node), "", message.role == "function"))
    for name in ("tool_calls", "content", "parts"):
        for block in keys[name].children if name in keys else ():
            inner = {child.key: child for child in block.children}
            kind = inner["type"].value if "type" in inner else ""
            if name == "tool_calls" or kind in _CALLS | _ANSWERS:
                message.calls.append(Call(block, _id(inner), kind in _ANSWERS))
                message.is_error |= "is_error" in inner and inner["is_error"].value == "true"
            else:
                message.has_text = message.has_text or "text" in inner
    body = keys.get("content")
    message.has_text |= body is not None and not body.is_container and not body.is_empty


def _id(keys: dict[str, Node]) -> str:
    for name in ("tool_call_id", "tool_use_id", "call_id", "id"):
        if name in keys and keys[name].value:
            return keys[name].value
    return ""
