"""One suite that every engine passes: exact budgets, the original's own words, the same bytes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ctxc import tokens
from ctxc.batch.pipeline import Options, compress
from ctxc.budget import Tokens
from ctxc.document import Document, Part, Span
from ctxc.engines import registry
from ctxc.errors import BudgetError, CtxcError
from ctxc.llama.runtime import Runtime
from ctxc.result import Compression
from ctxc.text.segment import segments, words

pytestmark = [pytest.mark.model, pytest.mark.slow]

OPTIONAL = {"llmlingua2", "distill"}  # behind an extra, or writing its own words: their own tests
WRITING = {"distill", "verbatim"}  # lines of their own, with marks: their own tests
ENGINES = [name for name in registry.NAMES if name not in {"auto"} | OPTIONAL | WRITING]
ENGINES.append("lexical, no question")  # the others need one, or never look at it
FAST = [name for name in ENGINES if registry.opens(name.partition(",")[0]) == ""]
QUESTION = "When was the bridge over the Vltava finished, and for what price?"

PROSE = """The old bridge over the Vltava was begun in 1357 under Charles IV. It was finished in \
1402, not in 1390 as older books say. The work cost 14,200 groschen, most of it for sandstone.

Nobody knows who drew the plans. Peter Parler, then 27 years old, led the masons from 1357 until \
his death in Prague on 13 July 1399. Without his lodge at St. Vitus the piers would not stand.

A flood on 3 September 1890 broke three arches. Repairs took 665,000 crowns and two years, and the \
bridge was closed to carts. Trams crossed it from 1905 to 1908 only. Cars were banned in 1965.
"""

MARKDOWN = """---
title: Limits
---

# Upload limits

Files up to 25 MB are accepted. Larger files are refused with status 413, unless the account has \
the `bulk` flag. See [the quota page](https://example.org/quota) for details.

| plan | limit |
| --- | --- |
| free | 25 MB |
| team | 250 MB |

## Retry

1. Wait 30 seconds.
2. Send the same `Upload-Id` again.
   - Never change the id.
3. Stop after 5 tries.

```json
{"retries": 5, "wait": 30}
```

> The gateway does not resume a broken upload by itself.
"""

CJK = "查理大桥始建于1357年。它于1402年完工，而不是1390年。工程耗资14200格罗申。没有人知道是谁画的图纸。"  # noqa: E501
EMOJI = "Ship it 🚀🚀! The 👩‍👩‍👧 family waits 🇨🇿. " * 6
NO_SPACES = "abcdefghij" * 60

TEXTS = {
    "prose": Document(PROSE, "prose.txt"),
    "markdown": Document(MARKDOWN, "limits.md", media_type="text/markdown"),
    "cjk": Document(CJK, "cjk.txt"),
    "emoji": Document(EMOJI, "emoji.txt"),
    "no-spaces": Document(NO_SPACES, "run.txt"),
    "one-word": Document("bridge", "word.txt"),
    "blank": Document(" \n\n ", "blank.txt"),
    "special": Document("<|endoftext|> is text. So is <|im_end|>. " * 4, "special.txt"),
}


def _record() -> Document:
    text, parts = "", []
    bodies = PROSE.strip().split("\n\n")
    for title, body in (("Bridges", bodies[0]), ("Floods", bodies[2])):
        start = len(text)
        text += f"{title}\n"
        parts.append(Part(start, len(text) + len(body), len(text), title))
        text += body + "\n\n"
    spans = tuple(Span(p.body, p.end) for p in parts)
    return Document(text.rstrip(), "r1", parts=tuple(parts), original_spans=spans, id="r1")


TEXTS["record"] = _record()


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime() as opened:
        yield opened


def run(document: Document, engine: str, budget: int, runtime: Runtime, **more: object):
    engine, _, without = engine.partition(", ")
    if without:
        document = replace(document, question=None)
    options = Options(
        engine=engine,
        budget=Tokens(budget),
        question=None if without else QUESTION,
        **more,  # type: ignore[arg-type]
    )
    return compress(document, options, runtime)


def is_made_of(result: Compression, document: Document) -> bool:
    """Whether ``result`` is whole words or sentences of the document in order, and nothing else.

    ``…`` stands where text is gone; a run as long as a line may be cut anywhere.
    """
    text, at, out = document.text, 0, 0
    if result.text in ("", text):
        return True
    runs = words(text, 0, len(text))
    edges = {at for x in runs for at in (x.start, x.end)}
    edges |= {at for s in segments(document) for at in (s.start, s.core_end)}
    edges |= {at for x in runs if x.end - x.start > 100 for at in range(x.start, x.end)}
    for kept in result.kept:
        if kept.start < at or not {kept.start, kept.end} <= edges:
            return False
        if result.text[out : kept.out].replace("…", "").strip():
            return False
        at, out = kept.end, kept.out + kept.end - kept.start
        if result.text[kept.out : out] != text[kept.start : kept.end]:
            return False
    return not result.text[out:].replace("…", "").strip()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", TEXTS)
def test_budget_order_and_bytes(engine: str, name: str, runtime: Runtime) -> None:
    document = TEXTS[name]
    count = tokens.get().count
    original = sum(count(t) for t in document.originals)
    before = 0
    for budget in sorted({1, 7, max(1, original // 4), max(1, original // 2), original}):
        try:
            result = run(document, engine, budget, runtime)
        except BudgetError:  # not one whole piece: said, and nothing printed
            assert budget <= 7
            continue
        assert result.compressed == count(result.text) <= min(budget, original)
        assert is_made_of(result, document)
        result.text.encode("utf-8")
        assert result.compressed >= 0.9 * before, "a larger budget kept clearly less"
        before = result.compressed
        for kept in result.kept:
            piece = document.text[kept.start : kept.end]
            assert result.text[kept.out : kept.out + len(piece)] == piece


@pytest.mark.parametrize("engine", ENGINES)
def test_same_bytes_again(engine: str, runtime: Runtime) -> None:
    first = run(TEXTS["prose"], engine, 60, runtime)
    with Runtime() as fresh:
        again = run(TEXTS["prose"], engine, 60, fresh)
    assert again.text == first.text and again.kept == first.kept


@pytest.mark.parametrize("engine", ENGINES)
def test_most_of_the_budget_is_used(engine: str, runtime: Runtime) -> None:
    for budget in (60, 100):
        assert run(TEXTS["prose"], engine, budget, runtime).compressed >= 0.9 * budget


@pytest.mark.parametrize("engine", ENGINES)
def test_structure_still_parses(engine: str, runtime: Runtime) -> None:
    for budget in (30, 60, 90, 130):
        text = run(TEXTS["markdown"], engine, budget, runtime).text
        assert text.count("```") in (0, 2)
        for block in re.findall(r"```json\n(.*?)```", text, re.S):
            assert json.loads(block) == {"retries": 5, "wait": 30}
        assert set(re.findall(r"\]\((.*?)\)", text)) <= {"https://example.org/quota"}
        if "| team |" in text or "| free |" in text:
            assert "| plan | limit |\n| --- | --- |\n" in text
        if "Never change" in text:
            assert "2. Send the same" in text


LINKS = """# Pumps

The main pump is described in [the manual][Man] at length, and in 14 other texts. Nobody reads \
them. The old one is in [the *Archive*] and on ![a photo][pic] of 1983, not of 1990.

Orders go to the office in Basel, which answers within two days. It is closed in August.

[man]: https://example.org/manual "The manual"
[the *archive*]: <https://example.org/archive>
[pic]: img/pump.png
[unused]: https://example.org/unused
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_links_keep_their_targets(engine: str, runtime: Runtime) -> None:
    document = Document(LINKS, "links.md", "text/markdown", question="Where is the pump described?")
    used = 0
    for budget in (12, 25, 40, 55, 70, 90):
        text = run(document, engine, budget, runtime).text
        for link, definition in (
            ("[the manual][Man]", "\n[man]: https://example.org/manual"),
            ("[the *Archive*]", "\n[the *archive*]: <https://example.org/archive>"),
            ("![a photo][pic]", "\n[pic]: img/pump.png"),
        ):
            assert link not in text or definition in text, (budget, text)
            used += link in text
        assert "unused" not in text
    assert used


TALK = (
    "".join(
        f"{name}: Okay. {first} We agreed on that, and nobody was against it. {last}\n"
        for name, first, last in (
            ("Project Manager", "The remote will cost 25 euros.", "Half of that is the budget."),
            ("Marketing", "Our users want a yellow case.", "They lose it twice a week."),
            ("User Interface", "The display must not be larger than 3 centimetres.", "Mm."),
            ("Marketing", "The price was finished by the 14th, for 12.5 euros.", "It is low."),
            (
                "Industrial Designer",
                "The bridge of the case is rubber.",
                "The battery lasts a year.",
            ),
        )
    )
    * 2
)


NAMING = ["encoder", "likelihood", "lexical", "lexical, no question", "information"]


@pytest.mark.parametrize("engine", NAMING)
@pytest.mark.parametrize("level", ["sentence", "word"])
def test_who_speaks_is_named(engine: str, level: str, runtime: Runtime) -> None:
    document = Document(TALK, "talk.txt")
    turns = [(m.start(), m.end()) for m in re.finditer(r"^[\w ]+:", TALK, re.MULTILINE)]
    ends = [start for start, _ in turns[1:]] + [len(TALK)]
    for budget in (14, 40):
        result = run(document, engine, budget, runtime, level=level)
        kept = {i for span in result.kept for i in range(span.start, span.end)}
        for (start, said), end in zip(turns, ends, strict=True):
            name, rest = set(range(start, said)), set(range(said, end))
            assert (name <= kept) == bool(rest & kept), result.text
            assert bool(name & kept) == bool(rest & kept), result.text


@pytest.mark.parametrize("engine", ENGINES)
def test_facts_are_not_cut_out_of_what_is_kept(engine: str, runtime: Runtime) -> None:
    facts = ["not in 1390", "14,200 groschen", "13 July 1399", "3 September 1890", "665,000 crowns"]
    for budget in (40, 70, 100):
        document = TEXTS["prose"]
        result = run(document, engine, budget, runtime)
        kept = set()
        for span in result.kept:
            kept |= set(range(span.start, span.end))
        for segment in segments(document):
            inside = [i for i in range(segment.start, segment.core_end) if i in kept]
            if not inside:
                continue
            for fact in facts:
                at = document.text.find(fact, segment.start, segment.core_end)
                if at >= 0:
                    assert set(range(at, at + len(fact))) <= kept, (fact, result.text)


@pytest.mark.parametrize("engine", ENGINES)
def test_protected_matches_are_kept(
    engine: str, runtime: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(TEXTS["prose"], engine, 30, runtime, protect=(r"Trams crossed it", r"Parler"))
    assert "Trams crossed it" in result.text and "Parler" in result.text
    assert result.compressed <= 30
    crossed = (r"Trams crossed it",)
    with pytest.raises(BudgetError, match=r"more than the budget of 3"):
        run(TEXTS["prose"], engine, 3, runtime, protect=crossed, strict=True)
    try:
        assert run(TEXTS["prose"], engine, 3, runtime, protect=crossed).compressed <= 3
    except BudgetError as error:
        assert "not even its smallest whole piece" in error.message
    err = capsys.readouterr().err
    assert err.count("the protected text") == 1 and "none of it is kept" in err


@pytest.mark.parametrize("level", ["document", "sentence"])
@pytest.mark.parametrize("engine", ENGINES)
def test_level_limits_how_fine_it_cuts(engine: str, level: str, runtime: Runtime) -> None:
    document = TEXTS["record"]
    result = run(document, engine, 75, runtime, level=level)
    allowed = [len(document.text[: p.end].rstrip()) for p in document.parts]
    if level == "sentence":
        allowed += [s.core_end for s in segments(document)]
    for span in result.kept:
        assert span.end in allowed


MARKS = 40  # tokens that the lines of markers around one piece may take


def smallest(document: Document) -> int:
    """Tokens of the smallest piece of prose that stands alone; many where there is none."""
    count, text = tokens.get().count, document.text
    loose = [
        s
        for s in segments(document)
        if s.kind == "sentence" and max(s.needs, s.heading, s.leans_on) < 0 and not s.refers
    ]
    cores = [s.core(text) for s in loose if s.core(text).strip() and not s.continues]
    return min(map(count, cores), default=10**9)


@pytest.mark.parametrize("engine", FAST)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=400), budget=st.integers(1, 120), markers=st.booleans())
def test_any_text(engine: str, text: str, budget: int, markers: bool) -> None:
    document = Document(text.encode("utf-8", "replace").decode(), "any")
    with Runtime() as runtime:
        try:
            result = run(document, engine, budget, runtime, markers=markers)
        except BudgetError:  # said, never an empty success
            assert smallest(document) > budget - MARKS * markers
            return
    assert result.text.strip() or not document.text.strip()
    assert result.compressed <= min(budget, result.original)
    if not markers:
        assert is_made_of(result, document)


@pytest.mark.parametrize("engine", FAST)
def test_markers_name_the_lines(engine: str) -> None:
    lines = [f"Line {n} says something of its own about item {n * 7}." for n in range(1, 60)]
    random.Random(4).shuffle(lines)
    document = Document("\n".join(lines), "lines.txt")
    with Runtime() as runtime:
        result = run(document, engine, 300, runtime, markers=True)
    covered: set[int] = set()
    for first, last in re.findall(r"\[… lines? (\d+)(?:-(\d+))?\]", result.text):
        covered |= set(range(int(first), int(last or first) + 1))
    kept = {i for i, line in enumerate(lines, 1) if line in result.text}
    assert kept and covered and not kept & covered
    assert kept | covered >= {i for i in range(1, 60) if lines[i - 1].split()[1] not in result.text}


def test_unknown_engine_lists_the_choices() -> None:
    with pytest.raises(CtxcError, match="nonsense") as caught:
        Options(engine="nonsense")
    assert "encoder" in caught.value.hint
