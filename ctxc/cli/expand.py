"""``ctxc expand``: the original behind a handle, byte for byte, or some of its lines."""

from collections.abc import Iterator
from typing import IO, Annotated

import typer

from . import options as opt
from .grouped import grouped, without


@grouped
def expand(
    handle: Annotated[
        str, typer.Argument(metavar="HANDLE", help="From the last line of what was shortened.")
    ],
    lines: Annotated[
        str | None,
        typer.Option("--lines", metavar="A-B", help="These lines alone: 12-40, 12- or 12."),
    ] = None,
    grep: Annotated[
        str | None,
        typer.Option("--grep", metavar="REGEX", help="The lines that match alone."),
    ] = None,
    number: Annotated[
        bool, typer.Option("-n", "--number", help="Begin each line with its number.")
    ] = False,
    *,
    messages: Annotated[opt.Messages, without("verbose")],
) -> int:
    """Print an original that was kept, byte for byte, or some lines of it.

    Exit 1 where no line is left, and for a handle that is not, or no longer, known.

    Examples:
      ctxc expand 3f9c2a71 --lines 120-160
      ctxc expand 3f9c2a71 --grep "error|warning" -n
    """
    from ..capture.lines import lines_in, lines_matching, pattern_of, range_of
    from ..errors import StoreError, UsageError
    from ..store import Store, default_path
    from ..store.originals import Originals

    messages.apply()
    if lines is not None and grep is not None:
        raise UsageError("--lines and --grep contradict each other", hint="give one of them")
    wanted = range_of(lines or "1-")
    pattern = pattern_of(grep) if grep is not None else None
    if not default_path().exists():
        raise StoreError(f"there is no original {handle}: nothing was kept yet")
    with Store.open() as store, Originals(store).get(handle) as file:
        if lines is None and pattern is None and not number:
            return _write(iter(lambda: file.read(1 << 20), b""))
        numbered = lines_in(file, wanted) if pattern is None else lines_matching(file, pattern)
        count = _Counted(_numbered(numbered) if number else (line for _, line in numbered))
        _write(count)
        return 0 if count.some else _none(file, lines)


def _numbered(lines: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
    for number, line in lines:
        yield b"%d:%s" % (number, line)


class _Counted(Iterator[bytes]):
    """Pieces, and whether there were any."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self.some = pieces, False

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self.some = True
        return piece


def _none(file: IO[bytes], lines: str | None) -> int:
    from ..console import complain

    file.seek(0)
    if lines is None:
        complain("ctxc: no line matches")
    else:
        complain(f"ctxc: no line {lines}: the original has {sum(1 for _ in file):,}")
    return 1


def _write(pieces: Iterator[bytes]) -> int:
    """To stdout as they are; to a terminal without what it would obey. Raises OSError."""
    import sys

    from ..console import harmless
    from ..output.report import write_out

    terminal = sys.stdout.isatty()
    for piece in pieces:
        if terminal:
            write_out(harmless(piece.decode("utf-8", "replace")))
        else:
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
    return 0
