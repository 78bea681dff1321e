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
from typing import TYPE_CHECKING

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
        if file in here and (lines := _lines(os.path.join(folder, file))):
            rules.append(Rule(file, _spec(lines), above, strip))
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
    from pathspec import GitIgnoreSpec

    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except (ValueError, re.error):
            raise UsageError(f"--glob {pattern!r} is not a pattern", hint="as in '*.md'") from None
    return GitIgnoreSpec.from_lines(patterns)


def _lines(path: str) -> list[str]:
    """An ignore file's lines; none of one that cannot be read, as git has it."""
    try:
        with os.fdopen(open_regular(path, path), "rb") as file:
            content = file.read(_LARGEST)
    except (InputError, OSError):
        return []
    # As file names are decoded, so that a pattern can name any file.
    return os.fsdecode(content).removeprefix("\ufeff").splitlines()


def _spec(lines: list[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    good = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error):
            continue  # git passes over a pattern it cannot read
        good.append(line)
    return GitIgnoreSpec.from_lines(good)
