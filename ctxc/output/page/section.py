"""One document on a page: its text with what was kept, and the numbers that replay it.

All text of documents is escaped, and what a reader of the page would not see (control and
bidirectional characters) is written out. The numbers are JSON without any of that text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from ...console import harmless, plain
from ...result import Compression, Failure
from .evidence import marks
from .replay import Replay, Stretch

MOST_CHARACTERS = 300_000
"""Of one document's text on a page."""
MOST_STRETCHES = 15_000
_LONGEST = 20_000  # characters of one stretch
_OUTPUT = 60_000  # characters of the text that came out
_BEST = 5  # units that show their rank


@dataclass(slots=True)
class Room:
    """What of a page is left for texts: characters, and stretches."""

    characters: int = 1_000_000
    stretches: int = 40_000

    def take(self, characters: int, stretches: int) -> None:
        self.characters -= characters
        self.stretches -= stretches

    @property
    def full(self) -> bool:
        return self.characters <= 0 or self.stretches <= 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands over a document's text: its name, and why there is no slider ("": there is)."""

    number: int
    name: str
    still: str = ""


def safe(text: object) -> str:
    """Document text for HTML: escaped, and nothing in it that a browser would obey."""
    return escape(harmless(str(text)), quote=True)


def line(text: object, limit: int = 300) -> str:
    """A name or a message on one line, for HTML."""
    return escape(plain(text, limit), quote=True)


def failure_section(facts: Facts, failure: Failure) -> str:
    return (
        f'<section class="doc" id="d{facts.number}"><h2>{line(facts.name)}</h2>'
        f'<p class="failed">{line(failure.message)}</p></section>\n'
    )


def full_section(facts: Facts, result: Compression) -> str:
    """A document for which the page has no room."""
    return (
        f'<section class="doc" id="d{facts.number}"><h2>{line(facts.name)}</h2>'
        f'{_figures(result)}<p class="left">Its text is left out: the page is full.</p></section>\n'
    )


def section(
    facts: Facts,
    text: str,
    result: Compression,
    replayed: Replay,
    asked: frozenset[str],
    room: Room,
) -> str:
    """A document's part of a page; what it takes of ``room`` is gone from it."""
    shown = chosen(replayed, room)
    left = len(text) - sum(min(s.end - s.start, _LONGEST) for s in shown)
    room.take(len(text) - left, len(shown))
    best = {i for i, s in enumerate(replayed.standings) if 0 < s.rank <= _BEST}
    mono = any(s.text_kind for s in replayed.standings)
    body = "".join(_body(text, shown, replayed, asked, best))
    said = (
        f'<p class="left">{left:,} characters of the text are left out: it is too long for a page; '
    )
    said += "what is kept at the smallest budgets is here.</p>"
    return (
        f'<section class="doc" id="d{facts.number}"><h2>{line(facts.name)}</h2>{_figures(result)}'
        f"{said if left else ''}{_controls(facts, replayed)}"
        f'<div class="text{" mono" if mono else ""}" tabindex="0" role="region" dir="auto" '
        f'aria-label="the text of {line(facts.name)}; arrow keys go from unit to unit">'
        f"{body}</div>{_output(result)}"
        f'<script type="application/json">{_data(replayed, shown, result)}</script></section>\n'
    )


def chosen(replayed: Replay, room: Room) -> list[Stretch]:
    """The stretches that the page has room for, in reading order.

    All of them where they fit; else those kept in the run, then those kept at the smallest budgets.
    """
    characters = min(MOST_CHARACTERS, room.characters)
    most = min(MOST_STRETCHES, room.stretches)

    def order(stretch: Stretch) -> tuple[bool, int, int]:
        first = stretch.at[0][0] if stretch.at else len(replayed.steps)
        return not stretch.kept(replayed.own), first, stretch.start

    out: list[Stretch] = []
    for stretch in sorted(replayed.stretches, key=order):
        size = min(stretch.end - stretch.start, _LONGEST)
        if size > characters or len(out) == most:
            break
        characters -= size
        out.append(stretch)
    return sorted(out, key=lambda s: s.start)


def _figures(result: Compression) -> str:
    ratio = f", {result.ratio:.1f}x" if math.isfinite(result.ratio) else ""
    parts = [
        f"{result.original:,} → {result.compressed:,} tokens ({line(result.tokenizer)}){ratio}",
        f"budget {result.target:,} tokens",
        f"engine {line(result.engine)}" + (f" with {line(result.model)}" if result.model else ""),
    ]
    asked = f'<p class="asked">{line(result.question, 2000)}</p>' if result.question else ""
    notes = "".join(f"<p>{line(note, 600)}</p>" for note in result.notes)
    return f'{asked}<p class="figures">{" · ".join(parts)}</p>{notes}'


def _controls(facts: Facts, replayed: Replay) -> str:
    """The slider where there is more than one step; hidden until the script finds it."""
    last, own = len(replayed.steps) - 1, replayed.own
    if last < 1:
        slider = f'<p class="still">{line(facts.still)}</p>'
    else:
        slider = (
            f'<label for="b{facts.number}">Budget</label>'
            f'<input type="range" id="b{facts.number}" min="0" max="{last}" step="1" value="{own}" '
            f'list="o{facts.number}"><datalist id="o{facts.number}"><option value="{own}">'
            '</datalist><output aria-live="polite"></output>'
        )
    return (
        f'<div class="bar" hidden>{slider}<div class="steer">'
        '<button type="button" class="next">Next kept</button>'
        '<button type="button" class="own" hidden>As in this run</button>'
        '<label class="only"><input type="checkbox"> only what is kept</label></div>'
        '<p class="unit" role="status">Point at a unit, or go through them with the '
        "arrow keys, to see its score, kind and rank.</p></div>"
    )


def _body(
    text: str,
    shown: Sequence[Stretch],
    replayed: Replay,
    asked: frozenset[str],
    best: set[int],
) -> Iterator[str]:
    at = 0
    badged: set[int] = set()
    for stretch in shown:
        if at < stretch.start:
            yield _gap(stretch.start - at)
        kept = " k" if stretch.kept(replayed.own) else ""
        badge = ""
        if stretch.segment in best and stretch.segment not in badged:
            badged.add(stretch.segment)
            badge = f' data-rank="{replayed.standings[stretch.segment].rank}"'
        end = min(stretch.end, stretch.start + _LONGEST)
        inner = "".join(_marked(text[stretch.start : end], asked))
        yield f'<span class="u{kept}"{badge}>{inner}</span>'
        if end < stretch.end:
            yield _gap(stretch.end - end)
        at = stretch.end
    if at < len(text):
        yield _gap(len(text) - at)


def _gap(characters: int) -> str:
    return f'<span class="gap">{characters:,} characters are not on this page</span>'


def _marked(text: str, asked: frozenset[str]) -> Iterator[str]:
    at = 0
    for start, end in marks(text, asked):
        yield safe(text[at:start])
        yield f"<mark>{safe(text[start:end])}</mark>"
        at = end
    yield safe(text[at:])


def _output(result: Compression) -> str:
    cut = len(result.text) - _OUTPUT
    more = f'<p class="left">{cut:,} more characters are left out.</p>' if cut > 0 else ""
    return (
        "<details><summary>The text that came out of this run</summary>"
        f'<pre dir="auto">{safe(result.text[:_OUTPUT])}</pre>{more}</details>'
    )


def _data(replayed: Replay, shown: Sequence[Stretch], result: Compression) -> str:
    """What the script reads. ``units`` are in the order of the page's spans: the index of a
    standing (-1: none) and the steps at which it is kept, from and to."""
    there = sorted({s.segment for s in shown if 0 <= s.segment < len(replayed.standings)})
    index = {segment: i for i, segment in enumerate(there)}
    value: dict[str, Any] = {
        "original": result.original,
        "own": replayed.own,
        "ranked": replayed.ranked,
        "steps": [[s.budget, s.tokens, int(s.whole)] for s in replayed.steps],
        "standings": [_standing(replayed, i) for i in there],
        "units": [[index.get(s.segment, -1), *_flat(s.at)] for s in shown],
    }
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _standing(replayed: Replay, index: int) -> list[Any]:
    standing = replayed.standings[index]
    score = round(standing.score, 4) if math.isfinite(standing.score) else None
    kind = f"{standing.text_kind} {standing.kind}".strip()
    return [kind, score, standing.rank, int(standing.repeats)]


def _flat(pairs: Iterable[tuple[int, int]]) -> list[int]:
    return [number for pair in pairs for number in pair]
