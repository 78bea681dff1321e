"""Without a question: what a text says most about comes first, and empty words go first."""

from __future__ import annotations

import re

import numpy as np
import pytest

import ctxc
from ctxc import tokens
from ctxc.batch.pipeline import Options, compress
from ctxc.budget import Tokens
from ctxc.document import Document, Span
from ctxc.engines import registry
from ctxc.engines.base import Task
from ctxc.engines.extractive import shortlist
from ctxc.engines.redundancy import REACH, standings
from ctxc.engines.surprisal import information
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.text.segment import segments
from ctxc.text.word_classes import empty_words, is_binding_word

MANUAL = """The pump is checked by the operator before it is started. Well, that is more or less \
what there is to say about that. The valve must not be opened unless the pressure is under 4 bar. \
You will find that it is quite simple, really. If the lamp is red, the operator stops the pump \
within 30 seconds. There are many things like that in the world. The filter is changed only after \
200 hours, or when the lamp is yellow.
"""
MEETING = """Project Manager: Okay, um, so yeah, let's see. We will sell the remote for 25 euros.
Marketing: Right. I think that is good, you know. Our test users want a rubber case in yellow.
User Interface: Mm. Yeah. The display must not be larger than 3 centimetres, I decided that.
Project Manager: Okay. {vocalsound} Good. So the production costs are 12.5 euros at most.
"""


def task_of(text: str, target: int, **more: object) -> Task:
    document = Document(text, "a.txt")
    return Task(document, segments(document), target, tokens.get(), **more)  # type: ignore[arg-type]


def telegram(text: str) -> str:
    """``text`` without its empty words."""
    spans = [Span(*m.span()) for m in re.finditer(r"\S+", text)]
    words = zip(spans, empty_words(text, spans), strict=True)
    return " ".join(s.of(text) for s, e in words if not e or is_binding_word(s.of(text)))


def test_auto_opens_no_model_without_a_question() -> None:
    with Runtime(RuntimeOptions("no-such-model.gguf")) as runtime:
        found = compress(Document(MANUAL, "a.txt"), Options(budget=Tokens(40)), runtime)
    assert (found.engine, found.model) == ("lexical", None)
    assert found.compressed <= 40
    assert registry.resolve("auto", None) == "lexical"
    assert registry.resolve("auto", "who?") == "encoder"


def test_what_states_something_comes_before_what_does_not() -> None:
    found = ctxc.compress(MANUAL, tokens=50)
    assert "valve must not be opened unless the pressure is under 4 bar" in found.text
    assert "If the lamp is red" in found.text
    for said in ("many things", "quite simple", "more or less"):
        assert said not in found.text


def test_a_sentence_is_kept_without_empty_words_or_not_at_all() -> None:
    """And so it never loses a condition, a duty or a time."""
    wanted = [
        "pump checked by operator before started.",
        "valve must not opened unless pressure under 4 bar.",
        "If lamp red, operator stops pump within 30 seconds.",
        "filter changed only after 200 hours, or when lamp yellow.",
    ]
    for budget in range(20, 90, 3):
        text = ctxc.compress(MANUAL, tokens=budget).text
        bare = telegram(text)
        for sentence, telling in zip(
            wanted, ("checked", "pressure", "seconds", "hours"), strict=True
        ):
            assert (telling in bare) == (sentence in bare), (budget, text)


def test_a_part_of_a_sentence_too_long_is_better_than_nothing() -> None:
    found = ctxc.compress(
        "The pump of the mill " + "holds a lot of fresh water and " * 200, tokens=40
    )
    assert 30 <= found.compressed <= 40 and found.text.startswith("The pump of the mill holds")
    assert found.text.endswith("…")


def test_who_said_it_stays_with_what_is_kept() -> None:
    spoken = ("25 euros", "rubber case", "larger than 3", "12.5 euros")
    for engine in ("lexical", "information"):
        text = ctxc.compress(MEETING, tokens=45, engine=engine).text
        assert sum(said in text for said in spoken) >= 2
        for line in text.splitlines():
            for name in ("Project Manager:", "User Interface:"):
                assert (name in line) == (name.split()[0] in line), line
    text = ctxc.compress(MEETING, tokens=45, engine="lexical", level="word").text
    assert "{vocalsound}" not in text and " um" not in text


def test_standings_do_not_depend_on_the_budget() -> None:
    assert np.array_equal(standings(task_of(MANUAL, 10)), standings(task_of(MANUAL, 60)))


def test_sentences_in_a_script_without_spaces_are_told_apart() -> None:
    text = (
        "桥于1357年开始建造。嗯，好的，好的，是的。石桥的石头来自采石场，石桥耗资14200格罗申。" * 1
    )
    task = task_of(text, 20)
    standing = standings(task)
    assert standing.argmin() == 1, standing


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_the_model_reads_only_what_is_in_the_running(share: float) -> None:
    task = task_of(MANUAL + MEETING, 30)
    inside = shortlist(task, standings(task), REACH)
    assert 0 < inside.sum() < len(inside)
    with Runtime() as runtime:
        whole = information(task, runtime.scorer())
        every = information(task, runtime.scorer(), np.ones(len(inside), np.bool_))
        some = information(task, runtime.scorer(), inside)
        found = compress(
            Document(MANUAL, "a.txt"), Options(budget=Tokens(40), engine="information"), runtime
        )
    for segment, kept in zip(task.segments, inside, strict=True):
        span = segment.start, segment.core_end
        assert whole.of(*span) == every.of(*span)
        assert (some.of(*span) > 0) == bool(kept)
    assert 30 <= found.compressed <= 40


def test_a_whole_text_in_the_running_is_scored_as_before() -> None:
    task = task_of(MANUAL, 1000)
    assert shortlist(task, standings(task), REACH).all()


def test_levels_and_protected_matches() -> None:
    whole = ctxc.compress(MANUAL, tokens=60, level="sentence").text
    assert all(line.strip() in MANUAL for line in re.split(r"(?<=\.)\s", whole))
    kept = ctxc.compress(MANUAL, tokens=40, protect=["many things"]).text
    assert "many things" in kept


def test_a_dropped_word_never_makes_two_numbers_one() -> None:
    """Scripts without spaces have none that would keep apart what stands around a word."""
    from ctxc.selection.render import Piece, Renderer

    assert Renderer("12年34")([Piece(0, 2), Piece(3, 5)]) == "12 34"
    assert Renderer("机器学习")([Piece(0, 1), Piece(3, 4)]) == "机习"
    assert Renderer("a b c")([Piece(0, 1), Piece(4, 5)]) == "a c"


def test_what_the_budget_just_covers_is_the_best_sentence() -> None:
    text = (
        "The pump needs a new valve because the old one of the set is at its end. "
        "It was also so that we had to be at the site for the tests of Bremen."
    )
    for budget in range(18, 21):
        assert "pump needs" in ctxc.compress(text, tokens=budget).text, budget


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hepatitis A is in the north and hepatitis B is in the south.", "Hepatitis A"),
        ("The pump is to be replaced by the firm in Rome.", "is to be replaced by firm"),
        ("The boxes are not to be moved.", "not to be moved"),
        ("The tank was too hot for the crew.", "too hot"),
    ],
)
def test_a_telegram_says_the_same(text: str, kept: str) -> None:
    assert kept in telegram(text)


def test_markers_do_not_stand_for_single_empty_words() -> None:
    text = ctxc.compress(MANUAL, tokens=60, markers=True).text
    assert "If the lamp is red, the operator stops the pump" in text
    assert text.count("…") <= 6, text


def test_forced_rows_and_links_bring_what_they_need() -> None:
    text = """# Pumps

Some prose about nothing in particular that fills the page and is not needed at all.

| part | number |
| --- | --- |
| pump | 14,200, see [guide][g] |
| lamp | none |

- see [the old one][o] of 1983

[g]: https://example.org/g
[o]: https://example.org/o
"""
    document = Document(text, "pumps.md", "text/markdown")
    found = ctxc.compress(document, tokens=60, protect=[r"14,200"]).text
    assert "| part | number |\n| --- | --- |\n| pump | 14,200" in found
    assert "[g]: https://example.org/g" in found


def test_a_pattern_that_matches_everything_costs_no_more_than_one_that_does_not() -> None:
    found = ctxc.compress("x" * 40_000 + " end. " + MANUAL, tokens=60, protect=["."])
    assert found.compressed <= 60


def test_the_closing_line_names_every_engine_that_did_something() -> None:
    from ctxc.output.report import Report

    summary = Report()
    with Runtime() as runtime:
        for text, question in ((MANUAL, None), (MANUAL, "When is the valve opened?"), ("", None)):
            document = Document(text, "a.txt", question=question)
            summary.add(compress(document, Options(budget=Tokens(40)), runtime))
    assert "engines lexical, encoder" in summary.closing_line("40 tokens")


def test_twelve_and_a_half_stays_one_number() -> None:
    from ctxc.text.facts import facts

    text = "The finance people say that production costs twelve and a half Euro at most."
    assert [(f.value, f.unit) for f in facts(text).numbers][0][0] == "12.5"  # noqa: RUF015
    for budget in range(15, 18):
        kept = ctxc.compress(text, tokens=budget, level="word").text
        assert "twelve and a half Euro" in kept, (budget, kept)
