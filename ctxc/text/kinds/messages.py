"""Arrays of chat messages as APIs take them (OpenAI, Anthropic), alone or inside a request.

Told by an array of objects with a role and a content at the top of a JSON text, or under a key
such as ``messages``. Units: a message, with its role and ids in its head; in it its content (a
string is one unit, a list is opened into its blocks) and its tool calls. Ties: a tool call and
its result are there together, both ways. The system message and the last turns (the last user
message and what follows, at least two messages) have a salience above 5: nothing outranks them.
Everything else of the text is cut as JSON is.
"""

from __future__ import annotations

import re

from ..segment.builder import Builder
from . import Passage
from .data_marks import mark_tree
from .data_tree import Node
from .json_scan import Scan, scan
from .json_text import add_node, add_rest
from .message_tree import HISTORY_KEYS, Message, message_of
from .message_ties import tie_message, tie_tools

SYSTEM = 6.0
LAST_USER = 5.9
LAST = 5.8
FOLLOWING = 5.1  # behind the last user message, the later the more
_PINNED_TURNS = 8  # of those that follow the last user message: an agent may run for hundreds
_SAMPLE = 20_000
_LIST = re.compile(r"[\s\ufeff]*\[\s*\{")
_REQUEST = re.compile(r"[\s\ufeff]*\{\s*\"")
_HISTORY = re.compile(rf'"(?:{"|".join(HISTORY_KEYS)})"\s*:\s*\[\s*\{{')
_TEXT = 2.0  # what a user wrote
_REPLY = 1.2
_RESULT = 0.9
_FAULT = 2.5  # a tool's result that is marked as an error
_RECENT = 0.7  # how much more the last message is worth than the first


def detect(passage: Passage) -> float:
    """0.97 where an array of messages is at the top or under a key of a request."""
    text, start, end = passage.text, passage.start, passage.end
    stop = min(end, start + _SAMPLE)
    if _LIST.match(text, start, stop):
        result = scan(text, start, stop)
        return 0.97 if _is_chat(result, cut=stop < end) else 0.0
    if not _REQUEST.match(text, start, stop):
        return 0.0
    match = _HISTORY.search(text, start, end)
    if not match:
        return 0.0
    whole = scan(text, start, stop)
    alone = len(whole.roots) == 1 and (stop < end or not whole.faulty)
    first = text.find("[", match.start(), match.end())
    result = scan(text, first, min(end, first + _SAMPLE))
    return 0.97 if alone and _holds(result.roots[:1]) else 0.0


def _is_chat(result: Scan, cut: bool) -> bool:
    """Whether what was read is one array of messages."""
    if len(result.roots) != 1 or (result.faulty and not cut):
        return False
    return _holds(result.roots)


def _holds(roots: list[Node]) -> bool:
    return bool(roots) and roots[0].form == "array" and _is_history(roots[0])


def _is_history(node: Node) -> bool:
    """Whether an array's elements are messages, nearly all of them, and one says so by a role."""
    inner = node.children[:50]
    messages = [message_of(child) for child in inner]
    good = [message for message in messages if message is not None]
    roles = any(message.role for message in good)
    return bool(good) and roles and len(good) >= 0.8 * len(inner)


def add_units(out: Builder, passage: Passage) -> None:
    """Pieces for the conversation, and for the rest of the document as for JSON."""
    result = scan(passage.text, passage.start, passage.end)
    histories = [node for root in result.roots for node in _histories(root)]
    conversations = []
    for node in histories:
        read = [message_of(child) for child in node.children]
        conversations.append((node, [message for message in read if message is not None]))
    for _, messages in conversations:
        for message in messages:
            message.fold_heads()
    for root in result.roots:
        out.begin_block()
        add_node(out, root)
    _mark_rest(out, result.roots, histories)
    for _, messages in conversations:
        _mark_conversation(out, messages)
    if result.faulty or not result.roots:
        add_rest(out, result.end if result.roots else passage.start, passage.end)


def _histories(root: Node) -> list[Node]:
    """The arrays of messages: the document itself, or under its keys."""
    if root.form == "array":
        return [root] if _is_history(root) else []
    return [
        child
        for child in root.children
        if child.form == "array" and child.key in HISTORY_KEYS and _is_history(child)
    ]


def _mark_rest(out: Builder, roots: list[Node], histories: list[Node]) -> None:
    """Marks as for JSON for all but the messages; a request's system prompt is never cut."""
    inner = [node.children for node in histories]
    for node in histories:
        node.children = []
    mark_tree(out, Node(form="array", children=[root for root in roots if root.children]))
    for node, children in zip(histories, inner, strict=True):
        node.children = children
    for root in roots:
        for child in root.children:
            if child.key in ("system", "instructions", "system_instruction"):
                for index in Message(child, "system").pieces():
                    out.mark(index, salience=SYSTEM)


def _mark_conversation(out: Builder, messages: list[Message]) -> None:
    pinned = _pinned(messages)
    task = next((i for i, m in enumerate(messages) if m.is_user), -1)
    for position, message in enumerate(messages):
        tie_message(out, message)
        recent = _RECENT * position / len(messages) + (position == task)
        for index in message.pieces():
            worth = pinned.get(position, 0.0)
            out.mark(index, salience=worth or _worth(message) + recent)
        if position not in pinned:
            for index in message.noise():
                out.mark(index, salience=0.0)
    tie_tools(out, messages)


def _worth(message: Message) -> float:
    if message.is_error:
        return _FAULT
    if message.is_result:
        return _RESULT
    return _TEXT if message.is_user else _REPLY


def _pinned(messages: list[Message]) -> dict[int, float]:
    """Position -> salience of the messages that nothing outranks."""
    count = len(messages)
    out = {i: SYSTEM for i, m in enumerate(messages) if m.role in ("system", "developer")}
    user = max((i for i, m in enumerate(messages) if m.is_user and not m.is_result), default=count)
    for position in range(max(user + 1, count - _PINNED_TURNS), count):
        out.setdefault(position, FOLLOWING + 0.5 * position / count)
    for position in range(max(0, count - 2), count):
        out[position] = max(LAST, out.get(position, 0.0))
    if user < count:
        out[user] = LAST_USER
    return out
