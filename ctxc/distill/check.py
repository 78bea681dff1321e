"""Whether the source carries a line a model wrote: decided per line, without trust in the model.

A line is laid beside the one sentence of its chunk that shares most of its
words. It stands if that (or the heading above) holds every number, date, name,
identifier, URL and negation in it, if it drops no "not", "if" or "unless", if
its facts stand in the same order and beside the words they stand beside there,
and if hardly a content word is new. ``likely`` adds the model's own opinion:
the line must be far more likely behind the sentence than without it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..llama.score import Scorer
from ..text.facts import Fact, facts, lost_negation, unsupported
from ..text.salience import STOP, stem

MOST_NEW = 0.1  # share of content words that are in none of them: none in a line of nine
_NEIGHBOURS = 4  # words on each side of a number
# Measured with the default model: shortened sentences behind their own source have a share of at
# most 0.46 in 99 of 100 cases, behind the sentence next to it at least 0.58. A paraphrase by a
# 1.5B model lies between.
MOST_SHARE = 0.58  # of NLL(line) that NLL(line | source) may be
MOST_NATS = 2.5  # per token, given the source

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_LIMIT = re.compile(
    r"(?<!\w)(?:if|unless|only|except|until|without|provided|may|might|could|should|alleged(?:ly)?|"
    r"reported(?:ly)?|claim(?:s|ed)?|denied|denies|deny|failed|refused|almost|nearly|about|approximately|"
    r"roughly|circa|probably|possibly|perhaps|likely|mostly|mainly|partly|usually|often|sometimes|rarely|"
    r"up to|at least|at most|more than|less than|over|under|maximum|minimum)(?!\w)",
    re.IGNORECASE,
)
_LIST_MARK = re.compile(r"^\s*(?:[-*+•–>]+|\(?\d{1,2}[.)]|#+)\s+")
_EMPHASIS = re.compile(r"\*\*|__|^\"(?=[^\"]*\"$)|(?<=\S)\"$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``sentences`` are the indices (into the chunk) a line is drawn from; ``reason`` is empty
    where it stands, else facts, names, words, negation, limit, order, place, short, none."""

    sentences: tuple[int, ...]
    reason: str = ""

    @property
    def stands(self) -> bool:
        return not self.reason


def clean(line: str) -> str:
    """A written line without list marks and emphasis.

    >>> clean(" 2. **Height**: 330 m ")
    'Height: 330 m'
    """
    return " ".join(_EMPHASIS.sub("", _LIST_MARK.sub("", line)).split())


def content(text: str) -> list[str]:
    """Content words as compared: lower case, plural endings off."""
    found = [stem(w.lower()) for w in _WORD.findall(text)]
    return [w for w in found if w not in STOP]


def check(line: str, sentences: Sequence[str], title: str = "") -> Verdict:
    """Whether ``sentences`` (a chunk's, under ``title``) carry ``line``."""
    words = content(line)
    if _says_little(line, words, set(content(title))):
        return Verdict((), "short")
    chosen = _evidence(words, sentences)
    if not chosen:
        return Verdict((), "none")
    source = " ".join(sentences[i] for i in chosen)
    return Verdict(chosen, _fault(line, words, source, [sentences[i] for i in chosen], title))


def _says_little(line: str, words: list[str], named: set[str]) -> bool:
    """A heading rather than a fact: fewer than three words of its own, or two and a figure."""
    own = sum(w.isalpha() and w not in named for w in words)
    return own < (2 if any(c.isdigit() for c in line) else 3)


def _fault(line: str, words: list[str], source: str, chosen: list[str], title: str) -> str:
    if unsupported(line, f"{title}\n{source}") or _bad_digits(line, source):
        return "facts"
    if not _whole_names(line, f"{title}\n{source}"):
        return "names"
    known = set(content(f"{title} {source}"))
    if sum(not _has(known, w) for w in words) > MOST_NEW * len(words):
        return "words"
    if any(lost_negation(line, sentence) for sentence in chosen):
        return "negation"
    if len(facts(line).negations) > len(facts(source).negations):
        return "negation"
    limits = {m.lower() for m in _LIMIT.findall(line)}
    if any(m.lower() not in limits for s in chosen for m in _LIMIT.findall(s)):
        return "limit"
    if any(m not in source.lower() for m in limits):
        return "limit"
    if not _in_order(line, source):
        return "order"
    return "" if _in_place(line, chosen, title) else "place"


def _has(known: set[str], word: str) -> bool:
    """Whether a word is among ``known`` in some form: "promoting" for "promote"."""
    return word in known or (len(word) > 5 and any(k.startswith(word[:5]) for k in known))


def _bad_digits(line: str, source: str) -> bool:
    """Digit strings of the line that the source does not have, whatever they are part of."""
    here = set(re.findall(r"\d+", source))
    return any(d not in here for d in re.findall(r"\d+", line)) and bool(re.search(r"\d", line))


def _evidence(words: Sequence[str], sentences: Sequence[str]) -> tuple[int, ...]:
    """The one sentence that holds most of the line's words, and at least half of them.

    A line drawn from two sentences joins what the source did not join: true
    names and figures in a claim that nobody made.
    """
    wanted = set(words)
    held = [len(wanted & set(content(s))) for s in sentences]
    best = max(range(len(sentences)), key=lambda i: (held[i], -i), default=-1)
    if best < 0 or held[best] < 0.5 * len(wanted):
        return ()
    return (best,)


def _whole_names(line: str, source: str) -> bool:
    """Whether each name of several words stands in the source as it stands here."""
    there = " ".join(_WORD.findall(source.casefold()))
    return all(
        " ".join(_WORD.findall(f.value.casefold())) in there
        for f in facts(line).names
        if " " in f.value
    )


def _in_order(line: str, source: str) -> bool:
    """Whether the line's numbers, dates and names come in the order of the source.

    "A paid B" and "B paid A" hold the same facts.
    """
    remaining = iter(source.split())
    if all(word in remaining for word in line.split()):
        return True  # words were left out, and none has moved
    places = {value: at for at, value in reversed(list(enumerate(_values(source))))}
    sequence = [places[v] for v in _values(line) if v in places]
    return all(a <= b for a, b in pairwise(sequence))


def _values(text: str) -> list[str]:
    found = facts(text)
    kinds: tuple[tuple[Fact, ...], ...] = (found.numbers, found.dates, found.names)
    ordered = sorted((f for kind in kinds for f in kind), key=lambda f: f.span.start)
    return [f.value.casefold() for f in ordered]


def _in_place(line: str, sentences: Sequence[str], title: str) -> bool:
    """Whether each number stands beside words it stands beside in the source.

    At least half of the content words within four of it must be in one sentence
    that has the number: a figure of one thing given to another is an invention.
    """
    tokens = [stem(w.lower()) for w in _WORD.findall(line)]
    sets = [(s, set(content(s))) for s in sentences]
    named = set(content(title))
    for at, token in enumerate(tokens):
        if not any(c.isdigit() for c in token):
            continue
        near = tokens[max(0, at - _NEIGHBOURS) : at] + tokens[at + 1 : at + 1 + _NEIGHBOURS]
        near = [w for w in near if w not in STOP and w not in named]
        holders = [held for s, held in sets if token in held or token in s.lower()]
        if near and not any(
            sum(w in held for w in near) >= max(1, 0.5 * len(near)) for held in holders
        ):
            return False
    return True


def likely(lines: Sequence[str], sources: Sequence[str], scorer: Scorer) -> list[bool]:
    """Whether the model finds each line far likelier behind its source than alone.

    NLL(line | source) at most ``MOST_SHARE`` of NLL(line), in nats per token,
    and at most ``MOST_NATS``.
    """
    encode = scorer.model.encode
    targets = [encode("\n" + line) for line in lines]
    empty = encode("")
    alone = scorer.conditional([(empty, t) for t in targets])
    behind = scorer.conditional([(encode(s), t) for s, t in zip(sources, targets, strict=True)])
    return [
        float(np.mean(b)) <= min(MOST_NATS, MOST_SHARE * float(np.mean(a)))
        for a, b in zip(alone, behind, strict=True)
    ]
