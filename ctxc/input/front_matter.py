"""The few lines at the top of a mirrored output that say what it was made of.

::

    ---
    ctxc: "0.1.0"
    source: "notes/a.pdf"
    sha256: "9f86d0…"
    tokens: {"original": 5120, "compressed": 1280, "tokenizer": "o200k_base"}
    engine: "distill"
    model: "smollm2-135m"
    key: "5f2c…"
    ---

Every value is JSON on one line, which is YAML as well. No date: the same
input gives the same bytes.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LONGEST = 1 << 16
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What an output was made of: the source's name and SHA-256, token counts, and by what.

    ``key`` identifies input, options and model together (the store's key).
    """

    source: str
    sha256: str
    original: int
    compressed: int
    tokenizer: str
    engine: str
    model: str | None
    version: str
    key: str = ""

    def render(self) -> str:
        """The lines, with the fences and an empty line behind them."""
        tokens = {
            "original": self.original,
            "compressed": self.compressed,
            "tokenizer": self.tokenizer,
        }
        values: dict[str, Any] = {
            "ctxc": self.version,
            "source": self.source,
            "sha256": self.sha256,
            "tokens": tokens,
            "engine": self.engine,
            "model": self.model,
            "key": self.key,
        }
        lines = [f"{name}: {json.dumps(value)}" for name, value in values.items()]
        return "\n".join(["---", *lines, "---", "", ""])


def read_front_matter(path: Path) -> FrontMatter | None:
    """The front matter of an output on disk; None where there is none of ours."""
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            head = file.read(_LONGEST)
    except (OSError, ValueError):
        return None
    return parse_front_matter(head.decode("utf-8", "replace"))


def parse_front_matter(text: str) -> FrontMatter | None:
    """The front matter ``text`` begins with; None where there is none of ours."""
    opening, _, rest = text.partition("\n")
    block, fence, _ = rest.partition("\n---\n")
    if opening != "---" or not fence:
        return None
    try:
        pairs = (line.partition(": ") for line in block.split("\n"))
        values = {name: json.loads(value) for name, _, value in pairs}
        tokens = values["tokens"]
        matter = FrontMatter(
            source=values["source"],
            sha256=values["sha256"],
            original=tokens["original"],
            compressed=tokens["compressed"],
            tokenizer=tokens["tokenizer"],
            engine=values["engine"],
            model=values["model"],
            version=values["ctxc"],
            key=values["key"],
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return matter if _whole(matter) else None


def _whole(matter: FrontMatter) -> bool:
    """Whether every value has its type (a file edited by hand may hold anything)."""
    words = (matter.source, matter.tokenizer, matter.engine, matter.version, matter.key)
    counts = (matter.original, matter.compressed)
    return (
        all(isinstance(word, str) for word in words)
        and all(type(count) is int and count >= 0 for count in counts)
        and isinstance(matter.model, str | None)
        and isinstance(matter.sha256, str)
        and _SHA256.fullmatch(matter.sha256) is not None
    )
