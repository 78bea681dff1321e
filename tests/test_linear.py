"""The work grows with the text and no faster: counted in calls, and equal to the slow way."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from importlib import import_module
from itertools import count

import numpy as np
import pytest

from ctxc import tokens
from ctxc.distill import duplicates as merging
from ctxc.distill.lines import Layout, Line, choose
from ctxc.distill.room import Room
from ctxc.document import Document, Part, Span
from ctxc.engines import relevance
from ctxc.pieces import first_cut, last_cut
from ctxc.text import salience
from ctxc.text.segment import markdown, segments
from ctxc.text.segment.words import first_joint, is_joint

_WORDS = [f"{a}{b}" for a in ("pump", "valve", "hall", "bolt", "pipe") for b in ("", "s", "er")]


def made_line(text: str, at: int, score: float) -> Line:
    return Line(text, (Span(at, at + 1),), "verbatim", at, score)


def alike(chance: random.Random, size: int) -> list[Line]:
    """Lines of few words, many of them nearly the same."""
    said = [chance.choices([*_WORDS, "7", "30", "not", "Ada"], k=9) for _ in range(10)]
    out = []
    for at in range(size):
        line = list(chance.choice(said))
        for _ in range(chance.randint(0, 3)):
            line[chance.randrange(len(line))] = chance.choice(_WORDS)
        out.append(made_line(" ".join(line), at, chance.random()))
    return out


def test_near_duplicates_are_those_of_a_comparison_with_every_line() -> None:
    chance = random.Random(4)
    for _ in range(20):
        lines = alike(chance, 120)
        kept: list[int] = []
        for index in sorted(range(len(lines)), key=lambda i: (-lines[i].score, i)):
            here = merging._read(lines[index].text)
            others = [merging._read(lines[k].text) for k in kept]
            if here not in others and not any(merging._same(o, here) for o in others):
                kept.append(index)
        assert [x.segment for x in merging.merge(lines)] == sorted(kept)


def compared(monkeypatch: pytest.MonkeyPatch, texts: Sequence[str]) -> int:
    """How many pairs of lines are compared word by word."""
    calls = count()
    same = merging._same

    def counted(a: merging._Said, b: merging._Said) -> bool:
        next(calls)
        return same(a, b)

    with monkeypatch.context() as patch:
        patch.setattr(merging, "_same", counted)
        merging.merge([made_line(text, at, 1.0) for at, text in enumerate(texts)])
    return next(calls)


def test_items_of_a_number_and_a_word_are_not_compared_with_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [f"{number}. {_WORDS[number % 8]}" for number in range(3000)]
    assert compared(monkeypatch, texts) <= len(texts)


def test_lines_of_few_ideographs_are_compared_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(2)
    texts = ["".join(chance.choices("机器学习桥梁水泵压力阀门温度测量", k=18)) for _ in range(2000)]
    assert compared(monkeypatch, texts) <= 2 * len(texts)


def test_a_word_lists_no_more_lines_than_the_bound() -> None:
    lines = [made_line(f"the pump {'x' * (1 + at % 50)}{at} runs", at, 1.0) for at in range(900)]
    listed = merging._Listed({}, {}, {}, {"pump": 900, "run": 900})
    for at, _ in enumerate(lines):
        listed.add(at, merging._Said(frozenset(("pump", "run")), frozenset(), 0))
    assert {len(held) for held in listed.by_word.values()} == {merging._MOST_LISTED}


def chosen_texts(text: str, target: int, additive: bool, media: str) -> tuple[str, list[int]]:
    """The text of the lines that fit, and the lengths that were counted for it."""
    document = Document(text, "x.md", media_type=media)
    found = segments(document)
    chance = random.Random(9)
    lines = [
        Line(s.core(text), (Span(s.start, s.core_end),), "verbatim", i, chance.random())
        for i, s in enumerate(found)
        if not s.comes_along and s.kind != "definition"
    ]
    layout = Layout(document, found, "telegraphic")
    lengths: list[int] = []
    tokenizer = tokens.get()

    def counted(part: str) -> int:
        lengths.append(len(part))
        return tokenizer.count(part)

    chosen = choose(lines, layout, target, counted, {}, additive)
    return layout.render(chosen), lengths


def document_text(size: int) -> str:
    chance = random.Random(3)
    out = []
    for number in range(size):
        kind = chance.randrange(4)
        said = " ".join(chance.choices(_WORDS, k=chance.randint(1, 40)))
        prose = f"{said.capitalize()} {number}. And {said}!"
        out.append((f"# {said[:30]}", prose, f"- {said}", f"> {said}.")[kind])
    return "\n\n".join(out) + "\n"


@pytest.mark.parametrize("target", [40, 333, 1200, 2500])
def test_counting_where_a_line_changes_the_text_chooses_the_same(target: int) -> None:
    text = document_text(200)
    for media in ("text/markdown", "text/plain"):
        near, _ = chosen_texts(text, target, True, media)
        whole, _ = chosen_texts(text, target, False, media)
        assert near == whole
        assert tokens.get().count(near) <= target


def test_a_tried_line_is_not_counted_with_the_whole_text() -> None:
    text = "".join(f"{number}. {_WORDS[number % 8]}\n" for number in range(4000))
    target = tokens.get().count(text) // 5
    chosen, lengths = chosen_texts(text, target, True, "text/markdown")
    long = [length for length in lengths if length > len(chosen) // 4]
    assert len(long) <= 40, "the whole text is counted for the search of the prefix only"


def test_the_room_knows_its_tokens_after_every_line() -> None:
    text = document_text(120)
    document = Document(text, "x.md", media_type="text/markdown")
    found = segments(document)
    lines = [
        Line(s.core(text), (Span(s.start, s.core_end),), "verbatim", i, 0.0)
        for i, s in enumerate(found)
        if not s.comes_along
    ]
    random.Random(5).shuffle(lines)
    layout = Layout(document, found, "prose")
    tokenizer = tokens.get()
    room = Room(layout, tokenizer.count, lambda x: (x.segment, x.spans[0].start, 0), [], True)
    for line in lines:
        assert room.add(line, 10_000)
        assert room.tokens == tokenizer.count(layout.render(room.lines))
    assert not room.add(lines[0], 0)


def test_cuts_of_a_text_add_up_whatever_stands_around_it() -> None:
    chance = random.Random(6)
    tokenizer = tokens.get()
    signs = ["word", " ", "\n", "\n\n", "- ", "12", "'s", ".", "! ", "你好", "é", "/", "  "]
    for _ in range(300):
        text = "".join(chance.choices(signs, k=30))
        for cut in {first_cut(text), last_cut(text)} - {0}:
            parts = text[:cut], text[cut:]
            assert sum(map(tokenizer.count, parts)) == tokenizer.count(text)
    assert first_cut("12345") == last_cut("12345") == 0
    assert last_cut("a " + "1" * 500) == 1


def test_the_first_joint_is_the_one_that_looking_everywhere_gives() -> None:
    chance = random.Random(1)
    for _ in range(3000):
        signs = chance.choices("ab(.,”」 \n你水😀é\u0301", k=9)
        text = "".join(sign * chance.choice((1, 1, 2, 40)) for sign in signs)
        start = chance.randint(1, len(text))
        end = chance.randint(start, len(text))
        slow = next((at for at in range(start, end) if is_joint(text, at)), end)
        assert first_joint(text, start, end) == slow


def test_a_run_of_letters_is_not_looked_at_letter_by_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = count()

    def counted(text: str, at: int) -> bool:
        next(calls)
        return is_joint(text, at)

    monkeypatch.setattr(import_module("ctxc.text.segment.words"), "is_joint", counted)
    found = segments(Document("a" * 100_000, "x"))
    assert "".join("a" * (s.end - s.start) for s in found) == "a" * 100_000
    assert next(calls) < 100


def test_surroundings_in_chunks_are_those_of_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(0)
    for size in (1, 2, 9, 300):
        values = chance.normal(size=size)
        parts = np.sort(chance.integers(0, 3, size))
        lengths = chance.choice([0.0, 1.0, 7.0, 60.0], size)
        width = (150.0 + 50.0 * parts).astype(np.float64)
        whole = relevance.surroundings(values, parts, lengths, width)
        monkeypatch.setattr(relevance, "_CHUNK", 7)
        assert (relevance.surroundings(values, parts, lengths, width) == whole).all()
        monkeypatch.undo()


def test_titles_in_a_row_are_not_all_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[int] = []
    exp = np.exp

    def counted(values: relevance.Floats) -> relevance.Floats:
        computed.append(len(values))
        out: relevance.Floats = exp(values)
        return out

    monkeypatch.setattr(np, "exp", counted)
    size = 4000
    monkeypatch.setattr(relevance, "_MOST_STEPS", 50)
    flat = np.zeros(size, np.int64)
    relevance.surroundings(np.ones(size), flat, np.zeros(size), np.full(size, 150.0))
    assert sum(computed) <= 50 * size


def test_lines_that_look_like_json_are_parsed_a_few_times_a_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[int] = []
    loads = json.loads

    def counted(source: str) -> object:
        tried.append(len(source))
        return loads(source)

    monkeypatch.setattr(json, "loads", counted)
    text = '["a"\n# b\n' * 300 + "]\n\n" + '{"c": 1}\n'
    found = segments(Document(text, "x.md", media_type="text/markdown"))
    assert len(tried) <= markdown._MOST_TRIES + 1
    assert found[-1].kind == "data", "the next block is tried anew"


def test_the_label_of_a_long_turn_is_read_from_its_beginning() -> None:
    from ctxc import compress

    text = "Anna: " + " ".join(f"The pump {n} needs {n} new bolts." for n in range(300)) + "\n"
    text += "".join(f"Ben: Hall {n} is dry.\nAnna: Hall {n} is wet.\n" for n in range(9))
    out = compress(text, engine="verbatim", rate=0.1).text
    assert any(line.removeprefix("- ").startswith("Anna:") for line in out.splitlines())


def test_whole_parts_have_the_best_priority_in_them() -> None:
    from ctxc import compress

    parts, text = [], ""
    for number in range(40):
        start = len(text)
        what = "valve" if number == 27 else "wall"
        text += f"Report {number}\nThe {what} of hall {number} is grey.\n\n"
        parts.append(Part(start, len(text), start + len(f"Report {number}\n"), f"Report {number}"))
    document = Document(text, "x", parts=tuple(parts))
    result = compress(document, engine="lexical", level="document", question="valve?", tokens=20)
    assert result.text.startswith("Report 27")


def test_what_a_line_is_worth_is_summed_in_one_order_in_every_process() -> None:
    unit = salience.read_text(" ".join(f"pump{n}x valve{n}y" for n in range(40)))
    words = [word for kind, word in salience._worth(unit, {}, {}) if kind == "word"]
    assert len(words) >= 40 and words == sorted(words)
