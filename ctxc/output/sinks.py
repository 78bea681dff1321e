"""Where outcomes go: standard output, one file, or a tree of files that mirrors the sources.

Each sink takes one ``Finished`` at a time and returns the outcome, which is a
``Failure`` where it could not be written; ``close`` ends an undisturbed run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Protocol

from .. import __version__, tokens
from ..batch.run import Finished
from ..console import harmless, plain
from ..errors import CtxcError
from ..input.front_matter import FrontMatter, Standing, parse_front_matter, standing
from ..input.sources import Source
from ..result import Compression, Failure, Outcome
from .atomic import Mirror, OutputError, write_whole
from .layout import Layout
from .outputs import Outputs
from .prune import orphans
from .report import as_json, json_line, write_out
from .span_map import as_map, shown

_FENCE = b"---\nctxc: "


class Sink(Protocol):
    def take(self, finished: Finished, outcome: Outcome) -> Outcome: ...

    def close(self) -> None: ...


class Text:
    """An outcome as text: JSON, bare, or behind a line that names it where there are several."""

    def __init__(
        self, *, json: bool, show: bool, several: bool, layout: Layout | None = None
    ) -> None:
        self._json, self._show, self._several = json, show, several
        self._layout = layout or Layout()
        self._begun = False

    def of(self, finished: Finished, outcome: Outcome, *, terminal: bool) -> str:
        if self._json:
            reused = {"reused": True} if finished.reused else {}
            return json_line(as_json(outcome) | reused)
        if isinstance(outcome, Failure):
            return ""
        if self._show and finished.document is not None:
            color = terminal and "NO_COLOR" not in os.environ
            return shown(finished.document, outcome, color=color, terminal=terminal)
        # A pipe gets the document's bytes; a terminal nothing that it would obey.
        text = harmless(outcome.text) if terminal else outcome.text
        if self._several or self._layout.end:
            return self._placed(outcome, text)
        return text + ("\n" if terminal and not text.endswith("\n") else "")

    def _placed(self, outcome: Compression, text: str) -> str:
        name = outcome.source if outcome.id is None else str(outcome.id)
        before, behind = self._layout.around(name, not self._begun)
        self._begun = True
        if self._layout.named and not text.endswith("\n"):
            behind = "\n"
        return f"{before}{text}{behind}"


class Stdout:
    """Each outcome to standard output as soon as it is there."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def take(self, finished: Finished, outcome: Outcome) -> Outcome:
        write_out(self._text.of(finished, outcome, terminal=sys.stdout.isatty()))
        return outcome

    def close(self) -> None:
        pass


class _Spool:
    """What becomes one file, whole, at the end; on disk meanwhile, where it is long."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 (closed by ``write``)
        self._sources: list[Path] = []

    def add(self, text: str, source: Source | None) -> None:
        self._file.write(text.encode("utf-8", "replace"))
        if source is not None and source.path is not None and _same(source.path, self._path):
            self._sources.append(source.path)

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(1 << 20):
            yield piece

    def write(self) -> None:
        """Raises OutputError: where it cannot be written, or is one of the sources."""
        with self._file:
            write_whole(self._path, self, sources=self._sources)


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False  # one of them is not there


def _holds(path: Path, data: bytes) -> bool:
    """Whether ``path`` is a file of just these bytes; False where it cannot be read."""
    try:
        return not path.is_symlink() and path.read_bytes() == data
    except (OSError, ValueError):
        return False


class OneFile:
    """Everything into one file, whole, at the end; nothing where all documents failed."""

    def __init__(self, path: Path, text: Text, *, json: bool) -> None:
        self._spool, self._text = _Spool(path), text
        self._worth = json  # failures are objects too

    def take(self, finished: Finished, outcome: Outcome) -> Outcome:
        self._worth |= isinstance(outcome, Compression)
        self._spool.add(self._text.of(finished, outcome, terminal=False), finished.source)
        return outcome

    def close(self) -> None:
        if self._worth:
            self._spool.write()


class Maps:
    """Which spans were kept and dropped, one line a document, written whole at the end."""

    def __init__(self, path: Path) -> None:
        self._spool = _Spool(path)

    def take(self, finished: Finished, outcome: Outcome) -> Outcome:
        line = ""
        if isinstance(outcome, Compression) and finished.document is not None:
            line = json_line(as_map(finished.document, outcome))
        self._spool.add(line, finished.source)
        return outcome

    def close(self) -> None:
        self._spool.write()


class Tree:
    """One output a source, with front matter, under ``folder``; written only where it changes."""

    def __init__(
        self, folder: Path, layout: Layout | None = None, ours: Outputs | None = None
    ) -> None:
        self._folder = folder
        self._layout = layout or Layout()
        self._ours = ours or Outputs(None)
        self._mirrors: dict[Path, Mirror] = {}
        self.written = 0
        self.bare = 0
        self.front_matter = 0  # tokens

    def _spot(self, source: Source) -> tuple[Path, str]:
        """The folder whose tree mirrors ``source``, and its place in it."""
        return self._folder, source.place

    def _path(self, source: Source) -> tuple[Mirror, Path]:
        """Raises OutputError where another source of this run has the same output."""
        folder, place = self._spot(source)
        mirror = self._mirrors.setdefault(folder, Mirror(folder))
        return mirror, mirror.path(place, source.name)

    def target(self, source: Source) -> Path | None:
        """Where the output of ``source`` goes; None where it cannot have one. Claims nothing."""
        try:
            folder, place = self._spot(source)
            return Mirror(folder).path(place, source.name)
        except CtxcError:
            return None  # said where it would be written

    def recall(self, source: Source, key: str) -> Compression | None:
        """What the output on disk holds, where it was made under ``key``.

        Asked from several threads; claims nothing.
        """
        path = self.target(source)
        try:
            if path is None or standing(path) is not Standing.OURS:
                return None
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except (OSError, ValueError):
            return None
        matter = parse_front_matter(text)
        if matter is None or matter.key != key:
            return None
        return Compression(
            source=source.name,
            text=text.partition("\n---\n\n")[2],
            original=matter.original,
            compressed=matter.compressed,
            target=matter.compressed,
            tokenizer=matter.tokenizer,
            engine=matter.engine,
            model=matter.model,
            seconds=0.0,
        )

    def take(self, finished: Finished, outcome: Outcome) -> Outcome:
        source = finished.source
        if source is None:
            return outcome
        try:
            mirror, path = self._path(source)
            if isinstance(outcome, Compression):
                data = self._rendered(finished, outcome, path)
                self._write(mirror, path, data, outcome.source)
        except CtxcError as error:
            return Failure(source.name, error.kind, error.message, error.hint)
        return outcome

    def _write(self, mirror: Mirror, path: Path, data: bytes, source: str) -> None:
        if _holds(path, data):
            return
        self._check_standing(path)
        mirror.write(path, data)
        self.written += 1
        if not data.startswith(_FENCE):
            self._ours.remember(path, data, source)

    def _rendered(self, finished: Finished, outcome: Compression, path: Path) -> bytes:
        """The output; without front matter where that would make it larger than its source."""
        body = outcome.text.encode("utf-8", "replace")
        if not self._layout.front_matter:
            return body
        head = _front_matter(finished, outcome, body)
        whole = head.encode("utf-8", "replace") + body
        if _holds(path, whole):
            return whole  # decided and counted by the run that wrote it: no tokenizer is loaded
        size = tokens.get(outcome.tokenizer).count(head)
        if size + outcome.compressed > outcome.original:
            self.bare += 1
            return body
        self.front_matter += size
        return whole

    def _check_standing(self, path: Path) -> None:
        """Raises OutputError for a file in the way that ctxc did not write, or not like that."""
        state = standing(path)
        if state is Standing.FOREIGN and self._ours.source(path) is None:
            raise OutputError(
                f"{plain(path)} is there, was not written by ctxc and is kept",
                hint="move it away, or write to another folder with -o",
            )
        if state is Standing.EDITED:
            raise OutputError(
                f"{plain(path)} was edited by hand and is kept",
                hint="move it away and run again to have it made anew",
            )

    def expect(self, source: Source) -> str:
        """Count ``source`` among those of this run, writing nothing (for a dry run).

        Returns why its output could not be written, "" where it could.
        """
        try:
            self._check_standing(self._path(source)[1])
        except CtxcError as error:
            return error.message
        return ""

    def orphans(self, roots: dict[str, Path]) -> Iterator[Path]:
        """Outputs whose source is gone from ``roots``, once every source was taken."""
        return orphans(self._folder, roots, self._claimed, self._ours.source)

    def _claimed(self, path: Path) -> bool:
        return any(mirror.claimed(path) for mirror in self._mirrors.values())

    def close(self) -> None:
        pass


class Beside(Tree):
    """Each output beside its source: ``notes/a.pdf`` -> ``notes/a.pdf.ctx.md``."""

    def __init__(self, layout: Layout | None = None, ours: Outputs | None = None) -> None:
        super().__init__(Path(), layout, ours)

    def _spot(self, source: Source) -> tuple[Path, str]:
        if source.path is None:
            raise OutputError("standard input lies in no folder that --beside could write to")
        return source.path.parent, source.path.name

    def orphans(self, roots: dict[str, Path]) -> Iterator[Path]:
        for root in sorted(roots.values()):
            yield from orphans(root, {"": root}, self._claimed, self._ours.source)


def _front_matter(finished: Finished, outcome: Compression, body: bytes) -> str:
    matter = FrontMatter(
        source=outcome.source,
        sha256=finished.sha256,
        original=outcome.original,
        compressed=outcome.compressed,
        tokenizer=outcome.tokenizer,
        engine=outcome.engine,
        model=outcome.model,
        version=__version__,
        key=finished.key,
    )
    return matter.signed(body).render()
