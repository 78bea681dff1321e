"""Which sentences of a text carry its facts, without a question.

A line counts for what it adds to the lines chosen before it: the text's own
telling words, numbers, dates, names, identifiers, negations and conditions;
more where it opens a section, less for filler. No model is needed, so a text
of any length is ranked in seconds.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..document import Segment, Span
from .facts import FactSet, facts
from .filler import filler_words
from .stemming import UNSPACED, pairs
from .word_classes import MARKERS

# Tuned on every other meeting of the development data (tests/bench/bench_distill.py).
_FACT = 1.5  # a number, date, identifier or rare name against the text's most telling word
_ENOUGH = 4.0  # what all facts of one line together can come to
_THRIFT = 0.6  # gain is divided by length to this power: 1 would fill the budget with fragments
_SHORTEST = 6  # tokens: nothing is thriftier for being shorter than this

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_PLAIN = re.compile(r"[(\"'“‘`*_]{0,3}[^\W\d_]+(?:['’-][^\W\d_]+)*[)\"'”’`*_.,;:!?]{0,4}")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9 =\"'-]{0,100}>")
_ENDED = re.compile(r"[.!?。！？…:][\"'”’)\]»*_`]*\s*$")
_CONDITION = re.compile(
    r"(?<!\w)(?:if|unless|only|except|until|provided|must|shall|required|mandatory|prohibited|"
    r"maximum|minimum|at least|at most|no more than|decided|agreed|because|therefore|due to|"
    r"deadline|budget|warning|caution|important)(?!\w)",
    re.IGNORECASE,
)
# Addressed to a model rather than to a reader: content, but never a text's main point.
_ORDER = re.compile(
    r"<\|[\w ]{1,40}\|>|\[/?INST\]|</?(?:system|assistant|user|tool_call|think)>"
    r"|(?:ignore|disregard|forget|override)\s(?:\w+\s){0,4}(?:above|previous|prior|earlier|instructions?|prompts?)"
    r"|^\W{0,6}(?:system|assistant)\s?(?:message|prompt)?\s?:"
    r"|\b(?:the|your)\s(?:summary|output|answer|response)\s(?:is|must be|should be|shall be)\b"
    r"|\b(?:output|print|reply|respond|answer|say)\s(?:only|exactly|just|with|nothing but)\b"
    r"|\byou are (?:now|an? (?:ai|assistant|language model|helpful))\b"
    r"|\"(?:tool_calls?|function_call|arguments)\"\s?:",
    re.IGNORECASE | re.MULTILINE,
)
STOP = frozenset(
    "a an the and or but so of to in on at by for from with as is are was were be been being am "
    "it its this that these those there here he she they we you i me my our your his her their "
    "them us him who whom whose which what when where how why than then also just not no very "
    "really has have had do does did will would can could shall should may might must into onto "
    "over under about after before between through during while if because such some any each "
    "both all more most other one only own same too up out um uh yeah okay ok oh like know think "
    "mean well right gonna get got go going thing things kind sort lot don't it's that's i'm "
    "we're you're they're there's let's can't didn't doesn't isn't mm hmm mm-hmm".split()
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """What one segment or line states.

    ``length`` and ``filler`` are in words, ``prose`` is the share of its
    tokens that are words; ``order`` marks what is addressed to a model.
    """

    facts: FactSet
    words: frozenset[str]
    length: int
    filler: int
    conditions: int
    order: bool
    prose: float
    ended: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output: its words, where they come from, and how it came to be.

    ``how``: "model" (written or shortened by it, and its source carries it),
    "repaired" (the same after source words were put back), "verbatim" (the source's own words).
    ``segment`` is the first segment it comes from: its place and its heading.
    ``label`` is the speaker, shown where the line does not follow another of
    the same turn; ``note`` is ctxc's own remark behind it. ``weight`` favours
    a line before it is ranked; ``score`` ranks it.
    """

    text: str
    spans: tuple[Span, ...]
    how: str
    segment: int
    score: float
    quote: bool = False
    label: str = ""
    weight: float = 1.0
    note: str = ""


def read(text: str, segments: Sequence[Segment]) -> list[Ranked]:
    """What each segment states."""
    return [read_text(segment.core(text)) for segment in segments]


@lru_cache(maxsize=100_000)
def read_text(core: str) -> Ranked:
    """What one sentence or line states."""
    core = _TAG.sub(" ", MARKERS.sub(" ", core))
    found = [stem(pair) for word in _WORD.findall(core) for pair in pairs(word.lower())]
    return Ranked(
        facts(core),
        frozenset(w for w in found if w not in STOP),
        len(found),
        filler_words(core, 0, len(core)),
        len(_CONDITION.findall(core)),
        _ORDER.search(core) is not None,
        _prose(core),
        _ENDED.search(core) is not None,
    )


def _prose(core: str) -> float:
    """The share of what stands between blanks that is a word or a name.

    >>> _prose("It takes 24 bytes."), _prose("xz -dcf a.txt > b.txt")
    (0.75, 0.2)
    """
    tokens = core.split()[:200]
    plain = sum(bool(_PLAIN.fullmatch(t) or UNSPACED.search(t)) for t in tokens)
    return plain / max(len(tokens), 1)


def stem(word: str) -> str:
    """Plural and possessive endings off, so that "valves" meets "valve".

    >>> [stem(w) for w in ("valves", "class", "cities", "ada's", "bus")]
    ['valve', 'class', 'city', 'ada', 'bus']
    """
    word = word.replace("’", "'").removesuffix("'s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def rank(
    segments: Sequence[Segment], ranked: Sequence[Ranked], lines: Sequence[Line]
) -> list[float]:
    """A score for each line, 1 for the best, by what it adds to the lines above it.

    Greedy coverage: the line whose new words and facts are worth most for its
    length comes first, then the one that adds most to it, and so on; what was
    said already counts a tenth. ``ranked`` are what ``read`` made of the
    ``segments``. The order does not depend on any budget.
    """
    weights = _word_weights(ranked)
    rarity = _rarity(ranked)
    standing = _standing(segments, ranked)
    worth = [_worth(read_text(x.text), weights, rarity) for x in lines]
    quality = [
        standing[x.segment] * x.weight / max(len(x.text) / 4, _SHORTEST) ** _THRIFT for x in lines
    ]
    said: set[tuple[str, str]] = set()

    def gain(i: int) -> float:
        words = stated = 0.0
        for key, value in worth[i].items():
            new = value if key not in said else 0.1 * value
            if key[0] == "word":
                words += new
            else:
                stated += new
        # A line of thirty numbers does not say ten times as much as one with three.
        return float(quality[i] * (words + _ENOUGH * (1 - math.exp(-stated / _ENOUGH))))

    heap = [(-gain(i), i) for i in range(len(lines))]
    heapq.heapify(heap)
    order: list[int] = []
    while heap:
        _, i = heapq.heappop(heap)
        now = -gain(i)
        # A line's gain only falls: if it still leads, it is the best.
        if heap and now > heap[0][0] + 1e-12:
            heapq.heappush(heap, (now, i))
            continue
        said.update(worth[i])
        order.append(i)
    scores = [0.0] * len(lines)
    for place, i in enumerate(order):
        scores[i] = 1.0 - place / len(order)
    return scores


def _worth(
    unit: Ranked, weights: dict[str, float], rarity: dict[str, float]
) -> dict[tuple[str, str], float]:
    """What a line states, each word and fact with its weight."""
    # Sorted: a sum of floats depends on its order, and a set's order on the process.
    out = {("word", w): weights.get(w, 0.0) for w in sorted(unit.words)}
    for kind in unit.facts.kinds()[:4]:
        out |= {(f.kind, f.value): _FACT for f in kind}
    out |= {("name", f.value): _FACT * rarity.get(f.value, 0.5) for f in unit.facts.names}
    conditions = min(unit.conditions + len(unit.facts.negations), 3)
    # Each condition is one of its own: they stand for the sentence they are in.
    out |= {("condition", f"{i}{min(unit.words, default='')}"): 0.6 for i in range(conditions)}
    return out


def _word_weights(ranked: Sequence[Ranked]) -> dict[str, float]:
    """Words by how much they are the text's subject: said often, but not in every sentence.

    log(1 + n) log(N / n), scaled to 1: SumBasic's frequency (Nenkova and
    Vanderwende 2005) with the usual discount for what stands everywhere.
    """
    counts = Counter(w for unit in ranked for w in unit.words)
    total = len(ranked) + 1
    raw = {w: math.log1p(n) * math.log(total / n) for w, n in counts.items()}
    top = max(raw.values(), default=1.0) or 1.0
    return {w: v / top for w, v in raw.items()}


def _rarity(ranked: Sequence[Ranked]) -> dict[str, float]:
    """What a name is worth: less where it stands in most sentences (a speaker's label)."""
    counts = Counter(n for unit in ranked for n in {f.value for f in unit.facts.names})
    total = max(len(ranked), 1)
    return {name: 1.0 if count < 0.05 * total + 3 else 0.2 for name, count in counts.items()}


def _standing(segments: Sequence[Segment], ranked: Sequence[Ranked]) -> list[float]:
    """A factor for each segment: less for short remarks, filler, blocks and orders to a model."""
    lead = _lead(segments)
    out = []
    for i, (segment, unit) in enumerate(zip(segments, ranked, strict=True)):
        body = min(1.0, max(0, unit.length - unit.filler) / 12)
        factor = (0.35 + 0.65 * body) * (1.0 - 0.6 * unit.filler / max(unit.length, 1))
        factor *= (1.0 + 0.5 * lead[i]) * min(1.0, unit.prose / 0.5) ** 2
        if segment.prunable and not unit.ended:
            factor *= 0.75  # a sentence that breaks off
        if segment.kind in ("code", "data", "definition", "other"):
            factor *= 0.4  # its many words are a program's, not the text's
        out.append(factor * (0.1 if unit.order else 1.0))
    return out


def _lead(segments: Sequence[Segment]) -> list[float]:
    """1 for what opens a section, 0.6 for what opens one of its next two paragraphs, else 0."""
    out = [0.0] * len(segments)
    seen: set[int] = set()
    blocks: Counter[tuple[int, int]] = Counter()
    for i, segment in enumerate(segments):
        if segment.is_title or segment.block in seen:
            continue
        seen.add(segment.block)
        section = (segment.part, segment.heading)
        blocks[section] += 1
        if segment.kind == "sentence" and blocks[section] <= 3:
            out[i] = 1.0 if blocks[section] == 1 else 0.6
    return out
