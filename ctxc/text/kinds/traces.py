"""Stack traces: which lines are frames, where their exception stands, which frames are one's own.

``traces`` finds them in any lines; ``plan_trace`` says what each of their lines is worth. Python
names the exception under its frames, all others above; the message may have several lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .line_plan import LinePlan
from .templates import template

_INDENTED = re.compile(r"\s*")
_PY_HEAD = re.compile(r"Traceback \(most recent call last\)|Traceback \(innermost last\)")
_PY_FRAME = re.compile(r'\s*(?:E\s+)?File "[^"]{1,400}", line \d+')
_PY_LINK = re.compile(
    r"\s*(?:During handling of the above exception|The above exception was the direct cause)"
)
_AT_FRAME = re.compile(
    r"\s*(?:\[\w+\]\s+)?(?:npm verbose stack\s+)?(?:at|by(?= 0x)|#\d+:? +at)\s+"
    r"(?:async |new |static )*[\w.$<>\[\]/#@`|&{}:*\\~+-][^()]{0,300}(?:\(|:\d+)"
    r"|\s+at (?:<anonymous>|<unknown>|native|async Promise)"
)
_MORE = re.compile(
    r"\s*\.\.\. \d+ (?:more|common frames omitted|frames? )|\s*--- End of "
    r"|\s+thrown in .* on line \d"
)
_RUBY_FRAME = re.compile(r"\s*(?:from |# |\d+: from )?(?:[^\s:]+|\([^)]*\)):\d+:in [`'\"]")
_HASH_FRAME = re.compile(
    r"\s*#\d+\s+(?:0x[0-9a-f]+\s|\{main\}|\S{1,300}\(\d+\): |\[internal function\]|.{1,200} \()"
)
_RUST_FRAME = re.compile(r"\s*\d+:\s+(?:0x[0-9a-f]+(?: - |$))?\S*|\s+at \S+:\d+")
_GO_FILE = re.compile(r"\t\S{1,300}\.(?:go|s|c):\d+(?: \+0x[0-9a-f]+)?$")
_GO_CALL = re.compile(r"created by \S+(?: in goroutine \d+)?$|[\w./*()\[\]{}·-]+\(.*\)$")
_GO_ROUTINE = re.compile(r"goroutine \d+ \[[^\]]*\]:")
_EX_FRAME = re.compile(r"\s+(?:\([^)]{1,60}\) )?[^\s:()]+\.(?:exs?|erl):\d+: ")
_LUA_HEAD = re.compile(r"\s*stack traceback:")
_LUA_FRAME = re.compile(r"\s+\[?[\w./]+\]?:(?:\d+:)? in |\s+\[C\]")
_PERL_FRAME = re.compile(r"\s+\S+\(.*\) called at \S+ line \d+")
_RUST_HEAD = re.compile(r"\s*stack backtrace:")
_PANIC = re.compile(
    r"thread '[^']*'(?: \(\d+\))? panicked at|panic: |fatal error: (?:all goroutines"
    r"|concurrent|run)"
)
EXCEPTION = re.compile(
    r"(?:^|[\s:>(\[])(?:[A-Za-z_$][\w$]*[.:\\/]{1,2}){0,12}"
    r"[A-Z][\w$]*(?:Error|Exception|Throwable|Failure|Fault|Exit|Interrupt|Panic|Violation)"
    r"(?:\b|\d|:|$)"
    r"|^\s*(?:[Ee]rror|ERROR|Fatal|FATAL)\b:?|^Caused by: |^\*\* \(|(?:Fatal|Uncaught|Unhandled) "
    r"|panicked at|^panic: |[`'\"]: .{1,400} \([A-Z][\w:]+\)$|Sanitizer: "
    r"|^\s*(?:Invalid (?:read|write|free)|Conditional jump|Use of uninitialised|Process terminating"
    r"|Syscall param|Mismatched free|.{1,80} blocks are (?:definitely|possibly) lost)"
)
_CAUSED = re.compile(r"\s*(?:Caused by: |---> |\[cause\]: |Suppressed: )")
_LIBRARY = re.compile(
    r"site-packages|dist-packages|node_modules|/lib/python\d|<frozen |/usr/(?:lib|share|include)/"
    r"|\binternal/|node:|\(native\)|\bat (?:[\w ]+\[as )?(?:java|javax|sun|jdk|com\.sun|kotlin"
    r"|scala)"
    r"\.|\borg\.(?:junit|apache|gradle|springframework|hibernate|testng|mockito|eclipse"
    r"|scalatest)\."
    r"|\bjunit\.|\bat (?:System|Microsoft|NUnit|Xunit|Castle)\.|/rustc/|\b(?:std|core|alloc)::"
    r"|libstd|libcore|/gems/|/rubies/|/vendor/|/usr/local/(?:go|lib|Cellar)|/go/src/|\bruntime\."
    r"|\btesting\.|\.cargo/registry|\bModule\._?|\b(?:module|timers|events|net|vm|fs)\.js:"
    r"|_start\b|rust_begin|^panic\(|__libc_|__rust|<unknown>|reflect\.|\(elixir\)|\(stdlib\)"
    r"|\(mix\)|\{main\}"
    r"|ruby_executable_hooks|bin/(?:bundle|rake|rspec)|kernel_require|\.pyenv/|/opt/python"
)
_CARET = re.compile(r"\s*[\^~|-]*\^[\^~|-]*\s*$")
_PLACE = re.compile(r"\s*(?:/|\w:\\|\./|file://|node:|[\w.-]+/).{0,300}:\d+(?::\d+)?:?$")
_REACH = 25  # lines between an exception's first line and its frames


@dataclass(frozen=True, slots=True)
class Trace:
    """``[first, last)``: lines of one exception; ``message`` those that say what went wrong.

    ``frames`` are the first lines of its frames, those of the call that failed first.
    ``linked``: it goes on from the trace before it (a cause, what happened while handling).
    """

    first: int
    last: int
    message: tuple[int, ...]
    frames: tuple[int, ...]
    linked: bool = False
    python: bool = False


def is_library(text: str) -> bool:
    """Whether a frame is in a language's or a package's code rather than in one's own.

    >>> is_library('  File "/usr/lib/python3.12/json/decoder.py"'), is_library("at app.js:3")
    (True, False)
    """
    return _LIBRARY.search(text) is not None


def is_exception(text: str) -> bool:
    """Whether a line reads like an exception's message."""
    return EXCEPTION.search(text[:1000]) is not None


def is_panic(text: str) -> bool:
    """Whether a line begins a Go or Rust panic."""
    return _PANIC.match(text.lstrip()) is not None


def traces(texts: Sequence[str]) -> list[Trace]:
    """All stack traces in the lines, apart and in order."""
    out: list[Trace] = []
    index = done = 0
    while index < len(texts):
        entry = _trace_at(texts, index, done)
        if entry is None:
            index += 1
            continue
        if out and _links(texts, out[-1], entry):
            entry = Trace(entry.first, entry.last, entry.message, entry.frames, True, entry.python)
        out.append(entry)
        index = done = entry.last
    return out


def _links(texts: Sequence[str], before: Trace, after: Trace) -> bool:
    if _CAUSED.match(texts[after.first]) and after.first - before.last < 3:
        return True
    between = texts[before.last : after.first][:6]
    return after.first - before.last <= 6 and any(_PY_LINK.match(t) for t in between)


def _trace_at(texts: Sequence[str], index: int, done: int) -> Trace | None:
    """The trace whose first head or frame is the line ``index``; heads reach up to ``done``."""
    text = texts[index]
    if not text or text.isspace():
        return None
    if _PY_HEAD.search(text):
        return _python(texts, index)
    if is_panic(text):
        return _panic(texts, index)
    if _PY_FRAME.match(text):
        doctest = index + 1 < len(texts) and texts[index + 1].startswith("Failed example:")
        return None if doctest else _python(texts, index)
    for frame in (_AT_FRAME, _RUBY_FRAME, _HASH_FRAME, _EX_FRAME, _PERL_FRAME):
        if frame.match(text):
            return _headed(texts, index, done, frame)
    if _LUA_HEAD.match(text):
        return _headed(texts, index, done, _LUA_FRAME)
    if _RUST_HEAD.match(text):
        return _headed(texts, index, done, _RUST_FRAME)
    return None


def _indent(text: str) -> int:
    match = _INDENTED.match(text)
    return match.end() if match else 0


def _python(texts: Sequence[str], index: int) -> Trace | None:
    """Frames with their source lines, then the message; of a SyntaxError the excerpt too."""
    at = index + 1 if _PY_HEAD.search(texts[index]) else index
    depth = -1
    frames: list[int] = []
    while at < len(texts):
        text = texts[at]
        if _PY_FRAME.match(text):
            frames.append(at)
            depth = _indent(text)
        elif not text.strip() or not frames or _indent(text) <= depth:
            break
        at += 1
    if not frames:
        return None
    message = _message_below(texts, at, depth)
    frames.reverse()
    return Trace(index, at + len(message), tuple(message), tuple(frames), python=True)


def _message_below(texts: Sequence[str], at: int, depth: int) -> list[int]:
    """The exception's line under its frames, and the lines its message goes on for."""
    if at >= len(texts) or not texts[at].strip():
        return []
    message = [at]
    for below in range(at + 1, min(at + 12, len(texts))):
        text = texts[below]
        deeper = _indent(text) > max(0, depth - 2)
        if not text.strip() or not (deeper or text.startswith(("  ", "- ", "* "))):
            break
        if _PY_FRAME.match(text) or _PY_HEAD.search(text):
            break
        message.append(below)
    return message


def _panic(texts: Sequence[str], index: int) -> Trace:
    """A Go or Rust panic: message lines, then goroutines or a backtrace, if there are any."""
    message, at = [index], index + 1
    while at < min(index + 8, len(texts)) and texts[at].strip():
        text = texts[at]
        if _RUST_HEAD.match(text) or _GO_ROUTINE.match(text) or text.startswith(("note: ", "---")):
            break
        message.append(at)
        at += 1
    last, frames = at, []
    while at < len(texts):
        text = texts[at]
        call = _GO_CALL.match(text) and at + 1 < len(texts) and _GO_FILE.match(texts[at + 1])
        if call or (_RUST_FRAME.match(text) and not text.lstrip().startswith("at ")):
            frames.append(at)
        elif not (_is_inside_panic(text) or (not text.strip() and _goes_on(texts, at + 1))):
            break
        at += 1
        last = at
    return Trace(index, last, tuple(message), tuple(frames))


def _is_inside_panic(text: str) -> bool:
    inside = (_GO_FILE, _GO_ROUTINE, _RUST_HEAD, _RUST_FRAME)
    return text.startswith("[signal ") or any(p.match(text) for p in inside if text.strip())


def _goes_on(texts: Sequence[str], at: int) -> bool:
    """Whether what follows a blank line still belongs to the panic."""
    return at < len(texts) and (
        _GO_ROUTINE.match(texts[at]) is not None or texts[at].startswith("[signal ")
    )


def _headed(texts: Sequence[str], index: int, done: int, frame: re.Pattern[str]) -> Trace | None:
    """Frames below their message; the lines of the message are looked for above the frames."""
    at = index
    frames: list[int] = []
    while at < len(texts):
        text = texts[at]
        if frame.match(text):
            if not text.lstrip().startswith("at ") or frame is not _RUST_FRAME:
                frames.append(at)
        elif not (_MORE.match(text) or (at == index and not frames)):
            break
        at += 1
    if frame is _RUBY_FRAME and is_exception(texts[index]):
        return Trace(index, at, (index,), tuple(frames[1:]))
    message = _message_above(texts, index, done)
    alone = len(frames) < 2
    if not frames or (alone and not (message and is_exception(texts[message[0]]))):
        return None
    first = _excerpt_above(texts, message[0], done) if message else index
    return Trace(first, at, tuple(message), tuple(frames))


def _message_above(texts: Sequence[str], index: int, done: int) -> list[int]:
    """The lines of the message above the frames: from what reads like an exception on."""
    blanks = 0
    for above in range(index - 1, max(done, index - _REACH) - 1, -1):
        text = texts[above]
        if not text.strip():
            blanks += 1
            if blanks > 2:
                break
        elif is_exception(text) or is_panic(text):
            return [i for i in range(above, index) if texts[i].strip()]
    nearest = index - 1
    if nearest >= done and texts[nearest].strip():
        return [nearest]
    return []


def _excerpt_above(texts: Sequence[str], first: int, done: int) -> int:
    """Where the place and the source line stand that Node prints above the message."""
    for above in range(first - 1, max(done, first - 8) - 1, -1):
        if _CARET.match(texts[above]):
            for place in range(above - 1, max(done, above - 6) - 1, -1):
                if _PLACE.match(texts[place]):
                    return place
            return max(done, above - 1)
    return first


def plan_trace(plan: LinePlan, trace: Trace, *, top: float = 5.0) -> None:
    """Write a trace's lines into the plan: its message worth ``top``, frames under its head.

    The head is the first line, so that a reader can take the frames apart; frames in Python
    bring the message along, which stands below them.
    """
    head = trace.first if trace.python else (trace.message or (trace.first,))[0]
    last_message = trace.message[0] if trace.message else head
    for index in range(trace.first, trace.last):
        if not plan.blank(index):
            plan.set(index, top - 1.4, kind="frame", head=head)
    _plan_frames(plan, trace, top, last_message)
    for place, index in enumerate(trace.message):
        plan.set(index, top if place == 0 else top - 0.15 - 0.02 * min(place, 12), head=head)
        plan.kinds[index] = "exception"
    plan.kinds[head] = "exception"
    if head not in trace.message:
        plan.salience[head] = top - 0.8
    plan.heads[head] = -1
    plan.opens[head] = 1


def _plan_frames(plan: LinePlan, trace: Trace, top: float, message: int) -> None:
    """Frames with what belongs to each: one's own first, the nearest of them most."""
    begins = set(trace.frames)
    start = min(begins, default=trace.last)
    for index in range(start + 1, trace.last):
        if index not in begins and index not in trace.message and not plan.blank(index):
            plan.joined[index] = 1
    own = 0
    _fold_frames(plan, trace)
    for place, index in enumerate(trace.frames):
        worth = top - 3.2 - min(place, 12) * 0.02
        below = index + 1
        place_line = plan.texts[below] if below < trace.last and plan.joined[below] else ""
        if not is_library(plan.texts[index]) and not (not trace.python and is_library(place_line)):
            worth = top - (0.9 if own == 0 else 1.5) - min(own, 10) * 0.06
            own += 1
        elif own == 0 and place < 2:
            worth = top - 1.8
        plan.salience[index] = worth
        if trace.python and message != trace.first:
            plan.refers[index] = (message,)
        for below in range(index + 1, trace.last):
            if not plan.joined[below]:
                break
            plan.salience[below] = worth


def _fold_frames(plan: LinePlan, trace: Trace) -> None:
    """A frame like an earlier one but for numbers (a recursion) repeats it."""
    before: dict[str, int] = {}
    for index in sorted(trace.frames):
        last = index + 1
        while last < trace.last and plan.joined[last]:
            last += 1
        key = template(" ".join(plan.texts[index : min(last, index + 4)]))
        first = before.setdefault(key, index)
        if first != index:
            plan.folds[index] = first
