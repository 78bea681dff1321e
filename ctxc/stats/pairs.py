"""Originals beside their compressed texts: two folders, or pairs of files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..console import plain
from ..document import Document
from ..errors import UsageError
from ..input.media import OUTPUT_SUFFIX
from ..input.sources import Found, Skipped, Source, find
from ..output.atomic import Mirror
from ..result import Failure
from .count import Count, Counted


@dataclass(frozen=True, slots=True)
class Pair:
    """Two counts of what should say the same."""

    original: Count
    compressed: Count

    def rate(self, tokenizer: str) -> float:
        """Left over original; 1.0 for an empty original."""
        before, after = self.original.tokens[tokenizer], self.compressed.tokens[tokenizer]
        return after / before if before else 1.0


def couples(arguments: list[str]) -> Iterator[Found]:
    """Original, compressed, original, compressed ...; or a ``Failure`` in place of a couple.

    ``arguments`` are files by twos, or one folder and the folder of its outputs.
    Raises UsageError for anything else.
    """
    if len(arguments) == 2 and all(os.path.isdir(argument) for argument in arguments):
        yield from _mirrored(*arguments)
        return
    if not arguments or len(arguments) % 2 or "-" in arguments:
        raise UsageError(
            "--pair takes files by twos (original compressed ...) or two folders",
            hint="as in: ctxc stats --pair a.md a.md.ctx.md",
        )
    for original, compressed in zip(arguments[::2], arguments[1::2], strict=True):
        yield from _couple(list(find([original])), list(find([compressed])), original, compressed)


def looks_mirrored(arguments: list[str]) -> bool:
    """Whether these are a folder and the folder of its outputs: all in it, and only outputs."""
    if len(arguments) != 2 or not all(os.path.isdir(argument) for argument in arguments):
        return False
    if os.path.samefile(*arguments):
        return False
    outputs = set(_outputs(arguments[1]))
    if not outputs:
        return False
    expected = {
        os.path.realpath(path)
        for found in find([arguments[0]])
        if isinstance(found, Source)
        for path in _places(found, *arguments)
    }
    return all(os.path.realpath(output) in expected for output in outputs)


def pair_up(counted: Iterable[Counted]) -> Iterator[Pair | Failure | Skipped]:
    """Counts by twos -> pairs; a failure of either side stands for the pair."""
    waiting: Count | Failure | None = None
    for count in counted:
        if isinstance(count, Skipped):
            yield count
            continue
        if isinstance(count, Failure) and count.kind == "pair":
            yield count  # stands for a couple already
            continue
        if waiting is None:
            waiting = count
        else:
            first, waiting = waiting, None
            if isinstance(first, Count) and isinstance(count, Count):
                yield Pair(first, count)
            else:
                yield first if isinstance(first, Failure) else count  # type: ignore[misc]


def without_front_matter(document: Document) -> Document:
    """The document without the lines ctxc itself put at the top of an output."""
    # By its first line: one that was edited since is no less ours.
    if not document.text.startswith('---\nctxc: "'):
        return document
    _, fence, body = document.text.partition("\n---\n")
    if not fence:
        return document
    body = body.removeprefix("\n")
    return replace(document, text=body, parts=(), original_spans=())


def _couple(first: list[Found], second: list[Found], *names: str) -> Iterator[Found]:
    for found, name in zip((first, second), names, strict=True):
        if len(found) == 1 and isinstance(found[0], Failure):
            yield replace(found[0], kind="pair")
            return
        if len(found) != 1 or not isinstance(found[0], Source):
            yield _missing(name, f"{plain(name)} is no single file to compare")
            return
    yield first[0]
    yield second[0]


def _mirrored(originals: str, compressed: str) -> Iterator[Found]:
    used = set()
    for found in find([originals]):
        if not isinstance(found, Source):
            yield found if isinstance(found, Skipped) else replace(found, kind="pair")
            continue
        place = next(filter(os.path.isfile, _places(found, originals, compressed)), None)
        if place is None:
            yield _missing(
                found.name, f"{plain(found.name)} has no counterpart in {plain(compressed)}"
            )
            continue
        used.add(os.path.realpath(place))
        yield from _couple([found], list(find([place])), found.name, place)
    for output in _outputs(compressed):
        if os.path.realpath(output) not in used:
            yield _missing(output, f"{plain(output)} has no original in {plain(originals)}")


def _places(source: Source, originals: str, compressed: str) -> list[str]:
    """Where its output may lie: as ``-o`` mirrors it, or under the same name in the folder."""
    inside = os.path.relpath(source.path or source.name, originals)
    return [
        os.fspath(Mirror(Path(compressed)).path(source.place, source.name)),
        os.path.join(compressed, inside + OUTPUT_SUFFIX),
        os.path.join(compressed, inside),
    ]


def _outputs(folder: str) -> list[str]:
    """All regular files in ``folder``, hidden ones aside, in a fixed order."""
    found = []
    for top, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found += [os.path.join(top, name) for name in sorted(names) if not name.startswith(".")]
    return found


def _missing(name: str, message: str) -> Failure:
    return Failure(name, "pair", message, "compress it again, or compare single files with --pair")
