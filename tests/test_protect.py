"""What is never cut out of kept text, and facts in forms that compare."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxc.document import Span
from ctxc.errors import UsageError
from ctxc.text.facts import facts, lost_negation, unsupported
from ctxc.text.markdown_spans import inline_spans
from ctxc.text.normalize import date_value, number_values
from ctxc.text.protect import compile_patterns, proper_nouns, protected
from ctxc.text.segment import words

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
TOKENS = (
    '12 3.5 1,000 $ € % mg to - : / . , " “ ” « » 「 」 [ ] ( ) ` `` ** __ < > @ _ \\ \n not '
    "n't March May 2021 10:30 pm one hundred and a.b --x v1.2 http:// www. 不 你好 \ud800"
).split(" ")
LIKELY = st.tuples(st.sampled_from(["", " "]), st.lists(st.sampled_from(TOKENS), max_size=60)).map(
    lambda pair: pair[0].join(pair[1])
)


def kept(text: str) -> list[str]:
    return [s.of(text) for s in protected(text, 0, len(text))]


def named(text: str) -> list[str]:
    return [s.of(text) for s in proper_nouns(text, 0, len(text))]


@settings(deadline=None)
@given(ANY_TEXT | LIKELY, st.integers(0, 50), st.integers(0, 300))
def test_spans_are_sorted_disjoint_and_inside(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(len(text), start + length)
    for find in (protected, proper_nouns, inline_spans):
        at = start
        for span in find(text, start, end):
            assert at <= span.start < span.end <= end
            at = span.end


@settings(deadline=None)
@given(ANY_TEXT | LIKELY)
def test_every_word_with_a_number_is_touched(text: str) -> None:
    spans = protected(text, 0, len(text))
    for word in words(text, 0, len(text)):
        if re.search(r"(?<![A-Za-z0-9_.,])[0-9]", word.of(text)):
            assert any(s.start < word.end and word.start < s.end for s in spans)


@settings(deadline=None)
@given(ANY_TEXT | LIKELY)
def test_facts_hold_in_their_own_text(text: str) -> None:
    found = facts(text)
    assert all(0 <= f.span.start < f.span.end <= len(text) for f in found.all())
    assert len(found) == len(found.all())
    assert unsupported(text, text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Take 12.5 mg at once.", ["12.5 mg"]),
        ("It cost $3,000 or €3.5 million.", ["$3,000 or €3.5 million"]),
        ("Wait 5 to 10 days.", ["5 to 10 days"]),
        ("Some twenty-five minutes later", ["twenty-five minutes"]),
        ("It fell -5% in 2 years", ["-5%", "2 years"]),
        ("On March 3, 2021, once 3 March 2021", ["March 3, 2021", "3 March 2021"]),
        ("at 10:30 pm, 2021-03-04T10:11:12Z.", ["10:30 pm", "2021-03-04T10:11:12Z"]),
        ("use max_len in HashMap", ["max_len", "HashMap"]),
        ("run --dry-run on /usr/lib/x.py now", ["--dry-run", "/usr/lib/x.py"]),
        ("since v1.2.3 or 10.0.0.1", ["v1.2.3", "10.0.0.1"]),
        ("commit deadbeef12 is GPT-4", ["deadbeef12", "GPT-4"]),
        ("ISBN 978-3-16-148410-0 here", ["978-3-16-148410-0"]),
        ("ask a.b@c.org (http://x.y/z?a=1).", ["a.b@c.org", "http://x.y/z?a=1"]),
        ("the [big docs](http://x y) and `a b` too", ["[big docs](http://x y)", "`a b`"]),
        ("an ![image here](a.png) too", ["![image here](a.png)"]),
        ('he said "yes we can" and “so on” there', ['"yes we can"', "“so on”"]),
        ("il dit «bon jour» et 「引用です」", ["«bon jour»", "「引用です」"]),
        ("it does not work", ["not work"]),
        ("they can't go, never, and without her", ["can't go,", "never", "without her"]),
        ("they don’t unless asked", ["don’t unless"]),
        ("共3000元，5月3日不可", ["3000元", "5月3日", "不可"]),
    ],
)
def test_what_is_protected(text: str, expected: list[str]) -> None:
    assert kept(text) == expected


def test_plain_prose_is_not_protected() -> None:
    assert kept("It's the dog's bone and/or the cat's, e.g. a toy, i.e. a ball (he said).") == []
    assert kept('a 6" pipe. Then some words here and another 7" pipe') == ["6", "7"]


def test_names() -> None:
    assert named("The Bank of England met Dr. Ada Lovelace in New York.") == [
        "Bank of England",
        "Dr. Ada Lovelace",
        "New York",
    ]
    assert named("Paris is big. It's true. We met J. K. Rowling of NASA.") == [
        "J. K. Rowling of NASA"
    ]
    assert named("He met Ada. Then he left. I did too.") == ["Ada"]


def test_a_users_patterns_come_on_top() -> None:
    extra = compile_patterns([r"foo\w+", "(?i)keep this"])
    text = "a foobar to Keep This one"
    assert [s.of(text) for s in protected(text, 0, len(text), extra)] == ["foobar", "Keep This"]


@pytest.mark.parametrize("bad", ["(", "[a", "a{2,1}", "*", "", r"\d*", "a?"])
def test_bad_patterns_are_refused_with_a_hint(bad: str) -> None:
    with pytest.raises(UsageError) as caught:
        compile_patterns(["fine", bad])
    assert repr(bad) in caught.value.message and caught.value.hint


class Counted(str):
    """Counts how many characters are asked for one by one."""

    asked = 0

    def __getitem__(self, key):  # type: ignore[no-untyped-def]
        type(self).asked += 1
        return str.__getitem__(self, key)


@pytest.mark.parametrize("unit", ["[a](", "](", "[", "`", "`` ", "**", "(", "<a", "[a](b) "])
def test_inline_scanning_is_linear(unit: str) -> None:
    def cost(repeats: int) -> int:
        Counted.asked = 0
        inline_spans(Counted(unit * repeats), 0, len(unit) * repeats)
        return Counted.asked

    assert cost(4000) <= 5 * cost(1000) + 100


@pytest.mark.parametrize(
    "unit",
    ["1", "1.", "1,", "1 ", "a@", "a.", '"', '"a ', "“", "n't", "not ", "five and ", "Aa of ", "A ",
     "http://", "[a](", "`` `", "1e", "/a", "-", "$", "<a", "1:"],
)  # fmt: skip
def test_hostile_text_is_answered(unit: str) -> None:
    """100 kB each; an expression that backtracks without bound would not come back."""
    text = unit * (100_000 // len(unit))
    spans = protected(text, 0, len(text))
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert spans == [] or spans[-1].end <= len(text)
    assert all(isinstance(s, Span) for s in proper_nouns(text, 0, len(text)))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("3,000", ("3000", "")),
        ("$3.5 million", ("3500000", "$")),
        ("3500000 dollars", ("3500000", "$")),
        ("12,5 kg", ("12.5", "kg")),
        ("1.234.567", ("1234567", "")),
        ("1 000 000", ("1000000", "")),
        ("twenty-five minutes", ("25", "min")),
        ("one hundred and five", ("105", "")),
        ("two million", ("2000000", "")),
        ("-5 percent", ("-5", "%")),
        ("21st", ("21", "")),
        ("1990s", ("1990", "")),
        ("007", ("7", "")),
        ("2.50", ("2.5", "")),
        ("3/4", ("3/4", "")),
        ("½", ("0.5", "")),
    ],
)
def test_number_values(written: str, value: tuple[str, str]) -> None:
    assert number_values(written) == [value]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("March 3, 2021", "2021-03-03"),
        ("3 March 2021", "2021-03-03"),
        ("3rd of March", "--03-03"),
        ("Sept. 2020", "2020-09"),
        ("2021-03-03", "2021-03-03"),
        ("2021年3月3日", "2021-03-03"),
        ("10:30 pm", "T22:30"),
        ("12 a.m.", "T00:00"),
        ("Monday", "Monday"),
    ],
)
def test_date_values(written: str, value: str) -> None:
    assert date_value(written) == value


@pytest.mark.parametrize(
    ("claim", "source", "missing"),
    [
        ("She paid $3 million.", "The price was 3,000,000 dollars.", []),
        ("She paid $4 million.", "The price was 3,000,000 dollars.", ["$4 million"]),
        ("Take 5 mg.", "Take 5 kg.", ["5 mg"]),
        ("It was in 2021.", "It was on March 3, 2021.", []),
        ("He left on March 3.", "He left on 2021-03-03.", []),
        ("He left on March 4.", "He left on 2021-03-03.", ["March 4"]),
        ("He left at 10:30 pm.", "He left at 22:30.", []),
        ("We met Ada Lovelace.", "Miss Lovelace, called Ada, was met.", []),
        ("We met Bob Lovelace.", "Miss Lovelace, called Ada, was met.", ["Bob Lovelace"]),
        ("Use v1.2.3 of a_b.", "Use v1.2.4 of a_b.", ["v1.2.3"]),
        ("See http://a.b/c now", "See http://a.b/d now", ["http://a.b/c"]),
        ("He did not go.", "He went.", ["not go."]),
        ("He did not go.", "He never went.", []),
        ("three people came", "3 people came", []),
    ],
)
def test_what_a_source_does_not_support(claim: str, source: str, missing: list[str]) -> None:
    assert [f.span.of(claim) for f in unsupported(claim, source)] == missing


def test_a_lost_negation_is_seen() -> None:
    assert lost_negation("The device is safe.", "The device is not safe.")
    assert not lost_negation("The device isn't safe.", "The device is not safe.")
    assert not lost_negation("The device is safe.", "The device is safe.")
