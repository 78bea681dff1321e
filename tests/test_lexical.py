"""Lexical scores, what questions ask for, and where sentences may be cut."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxc.document import Span
from ctxc.engines.lexical import lexical_scores
from ctxc.text.clauses import clauses, is_bracketed
from ctxc.text.question import Asking, speakers, topic
from ctxc.text.stemming import stem, terms, tokenise


@pytest.mark.parametrize(
    "forms",
    [
        "sing sang sung sings singer singing",
        "write wrote written writes writer writing",
        "city cities",
        "play plays played player playing",
        "child children",
        "compute computes computed computing",
    ],
)
def test_forms_of_a_word_share_a_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


def test_different_words_keep_different_stems() -> None:
    words = ["river", "rival", "rice", "night", "genus", "gene", "king", "kingdom", "1905", "1906"]
    assert len({stem(w) for w in words}) == len(words)


def test_tokenise_takes_words_and_numbers_apart_and_possessives_off() -> None:
    assert tokenise("World\u2019s first, held in1905 (2,000 m)") == [
        "world", "first", "held", "in", "1905", "2,000", "m",
    ]  # fmt: skip


def test_terms_of_stop_words_alone_are_none() -> None:
    assert terms("who was it that is there?") == []


def test_scripts_without_spaces_are_compared_by_pairs() -> None:
    scores = lexical_scores("机器学习", ["天气很好。", "他研究机器学习。"], [""], [0, 0])
    assert scores[1] > scores[0]


TITLES = ["Jake brake", "Brake (vehicle)", "Weather"]
TEXTS = [
    "It slows heavy vehicles by releasing compressed air.",
    "A brake slows a vehicle.",
    "It rained in March 1987.",
    "Nothing to see.",
]
PARTS = [0, 1, 2, 2]


def test_the_titled_sentence_wins_without_naming_the_thing() -> None:
    scores = lexical_scores("what is the purpose of a jake brake?", TEXTS, TITLES, PARTS)
    assert max(range(4), key=scores.__getitem__) == 0
    assert scores[0] > scores[1] > scores[3]


def test_a_date_is_evidence_for_when_and_only_then() -> None:
    when = lexical_scores("when?", TEXTS, TITLES, PARTS)
    why = lexical_scores("why?", [t.lower() for t in TEXTS], TITLES, PARTS)
    assert when[2] > when[3]
    assert why == [0.0] * 4


def test_rare_words_count_more_than_common_ones() -> None:
    texts = ["the brake", "the brake", "the brake", "the gasket"]
    scores = lexical_scores("brake gasket", texts, [""], [0] * 4)
    assert scores[3] > scores[0]


def test_two_words_side_by_side_count_more_than_apart() -> None:
    texts = ["basic instinct or so", "instinct so very basic", "nothing", "nothing"]
    scores = lexical_scores("basic instinct", texts, [""], [0] * 4)
    assert scores[0] > scores[1] > scores[2]


def test_no_texts_no_scores_and_empty_texts_no_trouble() -> None:
    assert lexical_scores("who?", [], [], []) == []
    assert lexical_scores("", ["", "  "], [""], [0, 0]) == [0.0, 0.0]


@given(st.text(max_size=60), st.lists(st.text(max_size=80), min_size=1, max_size=6))
def test_scores_are_finite_and_the_same_again(question: str, texts: list[str]) -> None:
    parts = [0] * len(texts)
    first = lexical_scores(question, texts, ["A title"], parts)
    assert all(math.isfinite(score) and score >= 0 for score in first)
    assert first == lexical_scores(question, texts, ["A title"], parts)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("who wrote it?", "name"),
        ("When did it end", "date"),
        ("in what year was it built?", "date"),
        ("how many seasons are there?", "number"),
        ("where is it held?", "place"),
        ("which country is it in", "place"),
        ("what is a jake brake?", ""),
        ("wer schrieb das?", ""),
        ("", ""),
    ],
)
def test_kinds_of_questions(question: str, kind: str) -> None:
    assert Asking.of(question).kind == kind


@pytest.mark.parametrize(
    ("question", "held", "not_held"),
    [
        ("who wrote it?", "It was by Gene MacLellan.", "It was by a friend."),
        ("who is Gene MacLellan?", "He met Anne Murray.", "Gene MacLellan sang."),
        ("when was it?", "It ended in May 1940.", "It ended soon."),
        ("when was it?", "In the mid-10th century BCE.", "In ancient times."),
        ("how many are there?", "There are nine of them.", "There are some of them."),
        ("where was it?", "It was held in Ottawa.", "It was held in winter."),
        ("what is it?", "It is the genus Haliaeetus.", "It is a genus."),
    ],
)
def test_what_a_sentence_holds(question: str, held: str, not_held: str) -> None:
    asking = Asking.of(question)
    assert asking.met_by(held)
    assert not asking.met_by(not_held)


def test_lower_case_scripts_hold_no_names() -> None:
    assert not Asking.of("who?").met_by("он написал 他写了")


def test_what_a_clause_holds_leaves_out_the_title_and_the_first_word() -> None:
    text = "Suddenly it stopped, and Lulu sang Goldfinger."
    first, second = clauses(text, 0, len(text))
    asking = Asking.of("who sang goldfinger?")
    assert not asking.met_within(text, first)
    assert asking.met_within(text, second)
    assert not asking.met_within(text, second, frozenset({"lulu"}))
    assert Asking.of("when?").met_within("In May 1940 it ended", Span(0, 11))


def test_topic_leaves_out_the_talk_and_the_speakers() -> None:
    names = speakers(["Project Manager: Okay.", "Marketing: Yes."])
    question = "Why did the Project Manager disagree with Marketing about the LCD display?"
    assert topic(question, names) == "lcd display"
    assert topic("Summarize the discussion", names) == "Summarize the discussion"


def test_clauses_cut_at_brackets_joining_words_and_long_coordinations() -> None:
    text = (
        "Peter (the elder), who was born in Ulm, moved to Paris in October 20, 1977 and "
        "there he wrote seven long books; nobody read them."
    )
    found = [c.of(text) for c in clauses(text, 0, len(text))]
    assert found == [
        "Peter",
        "(the elder),",
        "who was born in Ulm,",
        "moved to Paris in October 20, 1977",
        "and there he wrote seven long books;",
        "nobody read them.",
    ]
    assert [is_bracketed(text, c) for c in clauses(text, 0, len(text))][:3] == [False, True, False]


def test_names_joined_by_and_stay_together() -> None:
    text = "It was founded by the brothers Norris and Ross McWhirter in Fleet Street."
    assert len(clauses(text, 0, len(text))) == 1


@given(st.text(alphabet="ab ,;()[]—\nAB1和。", max_size=60))
def test_clauses_tile_the_words(text: str) -> None:
    found = clauses(text, 0, len(text))
    assert "".join("".join(c.of(text).split()) for c in found) == "".join(text.split())
    assert all(a.end <= b.start for a, b in pairwise(found))
