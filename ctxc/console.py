"""The terminal: everything ctxc says goes to stderr through here; stdout is the product.

``note`` prints one line; ``progress`` shows long work, only where stderr is a
terminal. Text that came from outside (file names, document text) goes through
``plain``, so that no control character ever reaches a terminal.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_quiet = False
_verbose = False


def set_quiet(quiet: bool, verbose: bool = False) -> None:
    """Silence notes and progress for this process (errors still print), or let details through."""
    global _quiet, _verbose
    _quiet, _verbose = quiet, verbose and not quiet


def plain(text: object, limit: int = 300) -> str:
    """``text`` on one line, control and unpaired characters shown as escapes.

    >>> plain("a\\x1b[31mb\\nc")
    'a\\\\x1b[31mb\\\\nc'
    """
    shown = []
    for char in str(text):
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            char = char.encode("unicode_escape").decode("ascii")
        shown.append(char)
    line = "".join(shown)
    return line if len(line) <= limit else line[: limit - 1] + "…"


# Marks, embeddings, overrides and isolates: they turn around what stands on the rest of a line.
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_C1 = [chr(code) for code in range(0x7F, 0xA0)]
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in (*_BIDI, *_C1)})


def harmless(text: str) -> str:
    """``text`` for a terminal: its lines as they are, what a terminal would obey as escapes.

    >>> harmless("a\\x1b[31m\\n")
    'a\\\\x1b[31m\\n'
    """
    return "".join(
        c
        if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _BIDI)
        else c.encode("unicode_escape").decode("ascii")
        for c in text.replace("\r\n", "\n")
    )


def on_stdout(text: str) -> str:
    """``text`` as it may be printed: a terminal gets no C1 or bidi control, a pipe all bytes.

    They become ``\\uXXXX``, which JSON takes for the same character. ESC is not among them:
    JSON has no bare one, document text has passed ``harmless``, and colours are ctxc's own.
    """
    try:
        return text.translate(_ESCAPES) if sys.stdout.isatty() else text
    except ValueError:  # a stdout that is closed
        return text


def note(message: object) -> None:
    """One line of information on stderr, unless quiet."""
    if not _quiet:
        _write(plain(message, 2000))


def detail(message: object) -> None:
    """One line that only ``--verbose`` prints."""
    if _verbose:
        note(message)


def complain(message: object) -> None:
    """One line on stderr, quiet or not."""
    _write(plain(message, 2000))


def _write(line: str) -> None:
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # nobody is listening on stderr; that must not end the work


def interactive() -> bool:
    """Whether progress would be seen."""
    if _quiet or os.environ.get("TERM") == "dumb":
        return False
    try:
        return sys.stderr.isatty()
    except ValueError:
        return False


class Progress(Protocol):
    """What long work reports to; ``Silent`` is the default everywhere."""

    def start(self, label: str, total: float | None = None) -> None: ...

    def advance(self, amount: float = 1) -> None: ...


class Silent:
    """A progress that shows nothing."""

    def start(self, label: str, total: float | None = None) -> None:
        pass

    def advance(self, amount: float = 1) -> None:
        pass


class _Bar:
    def __init__(self, bar: object) -> None:
        self._bar = bar
        self._task: object = None

    def start(self, label: str, total: float | None = None) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)  # type: ignore[attr-defined]
        self._task = self._bar.add_task(plain(label, 60).replace("[", r"\["), total=total)  # type: ignore[attr-defined]

    def advance(self, amount: float = 1) -> None:
        if self._task is not None:
            self._bar.advance(self._task, amount)  # type: ignore[attr-defined]


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on stderr where it is a terminal, ``Silent`` otherwise."""
    if not interactive():
        yield Silent()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.1f}/s" if task.speed else "")

    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        yield _Bar(bar)
