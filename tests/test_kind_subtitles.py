"""Subtitles: cues with their times, sentences across cues, headers, repeats."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from unit_subsets import closure, kind_of, random_subset, units, write

import ctxc

SRT = """\
1
00:00:01,200 --> 00:00:03,900
The gate opens at six,

2
00:00:04,100 --> 00:00:06,800
not at seven.

3
00:00:07,000 --> 00:00:10,250
- Who said so?
- The keeper.

4
00:00:11,000 --> 00:00:13,400
<i>Wait...</i>

5
00:00:14,000 --> 00:00:17,900
... for me.
"""
VTT = """\
WEBVTT - a talk
Kind: captions

STYLE
::cue { color: white }

NOTE made by hand

intro
00:01.000 --> 00:04.000 align:start
Hello there.

00:05.000 --> 00:09.000
Hello there.

00:10.000 --> 00:12.000
<v Ann>We need 40 pumps.
"""


def cores(text: str) -> list[str]:
    return [s.core(text) for s in units(text, "subtitles")]


def test_subtitles_are_told_by_their_times() -> None:
    crlf = SRT.replace("\n", "\r\n")
    assert kind_of(SRT) == kind_of(VTT) == kind_of(crlf) == kind_of("\ufeff" + SRT) == "subtitles"
    for other in (
        "The talk ran from 00:01:00,000 --> 00:02:00,000 and was short.\nThen we left.\n",
        "1\n2\n3\n",
        "00:00:01.000 start --> stop\n00:00:02.000 stop --> end\n",
    ):
        assert kind_of(other) != "subtitles"


def test_a_cue_is_its_number_its_time_and_its_words() -> None:
    assert cores(SRT)[2] == "3\n00:00:07,000 --> 00:00:10,250\n- Who said so?\n- The keeper."
    assert cores(VTT)[3] == "intro\n00:01.000 --> 00:04.000 align:start\nHello there."


def test_cues_of_one_sentence_stay_together() -> None:
    segments = units(SRT, "subtitles")
    assert [s.refers for s in segments] == [(1,), (0,), (), (4,), (3,)]


def test_the_header_comes_with_every_cue_and_repeats_fold() -> None:
    segments = units(VTT, "subtitles")
    assert [s.needs for s in segments] == [-1, 0, 0, 0, 0, 0]
    assert [s.folds for s in segments] == [-1, -1, -1, -1, 3, -1]
    assert segments[2].salience == 0  # NOTE
    left = write(VTT, segments, closure(segments, {5}))
    assert left.startswith("WEBVTT - a talk\nKind: captions") and "40 pumps" in left


def test_what_is_kept_are_whole_cues_with_blank_lines_between() -> None:
    text = "".join(
        f"{i}\n00:{i:02}:01,000 --> 00:{i:02}:03,000\nThis is line {'abcdefgh'[i % 8] * 4} of it.\n\n"
        for i in range(1, 40)
    )
    left = ctxc.compress(text, rate=0.4, engine="lexical").text
    cues = left.strip().split("\n\n")
    assert 10 < len(cues) < 20
    assert all(cue in text and cue.count("\n") == 2 for cue in cues)


@given(st.text() | st.builds(lambda a, b: (VTT + SRT)[a:b], st.integers(0, 300), st.integers(0, 900)))
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text)
    segments = units(text, "subtitles")
    if text.strip():
        assert random_subset(text, segments, random.Random(0)).strip()
