"""Mail: told by a block of mail headers at the top; several in one text (a thread, an mbox) too.

Units: a mail's head (subject, sender, date) needs nothing, and all its text needs it. Paragraphs
are cut into sentences as prose is. Quoted text is worth little, the deeper the less; signatures,
disclaimers, transport headers and encoded parts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..segment.builder import Builder
from ..segment.lines import Line
from ..segment.markdown import Markdown
from ..segment.plain import add_plain, looks_like_markdown
from . import Passage

_HEADER = re.compile(r"(?:>\s?)?\*?([A-Za-z][A-Za-z0-9-]{1,40}):\*?(?:\s|$)")
_MAIN = frozenset(
    "subject from to cc date sent an von betreff gesendet datum objet de envoyé".split()
)
_KNOWN = _MAIN | frozenset(
    "bcc sender reply-to message-id in-reply-to references received return-path mime-version "
    "content-type content-transfer-encoding content-disposition content-id content-language "
    "delivered-to dkim-signature authentication-results user-agent importance priority list-id "
    "list-unsubscribe list-post thread-topic thread-index organization attachments resent-from "
    "resent-date resent-to errors-to precedence autocrypt received-spf cc: date-sent".split()
)
_STARTS = re.compile(
    r"\s*(?:-{2,}\s*(?:Original|Forwarded|Weitergeleitete|Ursprüngliche|Message)\b.*|"
    r"_{10,}|Begin forwarded message:)\s*$|From \S+.*\d{4}\s*$",
    re.IGNORECASE,
)
_MBOX = re.compile(r"From \S+.*\d{4}\s*$")
_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}")
_QUOTE = re.compile(r"\s{0,3}((?:>\s?){1,40})")
_INTRO = re.compile(
    r"(?:>\s*)*(?:On|Am|Le|El|Il) .{6,200}(?:wrote|schrieb|écrit|escribió|scritto).{0,80}:\s*$"
)
_SIGNATURE = re.compile(r"-- ?$|_{5,}$")
_SENT_BY = re.compile(
    r"(?:Sent|Gesendet|Envoyé) (?:from|von|de|mit) (?:my|meinem|mon|\w+)\b.{0,60}$|Get Outlook for "
)
_DISCLAIMER = re.compile(
    r"(?:this|the information|diese|ce)\b.{0,80}"
    r"\b(?:confidential|privileged|vertraulich|confidentiel)"
    r"|confidentiality notice|please consider the environment|to unsubscribe|unsubscribe from",
    re.IGNORECASE,
)
_ENCODED = re.compile(r"[A-Za-z0-9+/=]{56,}\s*$")
_BOUNDARY = re.compile(r"--[=_A-Za-z0-9'()+,./:?-]{8,72}\s*$")
_ATTACHED = re.compile(r"\[attachment: ")
_FACT = re.compile(
    r"\d|\?|\b(?:please|bitte|deadline|agreed?|decided|must|confirm\w*|attached)\b", re.IGNORECASE
)
_GREETING = re.compile(
    r"(?:hello|hi|hey|dear|good (?:morning|afternoon|day)|hallo|liebe[rs]?|sehr geehrte|moin|"
    r"bonjour|cher|hola|(?:best|kind|warm)?\s*(?:regards|wishes)|best|cheers|thanks|thank you|"
    r"yours|sincerely|mit freundlichen|(?:viele|beste|liebe) grüße|vg|lg|cordialement|saludos)\b",
    re.IGNORECASE,
)
_SHORT = 60  # characters of a paragraph that only greets
_HEAD = 2.0
_WORDS = 1.2
_FACTS = 1.6
_QUOTED = 0.6
_OLDER = 0.9  # a mail below the first, as its readers quote it
_MOST_HEADERS = 200


def detect(passage: Passage) -> float:
    """1.0 for what a mail was read from, 0.9 for a block of mail headers at the top."""
    if passage.media_type == "message/rfc822" and passage.start == 0:  # behind it, what is attached
        return 1.0
    lines = passage.lines
    first = next((i for i, line in enumerate(lines[:50]) if not line.blank), len(lines))
    mbox = first < len(lines) and _MBOX.match(lines[first].text) is not None
    last, names = _headers(lines, first + mbox)
    if not names & {"subject", "from"} or len(names & _MAIN) < 2:
        return 0.0
    if "\ndiff --git " in passage.body:
        return 0.0
    head = "\n".join(line.text for line in lines[first:last])
    return 0.9 if "subject" in names or _ADDRESS.search(head) else 0.0


def _headers(lines: Sequence[Line], first: int) -> tuple[int, set[str]]:
    """The line behind the block of headers that begins at a line, and their names; an empty set
    where something else stands in it."""
    names: set[str] = set()
    at = first
    while at < min(len(lines), first + _MOST_HEADERS) and not lines[at].blank:
        text = lines[at].text
        match = _HEADER.match(text)
        name = match[1].lower() if match else ""
        if name in _KNOWN or name.startswith("x-"):
            names.add(name)
        elif not (names and text[:1] in " \t"):
            return first, set()
        at += 1
    return at, names


def add_units(out: Builder, passage: Passage) -> None:
    """Pieces for each mail of the passage, each under its own head."""
    _Mails(out, list(passage.lines)).run()


@dataclass(slots=True)
class _Mails:
    out: Builder
    lines: list[Line]
    head: int = -1
    names: tuple[int, ...] = ()
    count: int = 0
    signed: bool = False
    waiting: list[Line] = field(default_factory=list)  # of a paragraph, not added yet

    def run(self) -> None:
        at = 0
        while at < len(self.lines):
            stop = self._try_head(at)
            if stop > at:
                at = stop
                continue
            stop = self._try_block(at)
            if stop == at:
                self.waiting.append(self.lines[at])
                stop = at + 1
            at = stop
        self._flush()
        if not len(self.out) and self.lines:
            self.out.add(self.lines[0].start, "other")

    def _try_head(self, at: int) -> int:
        """Add the head of a mail that begins at a line; the line behind it, or the same line."""
        lines = self.lines
        first = at
        marked = _STARTS.match(lines[at].text) is not None
        while marked and first < min(len(lines), at + 3):
            first += 1
            if first < len(lines) and not lines[first].blank:
                break
        alone = at == 0 or lines[at - 1].blank
        if not (alone or marked) or first >= len(lines) or not _HEADER.match(lines[first].text):
            return at
        stop, names = _headers(lines, first)
        if len(names & _MAIN) < 2 or (not marked and not names & {"subject", "from", "von", "de"}):
            return at
        self._flush()
        self.out.begin_block()
        mark = self.out.add(lines[at].start, "message") if marked else -1
        self._add_head(first, stop)
        if marked:
            self.out.mark(mark, needs=self.head)
        return stop

    def _add_head(self, first: int, stop: int) -> None:
        """Pieces for the headers: the first that says something is what the rest needs."""
        out = self.out
        self.head, self.names, self.signed = -1, (), False
        entries: list[tuple[int, float]] = []
        for line in self.lines[first:stop]:
            match = _HEADER.match(line.text)
            if match is None and entries:
                continue
            name = match[1].lower() if match else ""
            worth = _OLDER if self.count else _HEAD
            entries.append((out.add(line.start, "message"), worth if name in _MAIN else 0.0))
        heads = [piece for piece, worth in entries if worth]
        self.head = heads[0]
        self.names = tuple(heads[1:5])
        for piece, worth in entries:
            out.mark(piece, salience=worth, needs=self.head if piece != self.head else -1)
        self.count += 1

    def _try_block(self, at: int) -> int:
        """Add what is no paragraph: quoted text, a signature, encoded lines; the line behind it."""
        line = self.lines[at]
        if line.blank:
            self._flush()
            return at + 1
        quote = _QUOTE.match(line.text)
        if quote:
            depth = quote[1].count(">")
            return self._add_run(at, lambda text: _depth(text) == depth, _QUOTED / depth)
        if _INTRO.match(line.text):
            return self._add_run(at, lambda text: False, 0.3)
        signs = self.head >= 0 and _SIGNATURE.match(line.text.strip(" "))
        if signs or _SENT_BY.match(line.text):
            self.signed = True
            return self._add_run(at, lambda text: not _QUOTE.match(text), 0.0)
        if _ENCODED.match(line.text):
            return self._add_run(at, lambda text: len(text) > 0 and " " not in text.strip(), 0.0)
        if _BOUNDARY.match(line.text):
            return self._add_run(
                at, lambda text: _HEADER.match(text) is not None or text[:1] in " \t", 0.0
            )
        return at

    def _add_run(self, at: int, goes_on: Callable[[str], bool], worth: float) -> int:
        """One piece of the line and those behind it that go on as it does."""
        self._flush()
        stop = at + 1
        while (
            stop < len(self.lines) and not self.lines[stop].blank and goes_on(self.lines[stop].text)
        ):
            stop += 1
        self.out.begin_block()
        piece = self.out.add(self.lines[at].start, "quote" if worth else "other")
        self._mark(piece, worth)
        return stop

    def _flush(self) -> None:
        """Add the paragraph that has been collected."""
        if not self.waiting:
            return
        before = len(self.out)
        if looks_like_markdown(self.waiting):
            Markdown(self.out, self.waiting, declared=True).run()
        else:
            add_plain(self.out, self.waiting)
        text = self.out.text[self.waiting[0].start : self.waiting[-1].end]
        noise = self.signed or _DISCLAIMER.search(text) is not None
        for piece, words in enumerate(self.out.texts(before, self.waiting[-1].end), before):
            self._mark(piece, 0.0 if noise else self._worth(words, len(text)))
        self.waiting.clear()

    def _worth(self, text: str, length: int) -> float:
        """What a sentence is worth in a paragraph of so many characters."""
        if _ATTACHED.match(text):
            return _WORDS
        if length <= _SHORT and _GREETING.match(text):
            return _QUOTED
        words = _FACTS if _FACT.search(text) else _WORDS
        return words if self.count <= 1 else min(words, _OLDER)

    def _mark(self, piece: int, worth: float) -> None:
        if self.out.needs_of(piece) >= 0:
            self.out.mark(piece, salience=worth)
        else:
            self.out.mark(piece, salience=worth, needs=self.head, refers=self.names)


def _depth(text: str) -> int:
    match = _QUOTE.match(text)
    return match[1].count(">") if match else 0
