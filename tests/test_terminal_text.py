"""Program output loses what a terminal would not show; nothing else is touched."""

from __future__ import annotations

import pytest

from ctxc.input.loaders import load_bytes


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("\x1b[1;31mFAILED\x1b[0m tests/a.py\n", "FAILED tests/a.py\n"),
        ("\x1b]0;title\x07ready\n", "ready\n"),
        ("\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\\n", "link\n"),
        ("10%\r 55%\r100% done\n", "100% done\n"),
        ("a line\r\nanother\r\n", "a line\r\nanother\r\n"),
        ("old\rsystem\rlines", "old\rsystem\rlines"),
        ("N\bNA\bAM\bME\n", "NAME\n"),
        ("no escapes at all\n", "no escapes at all\n"),
    ],
)
def test_what_a_terminal_would_show(raw: str, text: str) -> None:
    document = load_bytes(raw.encode(), "out.txt")
    assert document.text == text
    assert bool(document.notes) == ("\x1b" in raw or "%\r" in raw)


def test_source_code_keeps_its_bytes() -> None:
    code = "print('\x1b[31mred')\n"
    assert load_bytes(code.encode(), "a.py").text == code
