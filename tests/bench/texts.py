"""Texts of many kinds and any length, the same for the same arguments.

Each maker yields lines (or pieces) without end; ``text`` joins as many as the
wanted length takes. Words are drawn from a few thousand invented ones by a
generator with a fixed seed, so that a text repeats words, but no sentence.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import count

_SYLLABLES = (
    "ba be bo da de di do fa fe go ha ka ke ko la le li lo ma me mi mo na ne no pa pe po "
    "ra re ri ro sa se si so ta te ti to va ve vi vo".split()
)
_HAN = "机器学习桥梁水泵压力阀门温度测量工程师报告年月日城市河流建造维护检查运行系统数据"
Maker = Callable[[random.Random], Iterator[str]]


def _vocabulary(size: int = 4000) -> list[str]:
    chance = random.Random(1)
    made = {"".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(size)}
    return sorted(made)


WORDS = _vocabulary()


def _some(chance: random.Random, least: int = 5, most: int = 14) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))


def _sentence(chance: random.Random) -> str:
    name = chance.choice(WORDS).capitalize()
    figure = f" {chance.randint(2, 9999)} {chance.choice(('bar', 'mm', 'units', 'days'))}"
    counted = figure if chance.random() < 0.4 else ""
    return f"The {_some(chance, 2, 6)} of {name} is{counted} {_some(chance, 2, 7)}."


def sentences(chance: random.Random) -> Iterator[str]:
    """Distinct sentences in paragraphs of five."""
    while True:
        yield " ".join(_sentence(chance) for _ in range(5)) + "\n\n"


def short_sentences(chance: random.Random) -> Iterator[str]:
    """Distinct sentences of three words, all in one paragraph."""
    for number in count():
        yield f"{chance.choice(WORDS).capitalize()} {chance.choice(WORDS)} {number}. "


def numbered(chance: random.Random) -> Iterator[str]:
    """``1. a``: a list whose items hardly say anything."""
    for number in count(1):
        yield f"{number}. {chance.choice('abcdefgh')}\n"


def nested(chance: random.Random) -> Iterator[str]:
    """Items up to six levels deep."""
    for number in count():
        yield "  " * (number % 6) + f"- {_some(chance, 3, 9)}\n"


def deep(chance: random.Random) -> Iterator[str]:
    """Items each under the one before, as deep as fifty levels."""
    for number in count():
        yield " " * (2 * (number % 50)) + f"- {_some(chance, 2, 4)}\n"


def turns(chance: random.Random) -> Iterator[str]:
    while True:
        yield f"{chance.choice(('Anna', 'Ben', 'Chloe', 'PhD D'))}: {_sentence(chance)}\n"


def footnotes(chance: random.Random) -> Iterator[str]:
    """Sentences with marks, and their notes behind every twenty."""
    for number in count():
        first = 20 * number
        marks = range(first, first + 20)
        yield " ".join(f"{_sentence(chance)[:-1]}[^{i}]." for i in marks) + "\n\n"
        yield "".join(f"[^{i}]: {_some(chance, 3, 8)}.\n" for i in marks) + "\n"


def references(chance: random.Random) -> Iterator[str]:
    """Links by label, and every definition behind its paragraph."""
    for number in count():
        yield f"See [{_some(chance, 1, 3)}][r{number}] for the {_some(chance)}.\n\n"
        yield f"[r{number}]: https://example.org/{number}\n\n"


def captions(chance: random.Random) -> Iterator[str]:
    """Subtitles with their times."""
    for number in count():
        at = f"{number // 1200 % 24:02d}:{number // 20 % 60:02d}:{number * 3 % 60:02d}"
        yield f"{number + 1}\n{at},000 --> {at},900\n{_some(chance, 4, 9)}\n\n"


def letters(chance: random.Random) -> Iterator[str]:
    """One run of letters without a blank."""
    while True:
        yield "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=64))


def one_line(chance: random.Random) -> Iterator[str]:
    """Words without a sentence end or a line end."""
    while True:
        yield _some(chance) + " "


def git_log(chance: random.Random) -> Iterator[str]:
    """``git log -p``."""
    for number in count():
        author = _some(chance, 2, 2).title()
        yield f"commit {chance.getrandbits(160):040x}\nAuthor: {author} <a@example.org>\n"
        yield f"Date:   Mon Mar {number % 28 + 1} 12:{number % 60:02d}:07 2024 +0100\n\n"
        yield f"    {_some(chance, 4, 9)}\n\n"
        name = f"src/{chance.choice(WORDS)}/{chance.choice(WORDS)}.py"
        old, new = chance.getrandbits(32), chance.getrandbits(32)
        yield f"diff --git a/{name} b/{name}\nindex {old:08x}..{new:08x} 100644\n"
        yield f"--- a/{name}\n+++ b/{name}\n"
        yield f"@@ -{number},9 +{number},12 @@ def {chance.choice(WORDS)}():\n"
        for _ in range(chance.randint(4, 14)):
            target, value = chance.choice(WORDS), chance.choice(WORDS)
            yield f"{chance.choice(' +-')}    {target} = {value}({chance.randint(0, 99)})\n"


def pytest_output(chance: random.Random) -> Iterator[str]:
    for number in count():
        word = "FAILED" if number % 97 == 0 else "PASSED"
        name = f"test_{_some(chance, 2, 4).replace(' ', '_')}[{number}]"
        yield f"tests/test_{chance.choice(WORDS)}.py::{name} {word} [{number % 100:3d}%]\n"
        if word == "FAILED":
            yield f"E       AssertionError: assert {number} == {number + 1}\n\n"
            yield f"tests/test_a.py:{number}: AssertionError\n"


def go_test(chance: random.Random) -> Iterator[str]:
    for number in count():
        name = f"Test{chance.choice(WORDS).title()}/{chance.choice(WORDS)}_{number}"
        place = f"{chance.choice(WORDS)}_test.go:{number % 900}"
        yield f"=== RUN   {name}\n    {place}: {_some(chance, 3, 8)}\n"
        yield f"--- PASS: {name} (0.{number % 100:02d}s)\n"


def journal(chance: random.Random) -> Iterator[str]:
    for number in count():
        hours = f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
        source = f"host-{number % 7} {chance.choice(WORDS)}[{chance.randint(100, 32000)}]"
        yield f"Mar {number // 86400 % 28 + 1:2d} {hours} {source}: {_some(chance)}\n"


def json_lines(chance: random.Random) -> Iterator[str]:
    for number in count():
        took = chance.randint(1, 999)
        yield f'{{"id": {number}, "level": "info", "msg": "{_some(chance)}", "ms": {took}}}\n'


def json_one(chance: random.Random) -> Iterator[str]:
    """The inside of one object: it never ends, so the text is not valid JSON."""
    yield "{\n"
    for number in count():
        yield f'  "k{number}": {{"name": "{_some(chance, 2, 5)}", "n": [1, 2, {number}]}},\n'


def csv(chance: random.Random) -> Iterator[str]:
    yield "id,name,city,amount,note\n"
    for number in count():
        name, amount = chance.choice(WORDS), chance.randint(1, 9999)
        yield f'{number},{name},{chance.choice(WORDS)},{amount}.50,"{_some(chance, 2, 6)}"\n'


def table(chance: random.Random) -> Iterator[str]:
    """One Markdown table."""
    yield "| id | name | amount | note |\n|---|---|---:|---|\n"
    for number in count():
        name, amount = chance.choice(WORDS), chance.randint(1, 9999)
        yield f"| {number} | {name} | {amount} | {_some(chance, 2, 6)} |\n"


def headings(chance: random.Random) -> Iterator[str]:
    """A heading over each sentence."""
    for number in count():
        yield f"{'#' * (number % 4 + 1)} {_some(chance, 2, 5)}\n\n{_sentence(chance)}\n\n"


def han(chance: random.Random) -> Iterator[str]:
    while True:
        yield "".join(chance.choices(_HAN, k=chance.randint(8, 30))) + "。"


def code(chance: random.Random) -> Iterator[str]:
    for number in count():
        a, b = chance.choice(WORDS), chance.choice(WORDS)
        yield f"def {a}_{number}({b}: int) -> str:\n    if {b} > {number % 90}:\n"
        yield f'        return {a}[{b}].{b}("{_some(chance, 1, 3)}")\n    return {b}\n\n\n'


def urls(chance: random.Random) -> Iterator[str]:
    for number in count():
        a, b, c = chance.choices(WORDS, k=3)
        yield f"https://{a}.example.org/{b}/{number}?q={c}\n"


def blank_lines(chance: random.Random) -> Iterator[str]:
    while True:
        yield chance.choice(WORDS) + "\n" * chance.randint(1, 60)


def brackets(chance: random.Random) -> Iterator[str]:
    """Opened and hardly ever closed."""
    while True:
        yield chance.choice("([{[(") * chance.randint(1, 9) + chance.choice(WORDS) + " "


def quotes(chance: random.Random) -> Iterator[str]:
    """Quotation marks of many kinds, most of them without a partner."""
    while True:
        yield chance.choice("\"'“„«`*_") + chance.choice(WORDS) + chance.choice((" ", '" ', ". "))


def quoted_lines(chance: random.Random) -> Iterator[str]:
    for number in count():
        yield ">" * (number % 5 + 1) + f" {_sentence(chance)}\n"


def alike(chance: random.Random) -> Iterator[str]:
    """Lines that differ in one word and one figure."""
    for number in count():
        bar, what = chance.randint(1, 999), chance.choice(WORDS)
        yield f"The pump in hall {number} runs at {bar} bar and {what} waits.\n\n"


def punctuation(chance: random.Random) -> Iterator[str]:
    while True:
        marks = chance.choice(".!?,;:-/") * chance.randint(1, 20)
        yield marks + chance.choice(("", " ", "a", "\n"))


def digits(chance: random.Random) -> Iterator[str]:
    while True:
        yield f"{chance.getrandbits(60)}{chance.choice(('.', ',', '-', ' ', '', '/'))}"


KINDS: dict[str, Maker] = {
    maker.__name__.strip("_"): maker
    for maker in (
        sentences,
        short_sentences,
        numbered,
        nested,
        deep,
        turns,
        footnotes,
        references,
        captions,
        letters,
        one_line,
        git_log,
        pytest_output,
        go_test,
        journal,
        json_lines,
        json_one,
        csv,
        table,
        headings,
        han,
        code,
        urls,
        blank_lines,
        brackets,
        quotes,
        quoted_lines,
        alike,
        punctuation,
        digits,
    )
}


def text(kind: str, size: int) -> str:
    """A text of ``kind``, ``size`` characters long."""
    pieces: list[str] = []
    length = 0
    for piece in KINDS[kind](random.Random(7)):
        pieces.append(piece)
        length += len(piece)
        if length >= size:
            break
    return "".join(pieces)[:size]
