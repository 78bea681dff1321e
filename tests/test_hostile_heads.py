"""No beginning of a file keeps its type from being told: time does not depend on what repeats."""

from __future__ import annotations

import multiprocessing

import pytest

from ctxc.input.loaders import load_bytes

REPEATED = [
    "   \n",
    "\n \n",
    " \t\r\n",
    "'\n",
    '.\\"\n',
    "(",
    "[",
    "<",
    "{",
    "{\\a",
    "a:",
    "> ",
    "- ",
    "*_",
    "|",
    "#\n",
]
NAMES = [
    "a.txt",
    "a.md",
    "a.html",
    "a.org",
    "a.tex",
    "a.rtf",
    "a.1",
    "a.eml",
    "a.srt",
    "a.ipynb",
    "a.csv",
]


def _read(name: str) -> None:
    from ctxc.errors import CtxcError
    from ctxc.text.segment import segments

    for text in REPEATED:
        for data in (text * 4000, text * 400 + ".TH x", "\ufeff" + text * 2000 + "x"):
            try:
                document = load_bytes(data.encode(), name)
            except CtxcError:
                continue
            assert (
                "".join(document.text[s.start : s.end] for s in segments(document)) == document.text
            )


@pytest.mark.parametrize("name", NAMES)
def test_what_repeats_is_read_to_its_end(name: str) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_read, args=(name,))
    process.start()
    process.join(240)
    alive = process.is_alive()
    process.kill()
    assert not alive and process.exitcode == 0
