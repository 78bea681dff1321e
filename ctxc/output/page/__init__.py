"""``--html``: one page that shows what was kept, and replays the ranking at any budget.

The page stands alone: no address is in it, and its policy lets nothing run but its own script.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from tempfile import SpooledTemporaryFile

from ... import tokens
from ...batch.run import Finished
from ...console import plain
from ...document import Document
from ...engines.registry import RANKED_FOR_A_BUDGET
from ...errors import CtxcError
from ...products import HTML_MARK, is_product
from ...result import Compression, Failure, Outcome
from ..atomic import OutputError, write_whole
from ..palette import DARK, FONT, LIGHT, Palette
from .evidence import asked_words
from .replay import Replay, replay, steps_for
from .section import Facts, Room, failure_section, full_section, line, section

_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
_MOST_NAMED = 500  # documents in the list at the top
_MOST_FAILURES = 500
_MOST_BYTES = 64 << 20  # of a page that is read again
_SEAL_BYTES = len("<!-- ctxc sha256  -->\n") + 64


def check_page(path: Path) -> None:
    """Raises OutputError, before any work, for a file that is there and not as ctxc wrote it."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return  # said where it is written
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        return
    what = "was edited" if is_product(path) else "was not written by ctxc"
    if not _is_untouched(path):
        raise OutputError(
            f"--html: {plain(path)} is there and {what}: it is not overwritten",
            hint="write to another file",
        )


def _is_untouched(path: Path) -> bool:
    """Whether a file is a page as it was written: it ends in the hash of what is before."""
    try:
        with open(path, "rb") as file:
            page = file.read(_MOST_BYTES + 1)
    except OSError:
        return False
    body, last = page[:-_SEAL_BYTES], page[-_SEAL_BYTES:]
    return len(page) <= _MOST_BYTES and last == _seal(hashlib.sha256(body).hexdigest())


def _seal(digest: str) -> bytes:
    return f"<!-- ctxc sha256 {digest} -->\n".encode()


@dataclass(slots=True)
class _Listed:
    """What the top of the page is made of, in a bounded list."""

    names: list[tuple[int, str, str]] = field(default_factory=list)
    documents: int = 0
    failed: int = 0
    full: int = 0

    def add(self, name: str, figures: str) -> int:
        self.documents += 1
        if len(self.names) < _MOST_NAMED:
            self.names.append((self.documents, name, figures))
        return self.documents


class Pages:
    """A sink: every document a part of one page, written whole at the end.

    Holds no text but what is on the page (``section.Room``), on disk where that is long.
    """

    def __init__(self, path: Path, command: str, *, work: int = 3 * 8_000_000) -> None:
        self._path, self._command = path, command
        self._room, self._listed = Room(), _Listed()
        self._work = work  # characters of text times budgets that are left
        self._file = SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 (closed by ``close``)

    def take(self, finished: Finished, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Failure):
            self._fail(outcome)
        elif finished.document is not None:
            self._file.write(self._part(finished, finished.document, outcome).encode())
        return outcome

    def close(self) -> None:
        """Raises OutputError where the page cannot be written."""
        check_page(self._path)
        with self._file:
            write_whole(self._path, _Pieces(self._head(), self._file))

    def _fail(self, outcome: Failure) -> None:
        self._listed.failed += 1
        if self._listed.failed <= _MOST_FAILURES:
            name = _name(outcome)
            facts = Facts(self._listed.add(name, "failed"), name)
            self._file.write(failure_section(facts, outcome).encode())

    def _part(self, finished: Finished, document: Document, result: Compression) -> str:
        name = _name(result)
        figures = f"{result.original:,} → {result.compressed:,} tokens"
        number = self._listed.add(name, figures)
        if self._room.full:
            self._listed.full += 1
            return full_section(Facts(number, name), result) if number <= _MOST_NAMED else ""
        count = tokens.get(result.tokenizer).count
        steps = steps_for(len(document.text), min(self._work, 8_000_000))
        ranking = finished.ranking
        try:
            replayed = replay(document, result, ranking, count, steps)
            self._work -= steps * len(document.text) if ranking is not None else 0
        except CtxcError:  # what the run could do at its budget it may not at another
            replayed = replay(document, result, ranking, count, 0)
        facts = Facts(number, name, _still(finished, result, replayed, steps))
        asked = asked_words(result.question)
        return section(facts, document.text, result, replayed, asked, self._room)

    def _head(self) -> bytes:
        seen = self._listed
        title = f"ctxc {self._command}: "
        title += seen.names[0][1] if seen.documents == 1 else f"{seen.documents:,} documents"
        parts = [
            f'<!doctype html>\n{HTML_MARK}\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{line(title)}</title><style>{_style()}</style></head><body><main>",
            f"<h1>What ctxc {line(self._command)} kept</h1>",
            '<p class="lead"><span class="u k">Kept</span> text stands out, the rest is faded, '
            'words of the question are <span class="u k"><mark>marked</mark></span>; numbers are '
            "the ranks of the best units.</p>",
            "<noscript><p>The slider needs scripts, which do not run here.</p></noscript>",
            *self._contents(),
        ]
        return "".join(parts).encode()

    def _contents(self) -> Iterator[str]:
        seen = self._listed
        if seen.documents < 2:
            return
        yield "<nav><ol>"
        for number, name, figures in seen.names:
            yield f'<li><a href="#d{number}">{line(name, 120)}</a> {line(figures)}</li>'
        yield "</ol>"
        if more := seen.documents - len(seen.names):
            yield f"<p>and {more:,} more documents, which are not on this page</p>"
        if seen.full:
            yield f"<p>The texts of {seen.full:,} documents are left out: the page is full.</p>"
        yield "</nav>"


class _Pieces:
    """The page's bytes, as often as they are asked for."""

    def __init__(self, head: bytes, file: SpooledTemporaryFile[bytes]) -> None:
        self._head, self._file = head, file

    def __iter__(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in self._unsealed():
            digest.update(piece)
            yield piece
        yield _seal(digest.hexdigest())

    def _unsealed(self) -> Iterator[bytes]:
        yield self._head
        self._file.seek(0)
        while piece := self._file.read(1 << 20):
            yield piece
        yield f"</main><script>{_script()}</script></body></html>\n".encode()


def _name(outcome: Outcome) -> str:
    return outcome.source if outcome.id is None else str(outcome.id)


def _still(finished: Finished, result: Compression, replayed: Replay, steps: int) -> str:
    """Why there is no slider, or what it cannot show."""
    if result.engine == "none":
        return "The whole text fits: nothing was ranked."
    if finished.ranking is None:
        return f"The engine {result.engine} decides anew for every budget: nothing to replay."
    if not steps:
        return "The text is too long to be replayed at other budgets."
    if len(replayed.steps) < 2:
        return "No other budget keeps anything else."
    if result.engine in RANKED_FOR_A_BUDGET:
        return (
            f"The engine {result.engine} looks at the budget when it ranks: this is its ranking "
            f"for {result.target:,} tokens."
        )
    return ""


@cache
def _style() -> str:
    colours = f":root{{{_variables(LIGHT)};--font:{FONT};--mono:{_MONO}}}"
    dark = f"@media(prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    return colours + dark + "\n" + _resource("style.css")


def _variables(palette: Palette) -> str:
    values = {
        "paper": palette.paper,
        "ink": palette.ink,
        "faded": palette.faded,
        "rule": palette.rule,
        "raised": palette.raised,
        "mark": palette.mark,
        "kept": palette.kept,
        "blue": palette.series[0],
        "orange": palette.series[1],
    }
    return ";".join(f"--{name}:{value}" for name, value in values.items())


@cache
def _script() -> str:
    return _resource("script.js")


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _policy() -> str:
    """Nothing is loaded, sent or run, but this style and this script, by their hashes."""
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (_style(), _script())
    )
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
