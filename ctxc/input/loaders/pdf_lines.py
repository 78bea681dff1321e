"""The lines of a PDF's pages made text: words joined, ligatures undone, running lines out.

What stands at the edge of most pages but for its number (a title, ``Page 3 of 9``)
is no sentence of the text, and breaks those that go over a page's end. Its words
stay where they stand first; page numbers go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)
_BROKEN = re.compile(
    r"(\w*[^\W\d_]{2})(-|\u00ad|\u2010)\n[ \t]*([a-zà-öø-ÿ]\w*)([.,;:!?)\]”’\"']*)[ \t]?\n?"
)
_WORDS = re.compile(r"(?i)(?!(?:page|seite|of|von|p)\b)\b[^\W\d_]+")
_HYPHENATED = re.compile(r"[^\W\d_]{2,}-[^\W\d_]+")
_EDGE = 2
"""Lines at the top and at the bottom of a page among which running ones are looked for."""

_LEAST_PAGES, _SHARE = 3, 0.6
_LONGEST = 120
# At the beginning or the end of a line, or behind a word for it.
_NUMBER = re.compile(r"^\d{1,4}\b|\b\d{1,4}$|(?<=[Pp]age )\d{1,4}|(?<=Seite )\d{1,4}")


def clean_pages(pages: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The pages' text, and a note of the running lines that were taken out."""
    plain = [page.translate(_LIGATURES) for page in pages]
    without, running = _without_running(plain)
    known = Counter(word.lower() for page in without for word in _HYPHENATED.findall(page))
    joined = [_joined(page, known) for page in without]
    names = "; ".join(line if len(line) <= 40 else line[:39] + "…" for line in running[:3])
    note = f"running lines left out of the pages behind their first: {names}"
    return joined, (note,) if running else ()


def _without_running(pages: Sequence[str]) -> tuple[list[str], list[str]]:
    """Pages without the lines that most of them bear at the same edge, and these lines."""
    split = [page.split("\n") for page in pages]
    counts: Counter[tuple[bool, str]] = Counter()
    for number, lines in enumerate(split):
        counts.update({(top, x) for top, _, line in _edges(lines) for x in _shapes(line, number)})
    filled = sum(any(line.strip() for line in lines) for lines in split)
    least = max(_LEAST_PAGES, _SHARE * filled)
    running = {key for key, count in counts.items() if count >= least}
    out, seen = [], dict[str, str]()
    for number, lines in enumerate(split):
        drop: dict[int, str] = {}
        for top, at, line in _edges(lines):
            shape = next((x for x in _shapes(line, number) if (top, x) in running), "")
            if shape and (shape in seen or _is_number(shape)):
                drop[at] = shape
            elif shape:
                seen[shape] = " ".join(line.split())
        if len(drop) < sum(bool(line.strip()) for line in lines):  # a page keeps something
            seen.update((shape, "page numbers") for shape in drop.values() if _is_number(shape))
            lines = [line for at, line in enumerate(lines) if at not in drop]
        out.append("\n".join(lines).strip("\n"))
    return out, list(dict.fromkeys(seen.values()))


def _edges(lines: Sequence[str]) -> Iterator[tuple[bool, int, str]]:
    """``(at the top, index, line)`` of the first and the last filled lines of a page."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    for top, places in ((True, filled[:_EDGE]), (False, filled[-_EDGE:])):
        for at in places:
            yield top, at, lines[at]


def _shapes(line: str, number: int) -> list[str]:
    """A short line as it is, and with one number as its distance from ``number``, the page's index.

    Only a number that goes up with the pages is alike on all of them: a sum at the end of
    each page is not.
    """
    words = " ".join(line.split())
    if not words or len(words) > _LONGEST:
        return []
    numbered = [
        f"{words[: match.start()]}#{int(match[0]) - number}#{words[match.end() :]}"
        for match in _NUMBER.finditer(words)
    ]
    return [words, *numbered]


def _is_number(shape: str) -> bool:
    """Whether a running line says nothing but where it stands."""
    return "#" in shape and not _WORDS.search(shape)


def _joined(page: str, known: Counter[str]) -> str:
    """Words broken at a line's end in one piece, as they are written elsewhere."""

    def join(match: re.Match[str]) -> str:
        first, hyphen, second, closing = match.groups()
        whole = f"{first}-{second}"
        keep = hyphen != "\u00ad" and whole.lower() in known
        return (whole if keep else first + second) + closing + "\n"

    return _BROKEN.sub(join, page).rstrip("\n")
