"""What a prompt is made of: tags in pairs, labelled examples, sentences that instruct."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..segment.lines import Line

_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,40})(\s[^<>]{0,300})?>")
_HTML = frozenset(
    "a abbr article aside b blockquote body br center code dd details div dl dt em figcaption "
    "figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img kbd label li link "
    "main meta nav ol option p pre q s script section select small span strong sub summary sup "
    "svg table tbody td template tfoot th thead tr u ul video".split()
)
ASKING_TAGS = frozenset(
    "rules rule instructions instruction constraints guidelines task tasks role system question "
    "query output output_format format response_format important policy policies requirements "
    "objective goal request user_query user_input steps restrictions system_prompt".split()
)
CONTEXT_TAGS = frozenset(
    "document documents context contexts passage article transcript source sources data text "
    "content history conversation file files code email log logs search_results knowledge".split()
)
OTHER_TAGS = frozenset(
    "example examples style tone tools persona background input inputs thinking scratchpad answer "
    "response formatting definitions audience prompt notes schema glossary".split()
)
_LABEL = re.compile(
    r"\s{0,4}(?:\*\*|__|#{1,4}\s{1,3}|<)?([A-Za-z][A-Za-z /_-]{0,30}?)(?:\s?#?\d{1,3})?(?:\*\*|__)?"
    r"\s?[:：](?:\*\*|__)?(?:\s+|$)(.{0,200})"
)
_LABELS = frozenset(
    "input output q a question answer message label text sentiment review class category sentence "
    "translation english french german spanish source target problem solution prompt completion "
    "query response example instruction context summary document title tweet comment rating intent "
    "premise hypothesis entailment passage request reply explanation thought action observation "
    "sql code email subject word antonym topic keywords entities result expected ticket priority "
    "description command utterance emotion language statement verdict reasoning claim".split()
)
_IMPERATIVE = re.compile(
    r"(?:[-*•]\s+|\d{1,2}[.)]\s+)?(?:please|always|never|do not|don't|do|you (?:are|must|"
    r"should|will|may|can)|your (?:task|job|goal|reply|answer|response|output|role)|if|when|"
    r"unless|make sure|ensure|be|use|avoid|only|keep|write|give|list|extract|classify|"
    r"summari[sz]e|translate|answer|reply|respond|return|output|explain|describe|identify|"
    r"provide|generate|create|follow|include|focus|analy[sz]e|pay (?:particular )?attention|"
    r"compare|read|think|consider|rewrite|convert|mention|start|end|cite|format|assume|act|"
    r"note that|remember|respect|treat|quote|ignore|refuse|decide|rank|rate|label|"
    r"bitte|antworte\w*|schreib\w*|fasse|übersetz\w*|réponds?|traduis|résume|responde|resume)\b",
    re.IGNORECASE,
)
_REPLIES = re.compile(
    r"\b(?:reply|respond|answer(?! to)|output|return|your (?:reply|answer|response|output))\b"
    r"|\b(?:in (?:markdown|json|english|german|french)|antworte\w*|réponds?|responde)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Tag:
    """``text[start:end]`` opens what ``text[close:close_end]`` closes."""

    name: str
    start: int
    end: int
    close: int
    close_end: int


def tags(lines: Sequence[Line]) -> list[Tag]:
    """Tags in pairs that open where a line begins and close where one begins or ends, in order.

    What closes nothing, or is never closed, is text. Linear in the length.
    """
    out: list[Tag] = []
    stack: list[tuple[str, int, int]] = []
    waiting: Counter[str] = Counter()
    for line in lines:
        if "<" not in line.text:
            continue
        body = line.text.strip()
        for match in _TAG.finditer(line.text):
            first = not line.text[: match.start()].strip()
            last = not line.text[match.end() :].strip()
            name, start, end = match[2], line.start + match.start(), line.start + match.end()
            if name.lower() in _HTML or (match[3] or "").endswith("/"):
                continue
            if not match[1] and first and (last or body.endswith(">") or len(body) > len(match[0])):
                stack.append((name, start, end))
                waiting[name] += 1
            elif match[1] and (first or last) and waiting[name]:
                while stack[-1][0] != name:
                    waiting[stack.pop()[0]] -= 1
                _, opened, opened_end = stack.pop()
                waiting[name] -= 1
                out.append(Tag(name, opened, opened_end, start, end))
    return sorted(out, key=lambda tag: tag.start)


@dataclass(frozen=True, slots=True)
class Examples:
    """Lines at which examples begin, and where the last one ends; ``open``: its last label waits
    for what is to be written. ``labels`` of one example, in lower case."""

    starts: list[int]
    stop: int
    open: bool
    labels: tuple[str, ...]

    @property
    def known(self) -> bool:
        return all(label in _LABELS for label in self.labels)


def label_of(line: Line) -> tuple[str, str]:
    """The label that a line begins with, in lower case, and what stands behind it; or two ""."""
    match = _LABEL.match(line.text) if not line.blank else None
    return (" ".join(match[1].lower().split()), match[2].strip()) if match else ("", "")


def examples(lines: Sequence[Line]) -> Examples | None:
    """Two and more blocks with the same two labels, one after the other."""
    labels = [(i, *label_of(line)) for i, line in enumerate(lines)]
    labels = [entry for entry in labels if entry[1]]
    pairs = Counter((a[1], b[1]) for a, b in pairwise(labels) if a[1] != b[1])
    repeated = {pair for pair, count in pairs.items() if count >= 2}
    if not repeated:
        return None
    # The first pair that repeats is the one that opens a block.
    names = ((a[1], b[1]) for a, b in pairwise(labels))
    opener, second = next(pair for pair in names if pair in repeated)
    starts = [_with_rule(lines, i) for i, name, _ in labels if name == opener]
    last = max((i for i, line in enumerate(lines) if not line.blank), default=-1)
    is_open = (
        bool(labels) and labels[-1][0] == last and not labels[-1][2] and labels[-1][1] != opener
    )
    return Examples(starts, _end(lines, labels[-1][0], is_open), is_open, (opener, second))


def _with_rule(lines: Sequence[Line], at: int) -> int:
    """The line of the rule or the title ("Example 3", "###") right above a block, or ``at``."""
    above = at - 1
    if above >= 0 and not lines[above].blank:
        text = lines[above].text.strip()
        if not text.strip("-=#*_ ") or re.match(
            r"(?:#+\s*)?(?:Example|Beispiel|Exemple)\b.{0,20}$", text
        ):
            return above
    return at


def _end(lines: Sequence[Line], last_label: int, is_open: bool) -> int:
    """The line behind the last example: a paragraph below it is no part of it."""
    at = last_label + 1
    while at < len(lines) and not lines[at].blank and not is_open:
        at += 1
    return at


def instructs(sentence: str) -> bool:
    """Whether a sentence tells its reader what to do."""
    return _IMPERATIVE.match(sentence.strip()) is not None


def speaks_of_reply(sentence: str) -> bool:
    """Whether a sentence says how to answer.

    >>> speaks_of_reply("Reply in JSON only."), speaks_of_reply("Stir until thick.")
    (True, False)
    """
    return _REPLIES.search(sentence) is not None
