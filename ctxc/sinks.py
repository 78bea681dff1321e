"""Where outcomes go: standard output, one file, or a tree of files that mirrors the sources.

Each sink takes one ``Finished`` at a time and returns the outcome, which is a
``Failure`` where it could not be written; ``close`` ends an undisturbed run.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from . import __version__
from .batch import Finished
from .compression import Compression, Failure, Outcome
from .console import plain
from .errors import CtxcError
from .frontmatter import FrontMatter, parse_front_matter
from .mapping import as_map, shown
from .output import Mirror, write_whole
from .prune import orphans
from .report import as_json, json_line, write_out
from .sources import Source


class Sink(Protocol):
    def take(self, finished: Finished, outcome: Outcome) -> Outcome: ...

    def close(self) -> None: ...


class Text:
    """An outcome as text: JSON, bare, or behind a line that names it where there are several."""

    def __init__(self, *, json: bool, show: bool, several: bool) -> None:
        self._json, self._show, self._several = json, show, several
        self._begun = False

    def of(self, finished: Finished, outcome: Outcome, *, terminal: bool) -> str:
        if self._json:
            reused = {"reused": True} if finished.reused else {}
            return json_line(as_json(outcome) | reused)
        if isinstance(outcome, Failure):
            return ""
        if self._show and finished.document is not None:
            color = terminal and "NO_COLOR" not in os.environ
            return shown(finished.document, outcome, color=color)
        if self._several:
            return self._named(outcome)
        return outcome.text + ("\n" if terminal and not outcome.text.endswith("\n") else "")

    def _named(self, outcome: Compression) -> str:
        name = outcome.source if outcome.id is None else str(outcome.id)
        blank = "\n" if self._begun else ""
        self._begun = True
        return f"{blank}==> {plain(name)} <==\n{outcome.text}\n"


class Stdout:
    """Each outcome to standard output as soon as it is there."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def take(self, finished: Finished, outcome: Outcome) -> Outcome:
        write_out(self._text.of(finished, outcome, terminal=sys.stdout.isatty()))
        return outcome

    def close(self) -> None:
        pass


class OneFile:
    """Everything into one file, whole, at the end; nothing where all documents failed."""

    def __init__(self, path: Path, text: Text, *, json: bool) -> None:
        self._path, self._text = path, text
        self._chunks: list[str] = []
        self._worth = json  # failures are objects too
        self._sources: list[Path] = []

    def take(self, finished: Finished, outcome: Outcome) -> Outcome:
        if finished.source is not None and finished.source.path is not None:
            self._sources.append(finished.source.path)
        self._worth |= isinstance(outcome, Compression)
        self._chunks.append(self._text.of(finished, outcome, terminal=False))
        return outcome

    def close(self) -> None:
        if self._worth:
            data = "".join(self._chunks).encode("utf-8", "replace")
            write_whole(self._path, data, sources=self._sources)


class Tree:
    """One output a source, under ``folder``, with front matter; written only where it changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mirror = Mirror(folder)
        # Asked from other threads for what is there already; claims nothing in this run.
        self._places = Mirror(folder)

    def recall(self, source: Source, key: str) -> Compression | None:
        """What the output on disk holds, where it was made under ``key``."""
        try:
            path = self._places.path(source.place, source.name)
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except (CtxcError, OSError, ValueError):
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
            path = self._mirror.path(source.place, source.name)
            if isinstance(outcome, Compression):
                self._write(path, _rendered(finished, outcome))
        except CtxcError as error:
            return Failure(source.name, error.kind, error.message, error.hint)
        return outcome

    def _write(self, path: Path, data: bytes) -> None:
        try:
            if not path.is_symlink() and path.read_bytes() == data:
                return
        except (OSError, ValueError):
            pass  # not there, or not readable: written anew, or the writer says why not
        self._mirror.write(path, data)

    def expect(self, source: Source) -> None:
        """Count ``source`` among those of this run, writing nothing (for a dry run)."""
        with contextlib.suppress(CtxcError):
            self._mirror.path(source.place, source.name)

    def orphans(self, roots: dict[str, Path]) -> Iterator[Path]:
        """Outputs under ``roots`` whose source is gone, once every source was taken."""
        return orphans(self._folder, roots, self._mirror.claimed)

    def close(self) -> None:
        pass


def _rendered(finished: Finished, outcome: Compression) -> bytes:
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
    return (matter.render() + outcome.text).encode("utf-8", "replace")


class Maps:
    """Which spans were kept and dropped, one line a document, written whole at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[str] = []
        self._sources: list[Path] = []

    def take(self, finished: Finished, outcome: Outcome) -> Outcome:
        if finished.source is not None and finished.source.path is not None:
            self._sources.append(finished.source.path)
        if isinstance(outcome, Compression) and finished.document is not None:
            self._lines.append(json_line(as_map(finished.document, outcome)))
        return outcome

    def close(self) -> None:
        write_whole(self._path, "".join(self._lines).encode(), sources=self._sources)
