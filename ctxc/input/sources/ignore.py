"""``.gitignore`` and ``.ctxcignore``: which files of a folder are not meant to be read.

A folder's rules hold for everything below it; the deepest rule that says
anything wins, and any ``.ctxcignore`` wins over any ``.gitignore``. The rules
of the folders above the one given count too, up to the top of its repository.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ...console import note, plain
from ...errors import InputError, UsageError
from .source import open_regular

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# In order of precedence.
IGNORE_FILES = (".ctxcignore", ".gitignore")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Rule:
    """One ignore file.

    A path from the walk's root is, seen from the file's folder, that path
    less its first ``strip`` characters, with ``above`` before it.
    """

    file: str
    spec: GitIgnoreSpec
    above: str = ""
    strip: int = 0

    def verdict(self, path: str) -> bool | None:
        """True: ignored, False: read after all, None: says nothing. A folder ends in ``/``."""
        return self.spec.check_file(self.above + path[self.strip :]).include


Rules = tuple[Rule, ...]


def ignored_by(rules: Rules, path: str) -> str | None:
    """The ignore file that leaves out ``path`` (relative to the walk's root), or None."""
    for file in IGNORE_FILES:
        for rule in reversed(rules):
            if rule.file == file and (verdict := rule.verdict(path)) is not None:
                return file if verdict else None
    return None


def rules_of(folder: str, names: Iterable[str], *, above: str = "", strip: int = 0) -> Rules:
    """The rules in ``folder``, of whose entries ``names`` are the names."""
    here = set(names)
    rules = []
    for file in IGNORE_FILES:
        if file not in here:
            continue
        path = os.path.join(folder, file)
        lines, more = _lines(path)
        if not lines:
            continue
        from .globs import spec_of

        spec, left_out = spec_of(lines)
        if left_out or more:
            _warn(path, left_out, more)
        rules.append(Rule(file, spec, above, strip))
    return tuple(rules)


def rules_above(root: str) -> Rules:
    """The rules of the folders above ``root``, outermost first, up to its repository's top."""
    chain, below = [], []
    folder = os.path.realpath(root)
    while not os.path.lexists(os.path.join(folder, ".git")):
        folder, name = os.path.split(folder)
        if not name:
            return ()  # in no repository: what lies above is none of ours
        below.append(name)
        chain.append((folder, "/".join(reversed(below)) + "/"))
    rules: Rules = ()
    for folder, above in reversed(chain):
        here = rules_of(folder, IGNORE_FILES, above=above)
        # Whoever names an ignored folder wants it read: what ignores all of it does not count.
        rules += tuple(rule for rule in here if rule.verdict("") is not True)
    return rules


@dataclass(frozen=True, slots=True)
class Globs:
    """What ``--glob`` selects: all that some pattern matches and no ``!pattern`` does.

    Without a pattern that selects, everything is selected that none leaves out.
    """

    wanted: GitIgnoreSpec | None
    unwanted: GitIgnoreSpec | None

    def select(self, path: str) -> bool:
        """Whether the file at ``path``, relative to the walk's root, is selected."""
        if self.wanted is not None and not self.wanted.match_file(path):
            return False
        return self.unwanted is None or not self.unwanted.match_file(path)


def globs_of(patterns: tuple[str, ...]) -> Globs:
    """The patterns compiled. Raises UsageError for a bad one."""
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return Globs(_glob_spec(wanted), _glob_spec(unwanted))


def _glob_spec(patterns: list[str]) -> GitIgnoreSpec | None:
    if not patterns:
        return None
    from .globs import TooCostly, spec_of_all

    try:
        return spec_of_all(patterns)
    except TooCostly:
        longest = max(patterns, key=len)
        raise UsageError(
            f"the pattern {plain(longest, 60)!r} takes too long to match (--glob, or a"
            " configuration's ignore)",
            hint="fewer, shorter ones, with at most three **",
        ) from None
    except (ValueError, re.error):
        bad = next(pattern for pattern in patterns if not _is_pattern(pattern))
        raise UsageError(f"--glob {bad!r} is not a pattern", hint="as in '*.md'") from None


def _is_pattern(pattern: str) -> bool:
    from .globs import spec_of_all

    try:
        spec_of_all([pattern])
    except (ValueError, re.error):
        return False
    return True


def _lines(path: str) -> tuple[list[str], bool]:
    """An ignore file's lines, and whether it has more; none of one that cannot be read."""
    try:
        with os.fdopen(open_regular(path, path), "rb") as file:
            content = file.read(_LARGEST)
            more = bool(file.read(1))
    except (InputError, OSError):
        return [], False
    # As file names are decoded, so that a pattern can name any file.
    lines = os.fsdecode(content).removeprefix("\ufeff").splitlines()
    return lines[:-1] if more else lines, more  # half a pattern is another one


@lru_cache(maxsize=64)
def _warn(path: str, left_out: int, more: bool) -> None:
    """Once for each file: what is not ignored though it says so."""
    what = [f"{left_out:,} patterns are too costly and left out"] if left_out else []
    what += [f"what lies behind {_LARGEST >> 20} MB is not read"] if more else []
    note(f"ctxc: {plain(path)}: {', '.join(what)}")
