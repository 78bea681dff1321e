"""Collects what an RTF reader comes across into Markdown blocks."""

from __future__ import annotations

import re
from itertools import groupby

from .pipes import pipe_table
from .raised import raised

_NOTES = {"footnote": "footnote", "annotation": "comment"}
_HEADING = re.compile(r"heading ([1-9])|(title)", re.I)
_TYPED = re.compile(r"([•·–-]|[0-9]{1,3}[.)]|\([a-z0-9]{1,4}\))\t+(?=\S)")
"""A list item whose marker is text: what stands before its tab."""

_CLOSING = frozenset(".!?;:,")
_BULLETS = frozenset("•·–-*◦▪○■o\uf0b7\uf0a7")


class Writer:
    """Text and controls in; one text out, by ``finish``."""

    def __init__(self) -> None:
        self._blocks: list[tuple[str, bool]] = []
        self._line: list[tuple[str, str]] = []
        self._outer: list[tuple[str, list[tuple[str, str]]]] = []
        self._rows: list[list[str]] = []
        self._cells: list[str] = []
        self._cell: list[str] = []
        self._notes = 0
        self._marker = ""
        self._style, self._level, self._styles = 0, 0, dict[int, int]()
        self._author = ""
        self._in_table = False

    def text(self, text: str, mark: str) -> None:
        self._line.append((mark, text))

    def begin(self, destination: str) -> None:
        """A group whose text goes elsewhere than into the line begins."""
        if destination in (*_NOTES, "listtext", "pntext", "atnauthor", "stylesheet"):
            self._outer.append((destination, self._line))
            self._line = []

    def end(self, destination: str) -> None:
        """Its end."""
        if not self._outer or self._outer[-1][0] != destination:
            return
        text = self._taken()
        self._line = self._outer.pop()[1]
        if destination in ("listtext", "pntext"):
            self._marker = text
        elif destination == "atnauthor":
            self._author = text
        elif destination in _NOTES and text:
            self._note(_NOTES[destination], " ".join(text.split()).removesuffix("."))

    def control(self, word: str, value: int) -> None:
        if word in ("par", "sect", "page"):
            self.paragraph()
        elif word == "pard":
            self._style, self._level, self._in_table = 0, 0, False
        elif word == "intbl":
            self._in_table = True
        elif word in ("s", "outlinelevel"):
            if word == "s":
                self._style = value
            elif value < 9:
                self._level = value + 1
        elif word in ("cell", "nestcell"):
            self._cell.append(self._taken())
            self._cells.append(" ".join(piece for piece in self._cell if piece))
            self._cell, self._marker = [], ""
        elif word in ("row", "nestrow"):
            self._rows.append(self._cells)
            self._cells = []

    def paragraph(self) -> None:
        """The line ends: a block, a line of a note, a line of a cell, or a style's name."""
        if self._outer:
            if self._outer[-1][0] in _NOTES:
                self._line.append(("", "\n"))
            return
        if self._in_table:
            self._cell.append(self._taken())
            return
        self._end_table()
        text, marker = self._taken(), self._marker.strip()
        self._marker = ""
        if not marker and (typed := _TYPED.match(text)):
            marker, text = typed[1], text[typed.end() :]
        if not text:
            return
        level = self._level or self._styles.get(self._style, 0)
        if level:
            number = f"{marker} " if marker and marker not in _BULLETS else ""
            self._blocks.append(
                ("#" * min(level, 6) + f" {number}" + " ".join(text.split()), False)
            )
        elif marker:
            self._blocks.append((_item(marker) + text.replace("\n", "\n  "), True))
        else:
            self._blocks.append((text, False))

    def finish(self) -> str:
        self._in_table = False
        while self._outer:  # cut short inside a note
            self.end(self._outer[-1][0])
        self.paragraph()
        self._end_table()
        pieces: list[str] = []
        before = False
        for text, item in self._blocks:
            pieces += ["\n" if item and before else "\n\n"] if pieces else []
            pieces.append(text)
            before = item
        return "".join(pieces) + "\n" if pieces else ""

    def end_style(self) -> None:
        """One entry of the style sheet ends: the line so far is its name and a semicolon."""
        if match := _HEADING.match(self._taken().rstrip("; ")):
            self._styles[self._style] = int(match[1] or 1)
        self._style, self._level = 0, 0

    def _end_table(self) -> None:
        if self._cells:
            self._rows.append(self._cells)
        if text := pipe_table(self._rows):
            self._blocks.append((text, False))
        self._rows, self._cells = [], []

    def _note(self, kind: str, text: str) -> None:
        """A note inside the sentence that it restricts, not behind its full stop."""
        if kind == "footnote":
            self._notes += 1
            name = f"footnote {self._notes}"
        else:
            name, self._author = f"comment by {self._author}" if self._author else kind, ""
        mark, before = self._line[-1] if self._line else ("", "")
        closing = before[-1:] if before[-1:] in _CLOSING else ""
        if closing:
            self._line[-1] = (mark, before[:-1])
        self._line.append(("", f" [{name}: {text}]{closing}"))

    def _taken(self) -> str:
        """The line so far, its powers and indices marked; it is empty after."""
        groups = [(m, "".join(t for _, t in pieces)) for m, pieces in groupby(self._line, _mark)]
        self._line = []
        follows = [text for _, text in groups[1:]] + [""]
        return "".join(
            raised(mark, text, after) if mark and text.strip() == text else text
            for (mark, text), after in zip(groups, follows, strict=False)
        ).strip()


def _mark(piece: tuple[str, str]) -> str:
    return piece[0]


def _item(marker: str) -> str:
    if marker in _BULLETS:
        return "- "
    return f"{marker} " if re.fullmatch(r"[0-9]{1,9}[.)]", marker) else f"- {marker} "
