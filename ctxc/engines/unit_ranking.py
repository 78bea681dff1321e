"""Machine text: units by what bears on the question and by what they are worth without one.

What a unit is worth without a question its kind has said (``Segment.salience``). With one, the
evidence of the question's words counts, in a unit and in its heads, and a share of the salience:
more where the question asks what failed, since then no word of it may stand in the answer.
Prose between the units is worth what it adds to the rest of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..console import note
from ..document import Segment
from ..errors import BudgetError
from ..selection.prefix import Floats, Selection
from ..selection.units import select_units
from ..text.salience import STOP
from .base import Task
from .lexical import lexical_scores
from .redundancy import standings

RELEVANCE = 5.0
"""What the best evidence of a question is worth, on the scale of salience (0 to 5)."""
ENOUGH = 1.0
"""Evidence by words (``lexical_scores``: about 2 for everything asked) that is worth as much."""
SALIENCE = 0.35
"""Share of the salience that counts with a question."""
SALIENCE_ASKED = 1.0
"""The same where the question asks for failures, errors, causes or what is odd."""
TELLING = 2.0
"""Salience from which a unit says something of a failure by itself."""
NAMED = 0.5
"""Share of the evidence that counts in one that does not, where failures are asked for: a line
that only names what failed does not say why."""
PROSE = 1.0
"""What prose between units is worth on average."""

COUNTED = 2.5
"""What a total is worth more where the question asks how many."""
_ASKS_HOW_MANY = re.compile(
    r"\b(?:how many|number of|count of|totals?|wie viele|combien|cu[aá]nt[oa]s|"
    r"quant[ie]|hoeveel)\b",
    re.IGNORECASE,
)

NEAR = 3.0
"""What the very line that the question names by its number is worth, those beside it less."""
_REACH = 12  # lines
_ASKED_LINE = re.compile(
    r"\b(?:lines?|l\.|zeilen?|lignes?|l[ií]neas?|rig[ah]e?)\s?(\d{1,7})\b", re.IGNORECASE
)
_NUMBERED = re.compile(r"\s{0,8}(\d{1,7})(?:[:|│\t]|\s{2,}|-(?=\s|$))")

_SAYS_LITTLE = re.compile(
    r"\b(?:builds?|tests?|jobs?|runs?|pipelines?|steps?|logs?|outputs?|commands?|install(?:ation)?s?|"
    r"compil\w+|happen\w*|go(?:es|ne)?|went|stop(?:s|ped)?|not|show\w*|say\w*|tell\w*)\b",
    re.IGNORECASE,
)

_HEADS = 4  # heads above a unit that are read with it
_HEAD = 200  # characters of each

_ASKS_FOR_FAILURE = re.compile(
    r"\b(?:fail\w*|err(?:or|ors|ed)?|wrong|broke\w*|crash\w*|exceptions?|causes?d?|reasons?|why|"
    r"problems?|issues?|bugs?|warn\w*|fix\w*|odd|unusual|abnormal\w*|anomal\w*|unhealthy|down|"
    r"missing|lost|stop(?:ped|s)?|exit\w*|panic\w*|leak\w*|conflict\w*|blocked|unreachable|unavailable|"
    r"reject\w*|den(?:y|ied)|time[ -]?outs?|timed out|refused|killed|abort\w*|panic\w*|stuck|"
    r"fehler\w*|warum|wieso|kaputt|erreurs?|pourquoi|échou\w*|fall[oóa]\w*|errores|por qu[eé]|"
    r"errori|perch[eé]|falhou|fout(?:en)?|waarom|mislukt)\b"
    r"|ошибк|почему|błąd|błęd|dlaczego|hata|neden|错误|为什么|失败|エラー|なぜ|失敗|오류|실패|왜",
    re.IGNORECASE,
)

_QUOTED = r"\"[^\"\n]{1,200}\"|`[^`\n]{1,200}`|(?<!\w)'[^'\n]{1,200}'(?!\w)|“[^”\n]{1,200}”"
_IDENTIFIER = re.compile(
    rf"({_QUOTED}"
    r"|(?<![^\s(\[,;:])(?=[^\s,;?!()]{0,100}(?:\d|_|[a-z][A-Z]|[A-Z]{2}[a-z]|\w[./\\:-]{1,2}\w*[A-Z./\\:]"
    r"|\w(?:\.|::|/)\w))[^\s,;?!()]{1,200})"
)
"""Names of things: quoted, or with digits, underscores, inner capitals, dots or slashes."""


def asks_for_failure(question: str) -> bool:
    """Whether a question asks what failed, or why; names of things do not ask.

    >>> asks_for_failure("Which tests failed?"), asks_for_failure("Who ran them?")
    (True, False)
    >>> asks_for_failure("Which pods are in CrashLoopBackOff?")
    False
    """
    return _ASKS_FOR_FAILURE.search(_IDENTIFIER.sub("\0", question)) is not None


def is_mostly_units(segments: Sequence[Segment]) -> bool:
    """Whether at least half of a text, by characters, is machine text."""
    whole = sum(s.end - s.start for s in segments)
    return 2 * sum(s.end - s.start for s in segments if s.text_kind) >= max(whole, 1)


def by_units(task: Task, relevance: Floats | None = None) -> Selection:
    """The best units that fit.

    ``relevance``: how much each segment bears on the question, ``(n,)``, on any scale from 0; by
    the question's words where it is not there. Raises BudgetError where what ``task.protect``
    matches does not fit and ``task.strict`` is set.
    """
    fit = replace(task, protect=()).fit()  # what is protected is among the first units here
    forced = task.forced_units()
    priority = unit_priorities(task, relevance)
    pinned = pinned_units(task.segments)
    selection = select_units(fit, task.segments, priority, [*forced, *pinned])
    if (
        pinned
        and not task.quiet
        and not _holds(selection, [task.segments[i] for i in sorted(pinned)])
    ):
        what = "the system message and the last turns do not fit"
        note(f"ctxc: {task.document.source}: {what} in {task.target} tokens whole")
    # Of prose an engine that kept nothing has said so.
    if task.has_units and not _holds(selection, [task.segments[i] for i in forced]):
        message = f"{task.document.source}: the protected text does not fit in {task.target} tokens"
        if task.strict:
            raise BudgetError(message, hint="raise the budget or protect less")
        if not task.quiet:
            note(f"ctxc: {message}; not all of it is kept")
    return selection


def pinned_units(segments: Sequence[Segment]) -> list[int]:
    """What outranks even the question (a salience above 5), the most important first."""
    pinned = [i for i, s in enumerate(segments) if s.salience > 5.0]
    return sorted(pinned, key=lambda i: -segments[i].salience)


def _holds(selection: Selection, segments: list[Segment]) -> bool:
    """Whether all the segments, in reading order, are kept whole."""
    at = 0
    for segment in segments:
        while at < len(selection.kept) and selection.kept[at].end < segment.core_end:
            at += 1
        if at == len(selection.kept) or selection.kept[at].start > segment.start:
            return False
    return True


def unit_priorities(task: Task, relevance: Floats | None = None) -> Floats:
    """The priority of each segment, ``(n,)``."""
    worth = np.array([s.salience for s in task.segments], np.float64)
    prose = np.array([not s.text_kind and not s.is_title for s in task.segments], np.bool_)
    if prose.any() and not task.question:
        worth[prose] = np.clip(PROSE + 0.5 * standings(task)[prose], 0.0, 2.5)
    if not task.question:
        return worth
    evidence = lexical_relevance(task) if relevance is None else _above_average(relevance)
    most = float(evidence.max()) if len(evidence) else 0.0
    # Little evidence stays little: a word of the question in a warning is no answer.
    scale = RELEVANCE / (max(most, ENOUGH) if relevance is None else max(most, 1e-9))
    worth[prose] = 0.0  # prose says nothing of itself where a question is asked
    asked = asks_for_failure(task.question)
    share = SALIENCE_ASKED if asked or most <= 0 else SALIENCE
    bearing: Floats = scale * np.maximum(evidence, 0.0)
    if asked:
        bearing *= np.where(prose | (worth >= TELLING), 1.0, NAMED)
    total: Floats = bearing + share * worth
    if _ASKS_HOW_MANY.search(task.question):
        total += COUNTED * np.array([s.kind == "verdict" for s in task.segments], np.float64)
    return total + _near_lines(task)


def _near_lines(task: Task) -> Floats:
    """What a numbered line is worth for standing near one that the question names, ``(n,)``."""
    out = np.zeros(len(task.segments))
    asked = [int(n) for n in _ASKED_LINE.findall(task.question or "")]
    if not asked:
        return out
    for i, segment in enumerate(task.segments):
        match = _NUMBERED.match(task.text, segment.start, segment.core_end)
        if match:
            away = min(abs(int(match[1]) - n) for n in asked)
            out[i] = NEAR * max(0.0, 1 - away / _REACH)
    return out


def _above_average(relevance: Floats) -> Floats:
    """What stands out of a ranking on any scale: cosines of all sentences are alike."""
    if not len(relevance):
        return relevance
    result: Floats = np.maximum(relevance - relevance.mean(), 0.0)
    return result


def lexical_relevance(task: Task) -> Floats:
    """BM25 of each segment with the question, its heads as its title, ``(n,)``."""
    groups, titles = _groups(task)
    texts = [s.core(task.text) for s in task.segments]
    subject = subject_of(task.question or "")
    if not subject:
        return np.zeros(len(texts))
    return np.array(lexical_scores(subject, texts, titles, groups, kind_counts=False), np.float64)


def subject_of(question: str) -> str:
    """The question without the words that ask for a failure; "" where no other is left.

    "Why did the build fail?" has no evidence in lines that say "build" and "fail", where most
    lines of a log do: what failed, salience says.

    >>> subject_of("Why did the build fail?"), subject_of("Why did the cart test fail?").split()
    ('', ['did', 'the', 'cart', '?'])
    """
    if not asks_for_failure(question):
        return question
    parts = _IDENTIFIER.split(question)  # every second one is a name
    parts[::2] = (_SAYS_LITTLE.sub(" ", _ASKS_FOR_FAILURE.sub(" ", p)) for p in parts[::2])
    rest = "".join(parts)
    words = re.findall(r"\w+", rest.lower())
    return rest if any(word not in STOP for word in words) else ""


def _groups(task: Task) -> tuple[list[int], list[str]]:
    """For each segment the group it is read in (the unit above it), and the groups' titles."""
    segments, text = task.segments, task.text
    heads = {s.needs for s in segments if s.needs >= 0}
    index = {-1: 0}
    titles = [""]
    groups = []
    for i, segment in enumerate(segments):
        head = i if i in heads else _read_under(segment, i)
        if head not in index:
            index[head] = len(titles)
            titles.append(_chain(segments, text, head))
        groups.append(index[head])
    return groups, titles


def _read_under(segment: Segment, index: int) -> int:
    """What is above a segment for its reader: what it needs, or brings along, or its heading."""
    if segment.needs >= 0:
        return segment.needs
    above = [r for r in segment.refers if r < index] if segment.text_kind else []
    return above[0] if above else segment.heading


def _chain(segments: tuple[Segment, ...], text: str, head: int) -> str:
    """The text of a head and of those above it, nearest first."""
    parts = []
    for _ in range(_HEADS):
        if head < 0:
            break
        segment = segments[head]
        parts.append(segment.core(text)[:_HEAD])
        head = segment.needs if segment.needs >= 0 else segment.heading
    return " ".join(parts)
