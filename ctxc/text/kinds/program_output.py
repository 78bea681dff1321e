"""What programs print that is of no other kind: lines of paths, progress, counts, messages.

Told by the share of lines that hold what prose does not: a path, an option, an assignment, an
identifier of code, a size or a duration, a status. A line is a unit. Words of failure and
verdicts say what it is worth; of equal ones the rarer template is worth more, and so do the first
and the last line. A line that repeats an earlier one but for numbers, paths and ids folds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ..segment.builder import Builder
from . import Passage
from .csv_text import cell_of
from .failure_words import WARNING, value_salience
from .fault_words import role_of
from .line_plan import LinePlan
from .templates import first_of, template
from .traceback import plan_traces

_SAMPLE = 150  # lines from either end that are looked at
_ENOUGH = 0.7  # share of the sampled lines that must look like a program's
_OFTEN = 4  # lines that differ in their numbers alone: programs write so, unless in sentences
_SPOKEN = 5  # words in small letters of a line that ends as a sentence does
_FEWEST = 6  # lines: of fewer nothing can be told
_SENTENCE = re.compile(  # as prose runs on, in scripts with and without spaces
    r"(?:[^\W\dA-Z_]['’]?[^\W\d_'’]{1,40}[ ,]{1,2}){5,}[^\W\d_]{2,}"
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af，、。]{12,}|[\u0e00-\u0eff\u1000-\u109f]{25,}"
)
_MARKDOWN = re.compile(r"#{1,6} \S|[-*] \S|\d{1,3}\. \S|```|\|")
_SIGNS = re.compile(
    r"(?:^|[\s\"'=(:])(?:\.{0,2}/|[A-Za-z]:\\|[\w.-]+/)[\w./\\@+-]*\w"  # a path
    r"|(?:^|\s)--?[a-zA-Z][\w-]*(?:=|\s|$)"  # an option
    r"|\b[A-Za-z_][\w.]*=[^\s=]"  # an assignment
    r"|\b[a-z]+(?:_[a-z0-9]+)+\b|\b[a-z]+[A-Z]\w*\b|\w+::\w+|\w\(\)"  # an identifier
    r"|\b\d+(?:\.\d+)?\s?(?:ms|s|kB|KB|MB|GB|[KMG]iB|bytes|%)(?:\W|$)"  # a size, a duration
    r"|\b(?:0x)?[0-9a-f]{7,40}\b|\b\d{1,3}(?:\.\d{1,3}){2,3}\b"  # an id, a version, an address
    r"|\b0x[0-9a-f]+\b|(?:\b[0-9a-f]{1,4})?(?::[0-9a-f]{0,4}){3,}|\b\d+x\d+\b"
    r"|\d\d:\d\d:\d\d|\S\t+\S|\S {2,}\S.* {2,}\S"  # addresses, times, columns
    r"|^\s*[\w][^:\n]{0,50}(?: +: ?|: {2,}|\. :)"  # keys
    r"|^==\d+==|^\s*[A-Za-z_]\w*\(.*\) +(?:= |$)|\(\S+:\d+\)|^\s*[\w.~+-]+ +\w* *= \S"
    r"|^\s*[\[{}\]();,]+$|^\[[\w .:-]+\]$"  # debuggers, system calls, settings, brackets
    r"|^\s{0,8}\d+ {2,}\S|^\d+ \d+ \S|^[<>*] \S|^[A-Z]\w*(?:-\w+)+: "
    r"|^\s*[-=_*#+.]{4,}\s*$|^\s*[\w.-]+:\s*\S+$|^[\w.-]+\s*[|:]\s"
)
_FIELD = re.compile(r"\s*(?P<key>[A-Za-z][\w /()%.-]{0,40}?)\s*[:=]\s+(?P<value>[^\s=][^=]{0,80})$")
_GRAVE = 2.5  # from which an error that announces what stands below it shares its worth
_WORTH = {"error": 3.0, "verdict": 3.6, "warning": 2.0, "command": 1.4, "noise": 0.3, "passed": 0.4}


def detect(passage: Passage) -> float:
    """By the share of lines with something that only programs write; little of it is enough for
    no text that reads like sentences."""
    if passage.media_type not in ("", "text/plain"):
        return 0.0
    lines = passage.lines
    sample = lines if len(lines) <= 2 * _SAMPLE else [*lines[:_SAMPLE], *lines[-_SAMPLE:]]
    texts = [line.text[:300] for line in sample if not line.blank]
    running = sum(_SENTENCE.search(t) is not None for t in texts)
    marked = sum(_MARKDOWN.match(t) is not None for t in texts)
    if len(texts) < _FEWEST or running > 0.2 * len(texts) or marked > 0.2 * len(texts):
        return 0.0
    often = Counter(entry for t in set(texts) if "#" in (entry := template(t)))
    share = sum(
        _is_printed(t) or (often[template(t)] >= _OFTEN and not _is_sentence(t)) for t in texts
    ) / len(texts)
    return 0.5 + 0.1 * share if share >= _ENOUGH else 0.0


def _is_printed(text: str) -> bool:
    return _SIGNS.search(text) is not None or role_of(text)[0] in ("noise", "passed", "command")


def _is_sentence(text: str) -> bool:
    if not text.rstrip().endswith((".", "!", "?")):
        return False
    return sum(word.isalpha() and word.islower() for word in text.split()) >= _SPOKEN


def add_units(out: Builder, passage: Passage) -> None:
    """Lines, with their repeats folded."""
    plan = LinePlan(passage.lines)
    filled = [i for i in range(len(plan)) if not plan.blank(i)]
    plan_traces(plan, top=4.9)
    templates = [template(plan.texts[i]) for i in filled]
    counts = Counter(templates)
    for place, index in enumerate(filled):
        if not plan.fixed[index]:
            ends = place in (0, len(filled) - 1)
            worth = _worth(plan.texts[index]) + _rarity(
                counts[templates[place]], len(counts), len(filled)
            )
            plan.set(index, min(max(worth, 2.0 if ends else 0.0), 5.0))
    _spread(plan)
    _fold(plan, filled, templates)
    plan.add_to(out)


def _worth(text: str) -> float:
    role, sure = role_of(text)
    base = _WORTH.get(role, 1.0)
    worth = 1.0 + (base - 1.0) * sure if role in ("error", "verdict") else base
    field = _FIELD.match(text)
    if field:
        stated = value_salience(field["key"], cell_of(field["key"], field["value"], -1), False)
        worth = max(worth, stated if stated >= WARNING else 0.0)
    return worth


def _spread(plan: LinePlan) -> None:
    """What stands below an error that announces it (``Found one deadlock:``) belongs to it."""
    worth, depth = 0.0, 0
    for index, text in enumerate(plan.texts):
        own, indent = plan.salience[index], len(text) - len(text.lstrip())
        if not text.strip() or (worth and indent < depth):
            worth = 0.0
        elif own >= _GRAVE and own > worth:
            worth, depth = (own if text.rstrip().endswith(":") else 0.0), indent
        elif worth > 1.0 and role_of(text)[0] not in ("noise", "passed"):
            plan.salience[index] = max(own, worth - 0.2)
            worth -= 0.1


def _rarity(count: int, kinds: int, total: int) -> float:
    if total < 8 or kinds > 0.7 * total:
        return 0.0
    return 0.6 if count == 1 else 0.3 / count


def _fold(plan: LinePlan, filled: Sequence[int], templates: Sequence[str]) -> None:
    last = len(filled) - 1
    for place, first in enumerate(first_of(templates)):
        index = filled[place]
        worth = plan.salience[index] > plan.salience[filled[first]] + 0.5
        says = any(c.isalpha() for c in templates[place])  # a list of paths is no list of repeats
        if says and first != place and place != last and not worth and plan.heads[index] < 0:
            plan.folds[index] = filled[first]
