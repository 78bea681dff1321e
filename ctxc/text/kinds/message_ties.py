"""What of a chat must be there together: a message's role and words, a tool call and its result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..segment.builder import Builder
from .message_tree import Call, Message

_LONG = 4_000  # characters: a longer argument beside others may go without the call


@dataclass(slots=True)
class _Refers:
    """Ties between pieces, written at the end: ``mark`` replaces what was there before."""

    out: Builder
    ties: dict[int, list[int]] = field(default_factory=dict)

    def add(self, piece: int, others: Iterable[int]) -> None:
        known = self.ties.setdefault(piece, [])
        known += [other for other in others if other != piece and other not in known[-64:]]

    def together(self, pieces: Sequence[int]) -> None:
        """Each brings all the others, by way of the first."""
        for piece in pieces[1:]:
            self.add(piece, pieces[:1])
            self.add(pieces[0], (piece,))

    def write(self) -> None:
        for piece, others in self.ties.items():
            if others:
                self.out.mark(piece, refers=tuple(dict.fromkeys(others)))


def tie_message(out: Builder, message: Message) -> None:
    """Bind what a message says to a role that does not stand in its head, and small extra keys
    to the words they are about; forget what the pieces have repeated or referred to."""
    for parent, child in message.heads:
        child.index = parent.index
    for index in message.pieces():
        out.mark(index, refers=(), folds=-1)
    node = message.node
    loose = [c for c in node.children if not c.children and c.index != node.index]
    if len(loose) < 2 and not any(c.key in ("role", "from") for c in loose):
        return
    refers = _Refers(out)
    body = [c for c in node.children if c.children] or loose
    words = next((c for c in loose if c.key in ("content", "value", "text", "output")), None)
    center = words or message.leaves(body[0])[0]
    role = next((c for c in loose if c.key in ("role", "from")), None)
    for child in loose:
        refers.add(child.index, (center.index,))
    if role is not None:
        for child in message.leaves(node):
            if child.index != node.index:
                refers.add(child.index, (role.index,))
    refers.write()


def tie_tools(out: Builder, messages: Sequence[Message]) -> None:
    """Tie calls to their results, by id, or a result without one to the message before it."""
    refers = _Refers(out)
    hubs: dict[str, list[int]] = {}
    before = -1
    for message in messages:
        alone = -1
        for call in message.calls:
            needed = _needed(message, call)
            refers.together(needed)
            hub = needed[0]
            if call.id:
                hubs.setdefault(call.id, []).append(hub)
            elif call.is_result and before >= 0:
                refers.together([before, hub])
            alone = hub if not call.id else alone
        before = alone
    for tied in hubs.values():
        refers.together(tied)
    refers.write()


def _needed(message: Message, call: Call) -> list[int]:
    """The pieces without which a call or a result says nothing, at least one."""
    leaves = [leaf for leaf in message.leaves(call.node) if leaf.index >= 0]
    short = [leaf for leaf in leaves if leaf.end - leaf.start <= _LONG]
    kept = leaves if call.is_result or not short else short
    # A head that carries the id is there with any of its leaves.
    return list(dict.fromkeys(leaf.index for leaf in kept)) or [call.node.index]
