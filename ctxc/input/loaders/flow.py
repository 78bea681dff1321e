"""Collects running text and blocks into Markdown-like text, one empty line between blocks."""

from __future__ import annotations

import re

# White space that HTML collapses; no-break spaces are characters like any other.
_SPACES = re.compile(r"[ \t\r\n\f]+")


class Flow:
    """Text as it comes, broken into blocks.

    ``prefix`` begins the next block's first line (a list marker, ``#``);
    ``indent`` begins its other lines.
    """

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._inline: list[str] = []
        self._tight = False
        self.prefix = ""
        self.indent = ""

    def text(self, text: str) -> None:
        """Running text; white space collapses."""
        self._inline.append(text)

    def line_break(self) -> None:
        self._inline.append("\0")

    def end(self, *, tight: bool = False) -> None:
        """The block ends. ``tight``: no empty line before the next one that is tight too."""
        lines = [_SPACES.sub(" ", line).strip(" ") for line in "".join(self._inline).split("\0")]
        self._inline = []
        while lines and not lines[-1]:
            lines.pop()
        while lines and not lines[0]:
            lines.pop(0)
        if lines:
            self.block("\n".join(lines), tight=tight)

    def block(self, text: str, *, tight: bool = False) -> None:
        """A block as it is; its lines after the first get the indent."""
        if self._blocks:
            self._blocks.append("\n" if tight and self._tight else "\n\n")
        first, *others = text.split("\n")
        lines = [self.prefix + first, *(self.indent + line if line else "" for line in others)]
        self._blocks.append("\n".join(lines))
        self._tight = tight
        self.prefix = self.indent

    def note(self, note: str) -> None:
        """A note inside the sentence that it restricts, not behind its full stop."""
        last = self._inline[-1] if self._inline else ""
        closing = last[-1:] if last[-1:] in (*".!?;:,",) else ""
        if closing:
            self._inline[-1] = last[:-1]
        self._inline.append(f" {note}{closing}")

    def trim(self) -> None:
        """Take the white space off the end of the running text."""
        while self._inline and not self._inline[-1].strip():
            self._inline.pop()
        if self._inline:
            self._inline[-1] = self._inline[-1].rstrip()

    @property
    def pending(self) -> str:
        """The running text that no block has yet, without the white space around it."""
        return "".join(self._inline).strip() if self._inline else ""

    @property
    def empty(self) -> bool:
        return not self._blocks and not any(piece.strip() for piece in self._inline)

    def take(self) -> str:
        """All of it; the flow is empty after."""
        self.end()
        text = "".join(self._blocks)
        self._blocks = []
        self._tight = False
        return text
