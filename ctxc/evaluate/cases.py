"""Records with what ought to be left of them, and what is."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from .. import tokens
from ..console import plain
from ..document import Document
from ..errors import InputError
from ..input.inputs import Inputs
from ..input.records import read_record
from ..input.sources import Skipped, Source
from ..result import Compression, Failure
from ..text.segment import segments

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NO_SPAN = frozenset(("yes", "no"))


def normalise(text: str) -> str:
    """
    >>> normalise("The  Beatles, 1969!")
    'beatles 1969'
    """
    text = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", text).split())


def answered(text: str, answers: Sequence[str]) -> bool:
    """Whether a normalised answer stands in the normalised text."""
    hay = normalise(text)
    return any(needle and needle in hay for needle in map(normalise, answers))


@dataclass(frozen=True, slots=True)
class Case:
    """A document with its question, and what ought to be left of it.

    ``relevant`` are the spans of the passages that bear on the question, ``evidence`` their
    sentences, white space collapsed.
    """

    document: Document
    answers: tuple[str, ...] = ()
    relevant: tuple[tuple[int, int], ...] = ()
    evidence: tuple[str, ...] = ()

    def kept(self, result: Compression) -> float:
        """1 or 0 for answers; for relevant passages the share of their tokens kept."""
        if self.answers:
            return float(answered(result.text, self.answers))
        counter = tokens.get(result.tokenizer)
        text = self.document.text
        if not result.kept and result.text != text:
            return self._stands(result.text, counter)
        whole = sum(counter.count(text[a:b]) for a, b in self.relevant)
        spans = [(k.start, k.end) for k in result.kept] or [(0, len(text))]
        left = 0
        for start, end in self.relevant:
            pieces = [text[max(a, start) : min(b, end)] for a, b in spans if a < end and start < b]
            left += counter.count(" ".join(p.strip() for p in pieces))
        return min(1.0, left / whole) if whole else 0.0

    def _stands(self, text: str, counter: tokens.Tokenizer) -> float:
        """The same for a text that does not say where it comes from: by whole sentences."""
        sizes = {sentence: counter.count(sentence) for sentence in self.evidence}
        hay = _collapsed(text)
        whole = sum(sizes.values())
        return sum(n for s, n in sizes.items() if s in hay) / whole if whole else 0.0

    def answer_kept(self, text: str) -> bool | None:
        """Whether an answer stands in ``text``; None where none could: there is none, or it is
        "yes" or "no", which are judgements on a text and not spans of it."""
        if not any(normalise(a) not in _NO_SPAN for a in self.answers if a.strip()):
            return None
        return answered(text, self.answers)

    def support(self, text: str) -> float | None:
        """The share of the evidence's sentences that stand in ``text``, word for word, whatever
        made it; None where the evidence is not known."""
        if not self.evidence:
            return None
        hay = _collapsed(text)
        return sum(sentence in hay for sentence in self.evidence) / len(self.evidence)


def read_sets(inputs: Inputs) -> dict[str, list[Case]]:
    """The records of all inputs, each with answers or relevant passages: a set for each file.

    A set is called by its file's name, by the whole path where two have the same name.
    Raises InputError for a file or a record that cannot be used, UsageError as ``find`` does.
    """
    sets: dict[str, list[Case]] = {}
    skipped = ""
    for source in inputs.find():
        if isinstance(source, Failure):
            raise InputError(source.message, hint=source.hint)
        if isinstance(source, Skipped):
            skipped = f": {plain(source.name)} was left out, {source.reason}"
            continue
        if cases := _cases(source):
            sets[source.name] = cases
    if not sets:
        where = plain(", ".join(inputs.paths) or "the list")
        raise InputError(f"{where} holds no records{skipped}")
    short = [PurePath(name).name for name in sets]
    return {
        name if short.count(PurePath(name).name) > 1 else PurePath(name).name: cases
        for name, cases in sets.items()
    }


def _cases(source: Source) -> list[Case]:
    try:
        with source.open() as file:
            lines = enumerate(file, 1)
            return [_case(line, f"{source.name}:{at}") for at, line in lines if line.strip()]
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{plain(source.name)}: {reason}") from None


def _case(line: bytes, where: str) -> Case:
    document = read_record(line, where)
    if isinstance(document, Failure):
        raise InputError(document.message, hint=document.hint)
    raw = json.loads(line)
    answers, relevant = raw.get("answers", []), raw.get("relevant", [])
    for name, value in (("answers", answers), ("relevant", relevant)):
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            raise InputError(f"{where}: {name} must be a list of strings")
    spans = []
    at = 0
    for passage in relevant:
        # In order where they come in order; a repeated line then counts once each.
        found = document.text.find(passage, at)
        found = found if found >= 0 else document.text.find(passage)
        if found < 0:
            raise InputError(f"{where}: a relevant passage is not in the text")
        at = found + len(passage)
        spans.append((found, at))
    if not any(a.strip() for a in answers) and not spans:
        raise InputError(f"{where}: has neither answers nor relevant passages")
    return Case(document, tuple(answers), tuple(spans), _sentences(document, spans))


def _sentences(document: Document, spans: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """What of each sentence or unit of the document lies in ``spans``; titles are none."""
    if not spans:
        return ()
    out: list[str] = []
    for segment in segments(document):
        if segment.comes_along or segment.closes >= 0:
            continue
        for start, end in spans:
            piece = document.text[max(start, segment.start) : min(end, segment.core_end)]
            if piece.strip():
                out.append(_collapsed(piece))
    return tuple(out)


def _collapsed(text: str) -> str:
    return " ".join(text.split())
