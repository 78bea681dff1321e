"""A text's pieces join to it, and their token counts add up to its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxc import tokens
from ctxc.pieces import Piece, pieces

NAMES = ("o200k_base", "cl100k_base")


def counted(name: str, parts: list[Piece]) -> int:
    encoding = tokens._encoding(name)
    return sum(
        len(encoding._encode_single_piece(p.text) if p.whole else encoding.encode_ordinary(p.text))
        for p in parts
    )


# Everything the two expressions treat in a way of its own.
ALPHABET = (
    "abcXYZ\u00e9\u00df\u0142\u01c5\u02b0\u0301 \t\n\r\u00a0\u3000\u2028\x0b\x1c'\u2019sStTreVE"
    "0123456789!?.,;:/-\u2014()[]{}<|>\u4e2d\u6587\u3002\uff0c\u3042\u30a2\ud55c\u0416\u03bb"
    "\u0e01\u0e47\U0001f600\U0001f469\u200d\ufe0f\x00"
)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=ALPHABET, max_size=120), st.integers(1, 20), st.sampled_from(NAMES))
def test_counts_of_pieces_add_up(text: str, size: int, name: str) -> None:
    parts = list(pieces(text, size))
    assert "".join(part.text for part in parts) == text
    assert counted(name, parts) == counted(name, [Piece(text)])


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300), st.integers(1, 40), st.sampled_from(NAMES))
def test_counts_of_pieces_add_up_for_any_text(text: str, size: int, name: str) -> None:
    parts = list(pieces(text, size))
    assert "".join(part.text for part in parts) == text
    assert counted(name, parts) == counted(name, [Piece(text)])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("blank", [" ", "\t", "\u3000", " \t"])
@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("a", "b"), ("a.", "1"), ("x\n\n", "y"), ("x", "\ny"), ("?\r\n", ""), ("1", "'s")],
)
def test_long_runs_of_blanks_count_as_tiktoken_counts_them(
    name: str, blank: str, before: str, after: str
) -> None:
    text = before + blank * (40_000 // len(blank)) + after
    parts = list(pieces(text))
    assert "".join(part.text for part in parts) == text
    assert any(part.whole for part in parts) == (not after.startswith("\n"))
    assert counted(name, parts) == counted(name, [Piece(text)])


def test_a_million_spaces_are_counted_where_tiktoken_gives_up() -> None:
    # 999,999 blanks are one match and the last goes with the word: counted apart here.
    encoding = tokens._encoding("o200k_base")
    expected = len(encoding._encode_single_piece(" " * 999_999))
    expected += len(encoding.encode_ordinary("word")) + len(encoding.encode_ordinary(" word"))
    assert counted("o200k_base", list(pieces("word" + " " * 1_000_000 + "word"))) == expected


def test_pieces_are_about_as_long_as_asked() -> None:
    parts = [piece.text for piece in pieces("some words in a row " * 1000, 1000)]
    assert len(parts) > 15
    assert all(len(part) < 1020 for part in parts)
