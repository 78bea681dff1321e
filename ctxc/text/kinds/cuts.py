"""Where a unit that is too large for any budget may be cut inside, so that it stays what it is.

What a parser reads is cut only in the text of a value, in front of what ends it: a JSON or TOML
string inside its quotes, the text of an XML element before its end tag, a plain or block scalar
of YAML. Other units of such kinds (a row of CSV, a list, a tag) are whole or not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from . import PARSED, SEPARATED

_JSON = re.compile(r'(?:"(?:[^"\\]|\\.)*"\s*:\s*)?"')
_XML = re.compile(r"<[^<>]*>\s*(?P<data><!\[CDATA\[)?")
_XML_END = re.compile(r"(?P<data>\]\]>)?\s*</[^<>]*>$")
_TOML = re.compile(r"(?:[ \t]*#[^\n]*\n)*[^\n=#\"']{1,200}=[ \t]*(?P<quote>\"\"\"|'''|\"|')")
_YAML = re.compile(
    r"(?:[ \t]*(?:#[^\n]*)?\n)*[ ]*(?:- +)*(?:[\w./-]{1,200}: +|\"[^\"\n]{1,200}\": +)?"
    r"(?P<value>(?P<quote>[\"'])|(?P<block>[|>][-+0-9]{0,2} *\n\s*)|[^\s\"'|>&*!%@`{}\[\],?#-])"
)
_ENTITY = re.compile(r"&[#\w]{0,12}$")


@dataclass(frozen=True, slots=True)
class Inside:
    """A cut may stand at ``first`` to ``last`` (in characters of the unit), ``after`` behind it.

    ``quote``: what would end the text, so that a cut inside an escape is none; "" without one.
    """

    first: int
    last: int
    after: str
    quote: str = ""

    def allows(self, core: str, at: int) -> bool:
        """Whether a cut at ``at`` leaves a text of the same kind."""
        if not self.first <= at <= self.last or core[at - 1].isspace():
            return False  # nothing stands in the indentation of a block scalar
        if self.quote == "'":
            return not core.endswith("'", 0, at)
        if self.quote == "<":
            return _ENTITY.search(core, max(0, at - 14), at) is None
        return not self.quote or not _is_escaped(core, at)


def inside(text_kind: str, core: str) -> Inside | None:
    """Where a unit of a kind of text may be cut; None where it may not.

    >>> inside("json", '"note": "one two three"')
    Inside(first=10, last=22, after='…"', quote='"')
    >>> inside("csv", "1,two three,4") is None
    True
    """
    if text_kind not in PARSED:
        return Inside(1, len(core), "…")
    if text_kind in SEPARATED:
        return _quoted(core, _JSON.match(core), '"')
    if text_kind == "xml":
        return _inside_element(core)
    if text_kind == "toml":
        start = _TOML.match(core)
        return _quoted(core, start, start["quote"]) if start else None
    return _inside_yaml(core) if text_kind == "yaml" else None


def _quoted(core: str, start: re.Match[str] | None, quote: str) -> Inside | None:
    """Inside quotes that begin where ``start`` ends and end where the unit does."""
    last = len(core) - len(quote)
    if start is None or not core.endswith(quote) or last <= start.end():
        return None
    kind = "" if quote == "'''" else quote[0]
    return Inside(start.end() + 1, last, f"…{quote}", kind)


def _inside_element(core: str) -> Inside | None:
    if "<" not in core:
        return Inside(1, len(core), "…", "<")
    start, end = _XML.match(core), _XML_END.search(core, max(0, len(core) - 300))
    if not start or not end or bool(start["data"]) != bool(end["data"]):
        return None
    inner = core[start.end() : end.start()]
    if not inner or ("<" in inner and not start["data"]):
        return None
    return Inside(start.end() + 1, end.start(), "…" + end.group(), "" if start["data"] else "<")


def _inside_yaml(core: str) -> Inside | None:
    start = _YAML.match(core)
    if start is None:
        return None
    if start["quote"]:
        return _quoted(core, start, start["quote"])
    if start["block"] is None and (
        "\n" in core[start.end() :] or " #" in core or ": " in core[start.end() :]
    ):
        return None
    return Inside(start.end() + 1, len(core), "…")


def _is_escaped(core: str, at: int) -> bool:
    """Whether a cut at ``at`` would fall into an escape (``\\n``, ``\\u00e4``)."""
    back = core.rfind("\\", max(0, at - 10), at)
    if back < 0:
        return False
    long = {"u": 6, "U": 10, "x": 4}.get(core[back + 1 : back + 2], 2)
    return at - back < long
