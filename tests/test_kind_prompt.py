"""Prompts: tags in pairs, whole examples, instructions first, what is to be answered last."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_subsets import closure, kind_of, random_subset, units, write

import ctxc

SHOTS = "Classify each text as UP or DOWN. Answer with one word.\n\n" + "".join(
    f"Text: {what}.\nLabel: {label}\n\n"
    for what, label in (
        ("The price rose", "UP"), ("It fell", "DOWN"), ("It climbed", "UP"), ("It sank", "DOWN"),
    )
) + "Text: It soared past all of them.\nLabel:"  # fmt: skip
TAGS = """\
You help at a museum. Answer in German.

<rules>
Never give a date of birth. Refuse to discuss prices above 40 EUR.
</rules>
<documents>
<document>
The mill was built in 1910. It has forty rooms. A storm took its roof.
</document>
<document>
{"name": "Mill", "rooms": 40, "open": true, "curator": "Ann Ray", "fee": 12}
</document>
</documents>
<examples>
<example>
Guest: Where is the lift?
You: Links.
</example>
</examples>

Which of the rooms is the largest?
"""
RAG = """\
Context:
The mill was built in 1910 by two brothers. It has forty rooms, and a storm took its roof.

Question: How many rooms has the mill?
Answer:"""


@pytest.mark.parametrize("text", [SHOTS, TAGS, RAG, SHOTS.replace("\n", "\r\n")])
def test_prompts_are_told_by_content(text: str) -> None:
    assert kind_of(text) == "prompt"


@pytest.mark.parametrize(
    "text",
    [
        "Stir the butter. Add the flour. Bake it for an hour. Serve it warm.\n" * 3,
        "Ann: Where were you?\nBob: In Leeds.\nAnn: Why?\nBob: To see the mill.\n" * 3,
        "Q: Where is it?\nA: In Leeds.\n\nQ: Is it open?\nA: On Mondays.\n\nQ: Is it free?\nA: No.\n",
        "Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n\nPackage: c\nVersion: 3\n",
        "<note>\n<to>Ann</to>\n<text>Hello</text>\n</note>\n",
        "<div>\n<p>Please answer.</p>\n</div>\n",
        "The mill stands. It was asked to answer. Nobody did.\n",
        "If you see him, tell him. When it rains, stay. I would not go. He did reply.\n",
    ],
)
def test_other_text_is_none(text: str) -> None:
    assert kind_of(text) != "prompt"


def test_examples_are_whole_units_and_the_open_one_is_asked() -> None:
    segments = units(SHOTS, "prompt")
    shots = [s.core(SHOTS) for s in segments if s.kind == "example"]
    assert shots[0] == "Text: The price rose.\nLabel: UP" and len(shots) == 4
    worth = [s.salience for s in segments if s.kind == "example"]
    assert worth[0] == worth[1] > worth[2] == worth[3]
    assert segments[-1].core(SHOTS) == "Text: It soared past all of them.\nLabel:"
    assert segments[-1].salience == 5
    assert all(s.salience >= 3 for s in segments if "lassify" in s.core(SHOTS) or "Answer" in s.core(SHOTS))


def test_examples_fold_down_in_number() -> None:
    left = ctxc.compress(SHOTS, rate=0.7, engine="lexical").text
    assert left.startswith("Classify each text as UP or DOWN. Answer with one word.\n\nText: The price")
    assert left.endswith("\n\nText: It soared past all of them.\nLabel:")
    blocks = left.split("\n\n")[1:]
    assert 1 <= len(blocks[:-1]) < 4
    assert all(block in SHOTS for block in blocks)


def test_a_tag_is_there_with_what_it_holds() -> None:
    segments = units(TAGS, "prompt")
    heads = {s.core(TAGS): i for i, s in enumerate(segments) if re.fullmatch(r"<\w+>", s.core(TAGS))}
    rule = next(i for i, s in enumerate(segments) if "Refuse" in s.core(TAGS))
    assert segments[rule].needs == heads["<rules>"] and segments[rule].salience > 4
    left = write(TAGS, segments, closure(segments, {rule}))
    assert left.split("\n") == ["<rules>", "Refuse to discuss prices above 40 EUR.", "</rules>"]
    assert segments[-1].core(TAGS) == "Which of the rooms is the largest?"
    assert segments[-1].salience == 5


def test_documents_in_tags_are_cut_as_what_they_are() -> None:
    segments = units(TAGS, "prompt")
    kinds = {s.core(TAGS): s.text_kind for s in segments}
    assert kinds['"curator": "Ann Ray"'] == "json"
    assert kinds["The mill was built in 1910."] == ""


def balanced(text: str) -> bool:
    stack = []
    for closing, name in re.findall(r"<(/?)(\w+)>", text):
        if not closing:
            stack.append(name)
        elif not stack or stack.pop() != name:
            return False
    return not stack


@pytest.mark.parametrize("rate", [0.2, 0.35, 0.5, 0.65, 0.8])
def test_tags_stay_in_pairs_and_none_is_empty(rate: float) -> None:
    left = ctxc.compress(TAGS, rate=rate, engine="lexical").text
    assert balanced(left)
    assert not re.search(r"<(\w+)>\s*</\1>", left)
    assert "Which of the rooms is the largest?" in left
    segments = units(TAGS, "prompt")
    for seed in range(50):
        assert balanced(random_subset(TAGS, segments, random.Random(seed)))


def test_what_follows_a_condition_comes_with_it() -> None:
    text = (
        "Always reply in English. If the order is lost, do not guess. Reply with the code.\n\n"
        "Please list the orders.\n"
    )
    assert kind_of(text) == "prompt"
    segments = units(text, "prompt")
    reply = next(i for i, s in enumerate(segments) if s.core(text) == "Reply with the code.")
    assert "If the order is lost" in write(text, segments, closure(segments, {reply}))


def test_the_question_stays_with_its_open_label() -> None:
    left = ctxc.compress(RAG, rate=0.6, engine="lexical").text
    assert left.endswith("Question: How many rooms has the mill?\nAnswer:")


@given(
    st.text(alphabet="<>/abAQ: \n.x")
    | st.builds(lambda a, b: (TAGS + SHOTS)[a:b], st.integers(0, 500), st.integers(0, 1200))
)
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text)
    segments = units(text, "prompt")
    if text.strip():
        assert random_subset(text, segments, random.Random(0)).strip()
