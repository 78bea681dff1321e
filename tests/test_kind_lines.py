"""What the kinds that go by lines have in common: they tile any text and never raise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machine_text import everything
from unit_subsets import passage_of, units

from ctxc.text import kinds
from ctxc.text.kinds.templates import counts, first_of, loose_template, plain, template, unstamped

BY_LINES = ("tests", "traceback", "build", "log")
REAL = everything()


@pytest.mark.parametrize("kind", BY_LINES)
@given(text=st.text(max_size=300))
def test_any_text_is_tiled(kind: str, text: str) -> None:
    if text:
        units(text, kind)
    confidence = kinds.kind_module(kind).detect(passage_of(text))
    assert 0 <= confidence <= 1


@pytest.mark.parametrize("kind", BY_LINES)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), data=st.sampled_from(REAL))
def test_real_text_cut_up_is_tiled(kind: str, seed: int, data: tuple[str, str]) -> None:
    randomly = random.Random(seed)
    lines = data[1].splitlines(keepends=True)
    start = randomly.randrange(len(lines))
    lines = lines[start : start + 60]
    for _ in range(randomly.randrange(4)):
        lines[randomly.randrange(len(lines))] = randomly.choice(
            ["\n", "\r\n", "\x1b[31mE\x1b[0m\r\n", "\t\t\n", "a" * 3000 + "\n", "}\r", "1)"]
        )
    units("".join(lines), kind)


@pytest.mark.parametrize("kind", BY_LINES)
def test_line_ends_of_windows_change_nothing(kind: str) -> None:
    for name, text in REAL:
        if name == kind:
            unix, windows = units(text, kind), units(text.replace("\n", "\r\n"), kind)
            assert [(s.kind, s.needs, s.salience, s.folds) for s in unix] == [
                (s.kind, s.needs, s.salience, s.folds) for s in windows
            ]


@pytest.mark.parametrize("kind", BY_LINES)
def test_terminal_colours_change_nothing(kind: str) -> None:
    for name, text in REAL:
        if name == kind:
            colour = "".join(f"\x1b[31m{t}\x1b[0m\n" for t in text.splitlines())
            assert [s.salience for s in units(text, kind)] == [
                s.salience for s in units(colour, kind) if plain(s.core(colour)).strip()
            ]


@pytest.mark.parametrize("kind", BY_LINES)
def test_every_tie_leads_to_a_head_without_circles(kind: str) -> None:
    for _, text in REAL:
        segments = units(text, kind)
        for index in range(len(segments)):
            seen = set()
            while index >= 0:
                assert index not in seen
                seen.add(index)
                index = segments[index].needs


def test_numbers_ids_times_and_paths_do_not_tell_templates_apart() -> None:
    pairs = [
        ("worker-7 took 31 ms", "worker-12 took 4 ms"),
        ("GET /a/b/c.html 200", "GET /x 200"),
        ("at 0x7f51b160e490", "at 0x1"),
        ("id 1f0c3f0e-3a39-4d2c-9f7e-0123456789ab", "id 00000000-0000-0000-0000-000000000000"),
        ("from 10.0.0.7:5000", "from 192.168.1.1:80"),
        ("commit 3f2a9c1d", "commit 11ee07aa"),
        ("Jun 14 15:16:01 up", "Dec  1 05:06:07 up"),
    ]
    for one, other in pairs:
        assert template(one) == template(other)


def test_words_tell_templates_apart() -> None:
    assert template("worker 7 started") != template("worker 7 stopped")
    assert loose_template('a "x" b') == loose_template('a "y" b') != loose_template('c "y" b')


def test_templates_are_counted_and_their_firsts_named() -> None:
    lines = ["job 1", "job 2", "end", "---", "---"]
    assert counts(lines)["job #"] == 2
    assert first_of([template(t) for t in lines]) == [0, 0, 2, 3, 4]


def test_a_runners_stamp_is_taken_off_and_the_indentation_stays() -> None:
    assert unstamped("2026-05-01T10:00:00.1234567Z     at x") == "    at x"
    assert unstamped("[info] - a *** FAILED ***") == "- a *** FAILED ***"
    assert unstamped("#12 0.345 E: no") == "E: no"
    assert unstamped("no stamp") == "no stamp"
