"""The minimal pairs of ``pairs/*.jsonl`` and what each demands of a shortened text.

A pair is a small document with one critical sentence (two, for coreference). ``false_if``
are renderings that say something else; they may not stand in the output as a statement.
In each of ``must_together``, [a, b]: where a is kept, all words of b are. ``heldout``
pairs were set aside by a hash of their id before any rule was written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import regex

from .judge import Fault, judge, reading_of
from .source import Token, read
from .words import ARTICLES

FOLDER = Path(__file__).parent / "pairs"


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of the tables; ``question`` is None where none aims at the sentence."""

    id: str
    language: str
    phenomenon: str
    text: str
    critical: str
    false_if: tuple[str, ...]
    must_together: tuple[tuple[str, str], ...]
    heldout: bool
    question: str | None = None


def pairs() -> list[Pair]:
    """All pairs, by language and in the order of their files."""
    rows = [line for path in sorted(FOLDER.glob("*.jsonl")) for line in _lines(path)]
    return [_pair(json.loads(row)) for row in rows]


def faults(pair: Pair, output: str) -> list[Fault]:
    """What the judge and the pair's own demands hold against ``output``."""
    own = [*_renderings(pair, output), *_parted(pair, output)]
    return list(dict.fromkeys([*judge(pair.text, output, pair.language), *own]))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _pair(row: dict[str, object]) -> Pair:
    together = row.pop("must_together")
    false_if = row.pop("false_if")
    assert isinstance(together, list) and isinstance(false_if, list)
    fixed = {"false_if": tuple(false_if), "must_together": tuple((a, b) for a, b in together)}
    return Pair(**row, **fixed)  # type: ignore[arg-type]


def _renderings(pair: Pair, output: str) -> Iterator[Fault]:
    statements = _statements(pair.language, output)
    for rendering in pair.false_if:
        wanted = _statements(pair.language, rendering)
        ends = range(len(wanted), len(statements) + 1)
        if any(statements[end - len(wanted) : end] == wanted for end in ends):
            yield Fault("rendering", rendering, pair.critical)


def _statements(language: str, output: str) -> list[tuple[str, ...]]:
    text = read(output, language)
    return [_bare(language, text.sentence(i)) for i in range(len(text.sentences))]


def _bare(language: str, text: str) -> tuple[str, ...]:
    return tuple(token.text for token in read(text, language).tokens)


def _parted(pair: Pair, output: str) -> Iterator[Fault]:
    reading = reading_of(pair.text, output, pair.language)
    start = reading.source.text.index(pair.critical)
    tokens = reading.source.tokens
    inside = [i for i, t in enumerate(tokens) if start <= t.start < start + len(pair.critical)]
    for anchor, whole in pair.must_together:
        if not _lost(anchor, inside, reading.kept, pair) and (
            lost := _lost(whole, inside, reading.kept, pair)
        ):
            words = " ".join(tokens[i].text for i in lost)
            yield Fault("pronoun" if _bring(pair) else "parted", words, pair.critical)


def _bring(pair: Pair) -> bool:
    return pair.phenomenon == "coreference"


def _lost(words: str, inside: list[int], kept: frozenset[int], pair: Pair) -> list[int]:
    """Tokens of ``words``, as they stand in the critical sentence, that the output lacks."""
    source = read(pair.text, pair.language)
    start = source.text.index(pair.critical)
    spans = [(start + a, start + b) for a, b in _spans(words, pair)]
    touched = [i for i in inside for a, b in spans if _touch(source.tokens[i], a, b)]
    return [i for i in touched if i not in kept and source.tokens[i].text not in ARTICLES]


def _touch(token: Token, start: int, end: int) -> bool:
    return token.start < end and start < token.end


def _spans(words: str, pair: Pair) -> list[tuple[int, int]]:
    """Where the words stand in a row, or else in this order, one after the other."""
    if (at := pair.critical.find(words)) >= 0:
        return [(at, at + len(words))]
    spans, end = [], 0
    text = read(words, pair.language)
    for word in (text.text[token.start : token.end] for token in text.tokens):
        match = _word(word, pair.language).search(pair.critical, end)
        assert match, f"{pair.id}: {word!r} is not in its place"
        spans.append(match.span())
        end = match.end()
    return spans


def _word(word: str, language: str) -> regex.Pattern[str]:
    edge = r"\b" if language not in ("zh", "ja", "ko") and word[-1].isalnum() else ""
    return regex.compile(rf"{edge}{regex.escape(word)}{edge}", regex.IGNORECASE)
