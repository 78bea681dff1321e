"""``truncate`` and ``random``: what everybody must beat."""

from __future__ import annotations

import hashlib

from ..runtime import Runtime
from ..selection import Selection
from .base import Task
from .extract import by_segment


class TruncateEngine:
    """The beginning of the text."""

    name = "truncate"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        return by_segment(task, [-float(i) for i in range(len(task.segments))])


class RandomEngine:
    """Random segments; the same text always gives the same ones."""

    name = "random"
    needs_question = False

    def compress(self, task: Task, runtime: Runtime) -> Selection:
        seed = hashlib.sha256(task.text.encode("utf-8", "replace")).digest()
        scores = []
        for index in range(len(task.segments)):
            digest = hashlib.sha256(seed + index.to_bytes(8, "big")).digest()
            scores.append(int.from_bytes(digest[:8], "big") / 2**64)
        return by_segment(task, scores)
