"""Outputs whose source is gone.

Only what ctxc wrote (its front matter says so) is ever named, only below the
folders given, and only where the source is in none of the places it can be:
not in this run, not where the output's own path says, not where its front
matter says. Renaming a folder of sources away therefore removes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..input.front_matter import read_front_matter
from ..input.media import OUTPUT_SUFFIX


def orphans(
    folder: Path,
    roots: Mapping[str, Path],
    claimed: Callable[[Path], bool],
    source_of: Callable[[Path], str | None] = lambda _: None,
) -> Iterator[Path]:
    """The outputs under ``folder`` whose source is gone, in a fixed order.

    ``roots`` are the folders read, by their place in the tree of outputs
    (``sources.place_of``); one that does not exist is passed over. ``claimed``
    says whether a path is an output of this run (``Mirror.claimed``), ``source_of``
    what one without front matter was made of (None: it is not known as an output).
    """
    for place, root in sorted(roots.items()):
        if not root.is_dir():
            continue
        top = folder / place
        for path in _outputs(top):
            source = root / str(path.relative_to(top))[: -len(OUTPUT_SUFFIX)]
            if claimed(path) or os.path.lexists(source):
                continue
            matter = read_front_matter(path)
            name = matter.source if matter is not None else source_of(path)
            if name is not None and not _exists(name):
                yield path


def _exists(name: str) -> bool:
    try:
        return os.path.lexists(name)
    except ValueError:  # a NUL byte: no name any file ever had
        return False


def _outputs(top: Path) -> Iterator[Path]:
    """The files below ``top`` that are named like outputs; links are not followed."""
    pending = [top]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except OSError:
            continue
        for entry in entries:
            if entry.is_file(follow_symlinks=False) and entry.name.endswith(OUTPUT_SUFFIX):
                yield Path(entry.path)
        below = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        pending.extend(reversed(below))
