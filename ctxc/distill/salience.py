"""Which sentences of a text carry its facts, without a question.

A sentence counts for what it states (numbers, dates, names, identifiers,
negations, conditions), for how central its words are to the whole text and to
its own section, and for where it stands; it pays for filler. No model is
needed, so a text of any length is ranked in seconds.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..document import Segment
from ..facts import FactSet, facts
from .telegraph import filler_words

Floats = npt.NDArray[np.float64]

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
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
    "a an the and or but so of to in on at by for from with as is are was were be been being am it its this that "
    "these those there here he she they we you i me my our your his her their them us him who whom whose which "
    "what when where how why than then also just not no very really has have had do does did will would can could "
    "shall should may might must into onto over under about after before between through during while if because "
    "such some any each both all more most other one only own same too up out um uh yeah okay ok oh like know "
    "think mean well right gonna get got go going thing things kind sort lot don't it's that's i'm we're you're "
    "they're there's let's can't didn't doesn't isn't mm hmm mm-hmm".split()
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One segment's facts, content words and standing; ``order`` marks words meant for a model."""

    facts: FactSet
    words: frozenset[str]
    length: int
    filler: int
    conditions: int
    order: bool


def read(text: str, segments: Sequence[Segment]) -> list[Ranked]:
    """What each segment states."""
    out = []
    for segment in segments:
        core = segment.core(text)
        found = [stem(w.lower()) for w in _WORD.findall(core)]
        out.append(
            Ranked(
                facts(core),
                frozenset(w for w in found if w not in STOP),
                len(found),
                filler_words(text, segment.start, segment.core_end),
                len(_CONDITION.findall(core)),
                _ORDER.search(core) is not None,
            )
        )
    return out


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


def salience(segments: Sequence[Segment], ranked: Sequence[Ranked]) -> Floats:
    """How much each segment matters, ``(len(segments),)``; about 0 to 4."""
    centrality = _centrality(segments, ranked)
    rarity = _rarity(ranked)
    lead = _lead(segments)
    out = np.zeros(len(segments))
    for i, unit in enumerate(ranked):
        if not unit.words and not len(unit.facts):
            continue
        stated = _stated(unit, rarity)
        # A short remark repeats what others say; very long ones pay by their tokens.
        body = min(1.0, (unit.length - unit.filler) / 12)
        out[i] = (1.2 * stated + 1.6 * centrality[i] + 0.5 * lead[i]) * (0.35 + 0.65 * body)
        out[i] *= 1.0 - 0.6 * unit.filler / max(unit.length, 1)
        if unit.order:
            out[i] *= 0.1
    return out


def _stated(unit: Ranked, rarity: dict[str, float]) -> float:
    """Facts of a segment, each new one of a kind worth less; at most about 2."""
    found = unit.facts
    numbers = len({f.value for f in found.numbers})
    others = len(found.dates) + len(found.identifiers) + len(found.urls)
    named = sum(rarity.get(n, 0.5) for n in {f.value for f in found.names})
    conditions = min(unit.conditions + len(found.negations), 3)
    total = 0.9 * numbers + 0.9 * others + 0.8 * named + 0.4 * conditions
    return 2.0 * (1 - math.exp(-total / 2.5))


def _rarity(ranked: Sequence[Ranked]) -> dict[str, float]:
    """What a name is worth: less where it stands in most sentences (a speaker's label)."""
    counts = Counter(n for unit in ranked for n in {f.value for f in unit.facts.names})
    total = max(len(ranked), 1)
    return {name: 1.0 if count < 0.05 * total + 3 else 0.2 for name, count in counts.items()}


def _centrality(segments: Sequence[Segment], ranked: Sequence[Ranked]) -> Floats:
    """Mean weight of a segment's content words, by how many segments of the text use them.

    SumBasic's idea (Nenkova and Vanderwende 2005): what a text is about, it
    says often; scaled so that the most central segment has 1.
    """
    counts = Counter(w for unit in ranked for w in unit.words)
    out = np.zeros(len(ranked))
    for i, unit in enumerate(ranked):
        weights = sorted((math.log1p(counts[w] - 1) for w in unit.words), reverse=True)[:8]
        out[i] = sum(weights) / 8 if weights else 0.0
    top = out.max(initial=0.0)
    return out / top if top else out


def _lead(segments: Sequence[Segment]) -> Floats:
    """1 for what opens a section, 0.6 for what opens a paragraph of its first three, else 0."""
    out = np.zeros(len(segments))
    seen_block: set[int] = set()
    blocks_under: Counter[tuple[int, int]] = Counter()
    for i, segment in enumerate(segments):
        if segment.is_title or segment.block in seen_block:
            continue
        seen_block.add(segment.block)
        section = (segment.part, segment.heading)
        blocks_under[section] += 1
        if segment.kind == "sentence":
            out[i] = 1.0 if blocks_under[section] == 1 else 0.6 if blocks_under[section] <= 3 else 0.3
    return out
