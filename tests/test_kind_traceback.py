"""Tracebacks in ten languages: the message first, one's own frames next, a library's last."""

from __future__ import annotations

import pytest
from machine_text import LANGUAGES, best, fixture, names, piece
from unit_subsets import kind_of, units

from ctxc.document import Document
from ctxc.text.kinds import traceback
from ctxc.text.segment import segments as segments_of
from ctxc.text.segment.lines import lines_of

MANY = "many_languages.txt"


@pytest.mark.parametrize("name", names("traceback"))
def test_a_traceback_is_told_by_its_content(name: str) -> None:
    assert kind_of(fixture("traceback", name)) == "traceback"


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_other_texts_are_no_tracebacks(language: str) -> None:
    assert kind_of(LANGUAGES[language]) != "traceback"
    assert traceback.blocks(lines_of(LANGUAGES[language], 0, len(LANGUAGES[language]))) == []


@pytest.mark.parametrize(
    ("message", "own", "library"),
    [
        ("json.decoder.JSONDecodeError", 'File "/srv/app/a.py"', 'File "/usr/lib/python3.12'),
        ("Exception in thread", "at com.acme.Main.start", "at java.base"),
        ("SyntaxError: Unexpected", "at Object.<anonymous> (/srv/app", "at Module._compile"),
        ("panic: runtime error", "main.f(...)", "runtime.goexit()"),
        ("thread 'main' panicked", "1: app::main", "0: rust_begin_unwind"),
    ],
)
def test_message_before_own_frames_before_a_librarys(message: str, own: str, library: str) -> None:
    text = fixture("traceback", MANY)
    segments = units(text, "traceback")
    worths = [segments[piece(text, segments, w)].salience for w in (message, own, library)]
    assert worths[0] > worths[1] > worths[2], worths


def test_a_python_frame_brings_the_message_below_it() -> None:
    text = fixture("traceback", MANY)
    segments = units(text, "traceback")
    head = piece(text, segments, "Traceback")
    frame = segments[piece(text, segments, 'File "/srv/app/a.py"')]
    assert frame.needs == head
    assert frame.refers == (piece(text, segments, "json.decoder.JSONDecodeError"),)
    assert frame.core(text).endswith("^^^^^^^^^^^^^")  # its source line stands with it


def test_a_java_frame_needs_its_exception_and_the_root_cause_ranks_first() -> None:
    text = fixture("traceback", MANY)
    segments = units(text, "traceback")
    root = piece(text, segments, "Caused by: java.net.ConnectException")
    between = piece(text, segments, "Caused by: java.sql.SQLException")
    outer = piece(text, segments, "Exception in thread")
    assert segments[root].salience > segments[outer].salience > segments[between].salience
    assert segments[piece(text, segments, "at com.acme.Db.open")].needs == between
    assert segments[piece(text, segments, "at java.net.Socket")].needs == root


def test_of_two_python_errors_the_first_is_the_cause() -> None:
    text = fixture("traceback", MANY)
    segments = units(text, "traceback")
    cause = segments[piece(text, segments, "json.decoder.JSONDecodeError")]
    effect = segments[piece(text, segments, "app.ConfigError")]
    assert cause.salience > effect.salience > 4


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("java.txt", "Caused by: java.lang.IllegalArgumentException: rate < 0"),
        ("php.txt", "Uncaught Exception: bad rate 3"),
        ("nodeerr.txt", "TypeError: Cannot read properties of undefined"),
    ],
)
def test_of_a_real_traceback_little_room_is_enough_for_the_cause(name: str, words: str) -> None:
    assert words in best(fixture("traceback", name), "traceback", 220)


def test_a_message_of_several_lines_stays_together() -> None:
    text = (
        'java.lang.AssertionError: \nExpecting message:\n <"a">\nbut was:\n <"b">\n'
        "\tat org.acme.TaxTest.rounds(TaxTest.java:5)\n\tat java.lang.Thread.run(Thread.java:8)\n"
    )
    segments = units(text, "traceback")
    assert [s.needs for s in segments] == [-1, 0, 0, 0, 0, 0, 0]
    assert all(s.salience > 4.5 for s in segments[:5])


def test_a_traceback_inside_a_letter_is_cut_as_one() -> None:
    text = (
        "Hello Ben,\n\nthe job died last night. This is what it wrote:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/a.py", line 3, in load\n    return json.loads(x)\n'
        "ValueError: no digits\n\nCan you have a look? Thank you.\n\nAnna\n"
    )
    kinds_of_pieces = [(s.text_kind, s.kind) for s in segments_of(Document(text, "letter.txt"))]
    assert ("traceback", "exception") in kinds_of_pieces
    assert ("traceback", "frame") in kinds_of_pieces
    assert ("", "sentence") in kinds_of_pieces


def test_two_frames_need_a_message_to_be_a_trace_three_do_not() -> None:
    frames = [f"\tat a.B.c{i}(B.java:{i})\n" for i in range(3)]
    few, many = "x\n" + "".join(frames[:2]) + "y\n", "x\n" + "".join(frames) + "y\n"
    assert traceback.blocks(lines_of(few, 0, len(few))) == []
    assert traceback.blocks(lines_of(many, 0, len(many))) == [(0, 4)]
    assert units(many, "traceback")[-1].needs == -1
