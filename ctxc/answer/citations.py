"""The marks, quotations and words of a reply, as they are compared with the passages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..document import Document
from ..text.segment import segments
from ..text.stemming import terms

__all__ = ["cited_anew", "marks", "quotations", "quote_pattern", "statements", "terms", "unmarked"]

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]")
_MARK = re.compile(r"\s*\[\s*\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*\s*\]")
_NUMBER = re.compile(r"\d+")
_QUOTED = re.compile(
    r"\"([^\"\n]{2,600})\"|“([^”\n]{2,600})”|«\s?([^»\n]{2,600}?)\s?»|「([^」\n]{2,600})」"
)
_STOPS = re.compile("[.!?。！？]")
_ELLIPSIS = re.compile(r"\s*(?:\.\.\.|…|\[…\]|\[\.\.\.\])\s*")


def marks(text: str) -> list[int]:
    """The passages a text cites, in order, each once.

    >>> marks("Yes [2], also [3, 1] and [2].")
    [2, 3, 1]
    """
    found = [int(n) for m in _MARK.finditer(text) for n in _NUMBER.findall(m.group())]
    return list(dict.fromkeys(found))


def unmarked(text: str) -> str:
    """
    >>> unmarked("Within 30 days [2].")
    'Within 30 days.'
    """
    return _MARK.sub("", text).strip()


def cited_anew(text: str, numbers: Sequence[Sequence[int]]) -> str:
    """``text`` whose statements cite these passages in place of those they name.

    ``numbers`` has one entry a statement (as ``statements`` counts them); a statement
    that cites nothing stays as it is.

    >>> cited_anew("Within 30 days [2]. With the receipt [7].", [[1], []])
    'Within 30 days [1]. With the receipt.'
    """
    groups = [len(_MARK.findall(each)) for each in statements(text)]
    if sum(groups) != len(_MARK.findall(text)):
        return unmarked(text)
    new: list[str] = []
    for count, right in zip(groups, numbers, strict=True):
        shown = f" [{', '.join(map(str, right))}]" if right else ""
        new += [shown if not i else "" for i in range(count)]
    return _MARK.sub(lambda _: new.pop(0), text).strip()


def quotations(text: str) -> list[str]:
    """What a text puts in quotation marks, of two words or more.

    >>> quotations('It says "within 30 days" of "delivery".')
    ['within 30 days']
    """
    found = (next(g for g in m.groups() if g is not None) for m in _QUOTED.finditer(text))
    return [q.strip() for q in found if len(q.split()) > 1 or _UNSPACED.search(q)]


def quote_pattern(quote: str) -> re.Pattern[str] | None:
    """Matches ``quote`` word for word whatever white space lies between; None for no words.

    A full stop or comma at its end may be the quoting sentence's; an ellipsis
    stands for anything up to 2,000 characters.
    """
    parts = [p for p in _ELLIPSIS.split(quote.strip()) if p.strip()]
    if not parts:
        return None
    parts[-1] = parts[-1].rstrip(".,;:") or parts[-1]
    return re.compile(r".{0,2000}?".join(_spaced(p) for p in parts), re.DOTALL)


def _spaced(text: str) -> str:
    return r"\s+".join(re.escape(word) for word in text.split())


def statements(reply: str) -> list[str]:
    """The sentences of a reply; a citation behind the full stop belongs to what is before it.

    >>> statements("Within 30 days. [1] With the receipt [2].")
    ['Within 30 days. [1]', 'With the receipt [2].']
    """
    out: list[str] = []
    text = reply.strip()
    # A reply is prose: "[3]" is a mark, not a list in JSON.
    for segment in segments(Document(_QUOTED.sub(_as_one, text), "answer", kind="prose")):
        piece = " ".join(segment.core(text).split())
        bare = unmarked(piece)
        if not any(c.isalnum() for c in bare):
            if out and marks(piece):
                out[-1] = f"{out[-1]} {piece}"
            continue
        lead = piece[: len(piece) - len(piece.lstrip("[]0123456789, "))]
        if out and marks(lead) and not marks(out[-1]):
            out[-1], piece = f"{out[-1]} {lead.strip()}", piece[len(lead) :]
        out.append(piece)
    return out


def _as_one(quotation: re.Match[str]) -> str:
    """A quotation, as long as it was, in which no sentence ends before its last character."""
    inside, last = quotation.group()[:-2], quotation.group()[-2:]
    return _STOPS.sub(",", inside) + last
