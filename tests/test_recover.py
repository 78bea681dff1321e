"""Recovery gives the original's words back and never makes any up."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxc.text.recovery import REACH, recover

ORIGINAL = (
    "Barack Hussein Obama II, born on August 4, 1961 in Honolulu, Hawaii, served as the 44th "
    "president of the United States from January 2009 to January 2017. He was not the first."
)
COMPRESSED = "Obama born August 1961 Honolulu served president United States 2009 2017. not first."


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("He was born August 1961 Honolulu.", "He was born on August 4, 1961 in Honolulu."),
        ("president United States, yes", "president of the United States, yes"),
        ("2009 2017", "2009 to January 2017"),
        ("United States", "United States"),  # nothing was dropped inside
        ("Nobody knows.", "Nobody knows."),
        ("", ""),
        ("Obama\n  born", "Obama II, born"),
        ("(born August)", "(born on August)"),
    ],
)
def test_what_was_dropped_comes_back(response: str, expected: str) -> None:
    assert recover(ORIGINAL, COMPRESSED, response) == expected


def test_shortest_span_wins() -> None:
    original = "red one two three fox. Then a red quick fox came."
    assert recover(original, "red fox", "A red fox!") == "A red quick fox!"


def test_a_gap_that_is_too_wide_is_left_alone() -> None:
    filler = " ".join(f"w{i}" for i in range(REACH - 1))
    assert recover(f"alpha {filler} omega", "alpha omega", "alpha omega") == f"alpha {filler} omega"
    assert recover(f"alpha {filler} x omega", "alpha omega", "alpha omega") == "alpha omega"


def test_what_can_be_mapped_of_a_run_is() -> None:
    far = " ".join(f"w{i}" for i in range(30))
    original = f"the very old bridge {far} stood firm"
    answer = recover(original, "the bridge stood", "the bridge stood")
    assert answer == "the very old bridge stood"


def test_scripts_without_spaces() -> None:
    assert recover("工程耗资一万四千格罗申。", "工程耗资格罗申", "答：工程耗资格罗申") == (
        "答：工程耗资一万四千格罗申"
    )


WORDS = st.sampled_from(["a", "b", "c", "dog", "not", "12", ",", ".", "é", "犬", "\n"])
TEXT = st.lists(WORDS, max_size=40).map(" ".join)


@given(original=TEXT, response=st.one_of(TEXT, st.text(max_size=80)))
def test_identity_where_nothing_was_compressed(original: str, response: str) -> None:
    assert recover(original, original, response) == response


@given(data=st.data(), words=st.lists(WORDS, min_size=1, max_size=40))
def test_nothing_is_invented_and_nothing_is_lost(data: st.DataObject, words: list[str]) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    original = " ".join(words)
    compressed = " ".join(w for w, k in zip(words, kept, strict=True) if k)
    response = data.draw(st.one_of(TEXT, st.just(compressed)))
    result = recover(original, compressed, response)
    atoms = re.compile(r"\w+|[^\w\s]")
    before, after = atoms.findall(response), atoms.findall(result)
    assert set(after) <= set(before) | set(atoms.findall(original))
    rest = iter(after)
    assert all(atom in rest for atom in before), "a word of the response is gone"


def test_long_texts_take_linear_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repetitive text is where a search for subsequences would take the square of its length."""
    module = import_module("ctxc.text.recovery")
    calls = 0
    plain = module._Atoms._next

    def counted(self: object, ends: dict[int, int], atom: str) -> dict[int, int]:
        nonlocal calls
        calls += len(ends)
        return plain(self, ends, atom)  # type: ignore[arg-type]

    monkeypatch.setattr(module._Atoms, "_next", counted)
    original = "one two three " * 4000
    recover(original, "one three " * 4000, "one three " * 4000)
    assert calls <= module._MOST_STEPS / REACH + 4001
