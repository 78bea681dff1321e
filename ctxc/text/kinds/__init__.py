"""Kinds of text, told by content: each in a file of its own, imported when something looks like it.

A kind cuts a passage into units (``Segment``), says what each cannot be read without (its
ties), how much it is worth without a question (its salience) and which units repeat others.
Nothing here ranks for a question or cuts to a budget, and nothing here opens a file or a model.

A module of this package defines

* ``detect(passage) -> float``: from 0 (not this kind) to 1 (surely), for the whole passage, in
  time linear in its length and without raising;
* ``add_units(out, passage) -> None``: adds the pieces that tile ``passage`` to a ``Builder``;
* optionally ``blocks(lines) -> list[tuple[int, int]]``: the stretches ``[first, last)`` of lines
  that are of this kind inside other text (a traceback in a log, a diff in a mail).

Ties are ``needs`` (the head without which a unit cannot be read: a key's object, a row's header,
a frame's exception) and ``refers`` (others that must be there too: a record's id). A head with
all that needs it, directly or not, is one unit: it is kept whole where it fits, and opened, its
parts ranked one by one under their heads, where it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from ...errors import UsageError

if TYPE_CHECKING:
    from ..segment.builder import Builder
    from ..segment.lines import Line

KINDS: dict[str, str] = {
    "messages": "messages",
    "notebook": "notebook",
    "json": "json_text",
    "jsonl": "json_lines",
    "diff": "diff",
    "tests": "test_report",
    "traceback": "traceback",
    "diagnostics": "diagnostics",
    "build": "build_log",
    "log": "log",
    "xml": "xml_text",
    "toml": "toml_text",
    "yaml": "yaml_text",
    "ini": "ini_text",
    "csv": "csv_text",
    "table": "table",
    "code": "code",
    "prompt": "prompt",
    "mail": "mail",
    "subtitles": "subtitles",
    "output": "program_output",
}
"""Name -> module of this package; where two are equally sure of a passage, the first has it."""

SURE = 0.5
"""How sure a kind must be of a passage to have it."""

SEPARATED = frozenset(("json", "jsonl", "messages", "notebook"))
"""Kinds whose elements are separated by commas, and whose strings are cut inside their quotes."""

PARSED = SEPARATED | {"xml", "toml", "yaml", "ini", "csv", "subtitles"}
"""Kinds that a parser reads: no mark of ours is written into them."""

HEADED = PARSED | {"prompt", "diff"}
"""Kinds whose heads (a bracket, an opening tag, an ``@@`` line) say nothing without their parts."""

SPACED = frozenset(("prompt", "mail", "subtitles"))
"""Kinds in which a blank line between units means something, and stays one."""

SPECIAL = frozenset(("", "prose", "markdown", "transcript"))
"""Names of texts without a module here: the cuts of ``text.segment``."""


@dataclass(frozen=True, slots=True)
class Passage:
    """``text[start:end]`` with its lines, and what its name and media type promise."""

    text: str
    start: int
    end: int
    lines: Sequence[Line]
    media_type: str = ""
    name: str = ""

    @property
    def body(self) -> str:
        return self.text[self.start : self.end]

    @property
    def suffix(self) -> str:
        """The file name's suffix in lower case, without the dot; "" where it has none."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""


class Kind(Protocol):
    """What a module of this package defines, ``blocks`` aside."""

    def detect(self, passage: Passage) -> float: ...

    def add_units(self, out: Builder, passage: Passage) -> None: ...


def kind_module(name: str) -> Kind:
    """The module of the kind called ``name``.

    Raises UsageError for a name that does not exist.
    """
    if name not in KINDS:
        names = ", ".join(sorted({*KINDS, *SPECIAL} - {""}))
        raise UsageError(f"there is no kind of text called {name!r}", hint=f"choose one of {names}")
    module: Kind = import_module(f".{KINDS[name]}", __package__)
    return module


def detect(passage: Passage) -> str:
    """The kind that is surest of the passage, or "" where none is sure enough."""
    best, surest = "", SURE
    for name in KINDS:
        confidence = kind_module(name).detect(passage)
        if confidence > surest or (confidence == surest and not best):
            best, surest = name, confidence
    return best


def add_units(out: Builder, passage: Passage, kind: str) -> None:
    """Add the passage's pieces as the kind called ``kind`` cuts them."""
    before, out.text_kind = out.text_kind, kind
    try:
        kind_module(kind).add_units(out, passage)
    finally:
        out.text_kind = before


def blocks(lines: Sequence[Line], names: Sequence[str] = ()) -> list[tuple[int, int, str]]:
    """Stretches of lines of one kind inside other text: ``(first, last, kind)``, apart, in order.

    ``names``: the kinds to look for (all that can be told inside other text by default); of two
    that overlap, the one whose kind stands first in ``KINDS`` has its place.
    """
    out: list[tuple[int, int, str]] = []
    taken = bytearray(len(lines))
    for name in names or KINDS:
        finder = getattr(kind_module(name), "blocks", None)
        for first, last in finder(lines) if finder else ():
            if first < last and not any(taken[first:last]):
                taken[first:last] = b"\1" * (last - first)
                out.append((first, last, name))
    return sorted(out)
