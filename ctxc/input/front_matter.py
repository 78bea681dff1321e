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
    output: "2c26b4…"
    ---

Every value is JSON on one line, which is YAML as well. No date: the same
input gives the same bytes. ``output`` is the SHA-256 of the whole file but for
its own line, by which an output that was edited since is known.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path
from typing import Any

from .. import tokens

_LONGEST = 1 << 16
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What an output was made of: the source's name and SHA-256, token counts, and by what.

    ``key`` identifies input, options and model together (the store's key);
    ``output`` is set by ``signed`` ("": an earlier version wrote it).
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
    output: str = ""

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
        } | ({"output": self.output} if self.output else {})
        lines = [f"{name}: {json.dumps(value)}" for name, value in values.items()]
        return "\n".join(["---", *lines, "---", "", ""])

    def signed(self, body: bytes) -> FrontMatter:
        """The same with the hash of the output it makes with ``body``.

        Line ends do not count: a checkout may have converted them.
        """
        head = replace(self, output="").render().encode("utf-8", "replace")
        whole = (head + body).replace(b"\r\n", b"\n")
        return replace(self, output=sha256(whole).hexdigest())


class Standing(Enum):
    """Whose file lies where an output is to go."""

    ABSENT = auto()
    OURS = auto()
    EDITED = auto()
    FOREIGN = auto()


def standing(path: Path) -> Standing:
    """Whose file is at ``path``: nobody's (none, or an empty one), ctxc's as it wrote it,
    ctxc's and edited since, or somebody else's. Folders and devices are nobody's: no output
    ever takes their place."""
    try:
        if not os.path.isfile(path):
            return Standing.ABSENT
        data = path.read_bytes().replace(b"\r\n", b"\n")
    except (OSError, ValueError):
        return Standing.FOREIGN
    if not data:
        return Standing.ABSENT
    matter = parse_front_matter(data[:_LONGEST].decode("utf-8", "replace"))
    if matter is None:
        return Standing.FOREIGN
    head, fence = matter.render().encode("utf-8", "replace"), b"\n---\n\n"
    body = data.partition(fence)[2]
    whole = head + body == data and _is_as_written(matter, body)
    return Standing.OURS if whole else Standing.EDITED


def _is_as_written(matter: FrontMatter, body: bytes) -> bool:
    """Whether the text is what was written; by its tokens where no hash of it was."""
    if matter.output:
        return matter.signed(body).output == matter.output
    if matter.tokenizer not in tokens.BUILT_IN:
        return False  # a file says which tokenizer: none of its choice is opened
    return tokens.get(matter.tokenizer).count(body.decode("utf-8", "replace")) == matter.compressed


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
            output=values.get("output", ""),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return matter if _whole(matter) else None


def _whole(matter: FrontMatter) -> bool:
    """Whether every value has its type (a file edited by hand may hold anything)."""
    words = (matter.source, matter.tokenizer, matter.engine, matter.version, matter.key)
    counts = (matter.original, matter.compressed)
    return (
        all(isinstance(word, str) for word in (*words, matter.output))
        and all(type(count) is int and count >= 0 for count in counts)
        and isinstance(matter.model, str | None)
        and isinstance(matter.sha256, str)
        and _SHA256.fullmatch(matter.sha256) is not None
    )
