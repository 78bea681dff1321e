"""Failed tests in any test runner's report: where each begins and ends, what its lines are worth.

One row a runner's way to begin a failure, with the rule that ends it. Runners share few words,
but all print a name, a message with what was expected and what came, and a place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .line_plan import LinePlan
from .traces import Trace, is_exception, is_library, plan_trace

_LONGEST = 400  # lines of one failure; what runs on for longer is captured output


@dataclass(frozen=True, slots=True)
class _Head:
    """How a failure begins, and ``ends``: by which rule its last line is told.

    "line": it is a line; "indent": at the first line that is indented no deeper;
    "tap": the same but for comments; "blank": at a
    blank line; "next": at the next head or summary; "hash": with the comment lines below.
    """

    pattern: re.Pattern[str]
    ends: str
    checked: bool = False  # only where the lines below speak of a fault


_UNITTEST = re.compile(r"(?:FAIL|ERROR): \S+ \(")
_HEADS = (
    _Head(re.compile(r"_{3,} (?!.*\bsummary\b).*\S _{3,}$"), "next"),  # pytest
    _Head(_UNITTEST, "next"),
    _Head(re.compile(r"\s*● (?!Console$|Validation)"), "indent"),  # jest
    _Head(re.compile(r"\s*---? FAIL: |=== FAIL: "), "indent"),  # go test, gotestsum
    _Head(re.compile(r"---- .{1,300} stdout ----$"), "next"),  # cargo test
    _Head(re.compile(r"\s*not ok \d+(?!.*# (?:TODO|SKIP|todo|skip))"), "tap"),
    _Head(re.compile(r"\s*(?:FAIL|ERROR) in \(.+\) \("), "blank"),  # clojure.test
    _Head(re.compile(r"[─-]+ (?:\d+\. )?(?:Failure|Error)(?:: | \()"), "next"),  # testthat
    _Head(re.compile(r".{0,300}\b(?:Error During Test|Test Failed) at \S+"), "indent"),  # Julia
    _Head(re.compile(r"Test [Cc]ase '.{1,200}' failed \("), "line"),  # XCTest
    _Head(re.compile(r"\s*\[-\] \S"), "indent"),  # Pester
    _Head(re.compile(r"(?:Failure|Error) → \S"), "blank"),  # busted
    _Head(re.compile(r"\s*FAILED +\d+/\d+ +\S+"), "line"),  # ERT
    _Head(re.compile(r"FAIL: \S+$|FAIL \S.* \[\S+\.phpt\]"), "line"),  # automake, php
    _Head(re.compile(r".{1,400}<<< (?:FAILURE|ERROR)!\s*$"), "next"),  # surefire
    _Head(
        re.compile(r"(?!> Task )\s*\S.{0,400} FAILED(?: \([\d.]+ ?m?s\w*\))?$"), "indent"
    ),  # Gradle, Karma
    _Head(re.compile(r"\[  FAILED  \] \S+(?:\.\S+)? \(\d+ ms\)"), "line"),  # GoogleTest
    _Head(re.compile(r"\S{1,300}:\d+: Failure$"), "blank"),  # GoogleTest's assertion
    _Head(re.compile(r".{0,20}\bTest +#\d+: .*\*\*\*"), "line"),  # ctest
    _Head(re.compile(r"\s+\d+ - \S.* \((?:Failed|SEGFAULT|Timeout|Exit code.*)\)$"), "line"),
    _Head(re.compile(r"(?:- )?\S.{0,400}\*\*\* FAILED \*\*\*"), "indent"),  # ScalaTest
    _Head(re.compile(r"\S+ failed on line \d+"), "blank"),  # Erlang's common test
    _Head(re.compile(r"\s*#\s+Failed (?:\(TODO\) )?test\b(?! \(TODO)"), "hash"),  # Test::More
    _Head(re.compile(r"# Looks like you (?:failed|planned)|# Looks like your test"), "line"),
    _Head(re.compile(r"\S.{0,200}(?: \.+|\.\.) ?(?:Dubious|Failed \d+/\d+)"), "line"),  # prove
    _Head(re.compile(r"\s*(?:\[xUnit\.net [\d:.]+\]\s+)?\S.{0,300} \[FAIL\]$"), "indent"),
    _Head(re.compile(r"\s*(?:X|Failed) \S.{0,300} \[[<\d][^\]]*\]$"), "indent"),  # dotnet test
    _Head(re.compile(r"\s*[✕✗✖✘×] \S"), "indent"),
    _Head(re.compile(r"(?:FAILED|ERROR) \S+(?:::| - |\.py)"), "line"),  # pytest's short summary
    _Head(re.compile(r"\s*FAIL {1,2}\S.* > "), "next"),  # vitest
    _Head(re.compile(r"(?:\s*FAIL|FAIL:?)\s+\S+"), "line"),
    _Head(re.compile(r"test \S.{0,300} \.\.\. FAILED$"), "line"),
    _Head(re.compile(r"(?:Failure|Error):$"), "blank"),  # minitest reporters
    _Head(re.compile(r"\S+#\S+ = [\d.]+ s = [FE]$"), "line"),  # minitest, verbose
    _Head(re.compile(r"File \"[^\"]{1,300}\", line \d+, in \S+$"), "next", checked=True),  # doctest
    _Head(re.compile(r"\s*\d{1,4}\) \S"), "next", checked=True),  # mocha, RSpec, PHPUnit, minitest
    _Head(re.compile(r"rspec \./\S+"), "line"),
)
_ANY = re.compile("|".join(f"(?:{h.pattern.pattern})" for h in _HEADS))
_UNNAMED = re.compile(r"(?:^|\d\) )(?:Failure|Error):$")
_NUMBERED = re.compile(r"\s*\d{1,4}\) ")
SUMMARY = re.compile(
    r"\s*(?:Tests|Test Suites|Snapshots|Test Files|Suites)\s*: +\S|\s*(?:Tests|Test Files) {2}\d"
    r"|Ran \d+ tests? in|(?:FAILED|OK) \(|OK$|FAILURES!|ERRORS!|Tests: \d+"
    r"|={3,} (?:.*\b(?:passed|failed|errors?|skipped)\b.*|no tests ran.*) ={3,}$|test result: "
    r"|\s*\d+ (?:tests?|examples?|scenarios?|runs|specs?|assertions)\b.{0,80}\b(?:fail|error|skip)"
    r"|\s*\d+ (?:passing|failing|pending)\b|\W{0,3}Finished (?:in|tests) |(?:\[\w+\] )?Tests run: "
    r"|\d+% tests passed|# (?:tests|pass|fail|skipped|todo)\b|1\.\.\d+$|Result: (?:FAIL|PASS)"
    r"|ℹ (?:tests|pass|fail|suites|skipped|todo|cancelled) \d|Files=\d+|\d+ tests? (?:passed"
    r"|failed)|Total tests: |(?:Passed|Failed)!\s+- Failed"
    r"|\s*(?:Passed|Failed|Skipped|Total)\s*: +\d+$|Test Run (?:Failed|Successful)"
    r"|\[\s+(?:PASSED|FAILED)\s+\] \d+ tests?|\s*\d+ FAILED TESTS?|Executed \d+ of \d+"
    r"|DONE \d+ tests"
    r"|(?:Failed \d+/\d+ (?:test|sub))|\*\*\* \d+ TESTS? FAILED|Success/Total: |There (?:was"
    r"|were) \d+"
    r"|\d+ (?:failed|passed)[,.]? ?(?:\d+ \w+)?|\s*Passed: \d+, Failed|TEST COMPLETE, "
    r"|\d+ items? (?:had failures|passed all)|\s*\d+ of +\d+ in \S+$|\d+ tests in \d+ items"
    r"|\*\*\*Test (?:Failed|passed)"
)
_STOP = re.compile(
    r"={5,}|-{20,}|[⎯─]{10,}|_{5,} |(?:PASS|RUNS|ok|FAIL)\s+\S|=== |--- (?:PASS|FAIL|SKIP)"
    r"|failures:$"
    r"|Failed examples:|npm ERR!|travis_|The command |\$ |Running \S|\[\w+\] (?:Running"
    r"|Results|Tests)"
    r"|\*{20,}|Trying:$|FAILED \S|- (?: -)+$|WARNINGS?!|Code Coverage|##\[|\s*ok \d+|\[ RUN"
)
_FAULT_BELOW = re.compile(
    r"\b(?:Error|Exception|Failure|Failed|expected|Expected|assert\w*|AssertionError|Failing)\b"
    r"|\bfail(?:ed|ure)\b|^\s*at |timeout"
)
_VALUES = re.compile(
    r"\s*(?:E\s+)?(?:\[\w+\]\s+)?(?:[-+] {0,20}\S|(?:Expected|Received|Actual|expected|actual"
    r"|received|got|"
    r"want|wanted|left|right|but was|was|Got|Want|found|Left|Right|  expected|but got|  actual|"
    r"operator|to equal|With diff|Diff)\b.{0,40}(?::|but|=|$))"
)
_ASSERTION = re.compile(
    r"^E\s|^\s*>\s|\bassert\w*\b|\b\w*(?:Error|Exception)\b|\bexpected\b"
    r"|\bFailure/Error"
    r"|\bnot (?:equal|match|contain|be)\b|\bto (?:equal|be|have|match|contain)\b|\bFailed asserting"
    r"|\btimeout\b|\bpanic|\bReason:|\bMessage:|\bError:|\bwas (?:not )?\S+",
    re.IGNORECASE,
)
_PLACE = re.compile(r"[\w./\\-]+\.\w{1,6}[:(]\d+")
_EXCERPT = re.compile(r"\s*(>?) *\d+ [|│]")  # a line of source, the one at fault marked
_NAMED_BELOW = re.compile(r"\s*\d{1,4}\) ")  # mocha: suite, and below it the test's name
_CAPTURED = re.compile(r"-+ ?Captured |\s*console\.\w+$")
_NESTED = re.compile(r"\s+--- (?:PASS|FAIL|SKIP): ")
_ROUTINE = re.compile(
    r"\s*[-=]{20,}$|(?:_ ){8}|\s*duration_ms: |\s*# (?!  )|\s*#$|\s*\.\.\.$|\s*---$"
    r"|note: run with|\s*stack: \|-"
)


@dataclass(frozen=True, slots=True)
class Failure:
    """``[first, last)``: one failed test; ``first`` is the line with its name or verdict."""

    first: int
    last: int


def failures(texts: Sequence[str]) -> list[Failure]:
    """Failed tests in the lines, apart, in order; found by their heads."""
    out: list[Failure] = []
    index = 0
    while index < len(texts):
        head = _head_at(texts, index)
        if head is None:
            index += 1
            continue
        last = _end(texts, index, head)
        out.append(Failure(index, last))
        index = last
    return out


def is_failure(text: str) -> bool:
    """Whether a line alone says that a test failed."""
    return any(h.pattern.match(text) for h in _HEADS if not h.checked)


def _head_at(texts: Sequence[str], index: int) -> _Head | None:
    text = texts[index]
    if not _ANY.match(text):
        return None
    for head in _HEADS:
        if head.pattern.match(text) and not (head.checked and not _speaks_of_fault(texts, index)):
            return head
    return None


def _speaks_of_fault(texts: Sequence[str], index: int) -> bool:
    """Whether a numbered line is followed, before the next, by what a failure says."""
    for below in range(index, min(index + 8, len(texts))):
        if below > index and _NUMBERED.match(texts[below]):
            return False
        if _FAULT_BELOW.search(texts[below]):
            return True
    return False


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _end(texts: Sequence[str], index: int, head: _Head) -> int:
    """The line behind the failure's last one that is not blank."""
    last = index + 1
    if head.ends == "line":
        return last
    depth, blanks, filled = _indent(texts[index]), 0, 0
    limit = min(len(texts), index + _LONGEST)
    start = index + 1
    for under in range(start, min(start + 3, limit)):  # a rule under a unittest's name
        if re.match(r"[-=]{20,}$", texts[under]) and head.pattern is _UNITTEST:
            start = under + 1
    for below in range(start, limit):
        text = texts[below]
        if not text.strip():
            blanks += 1
            if head.ends == "blank" or (blanks > 3 and filled):
                break
            continue
        if _ends_here(text, head, depth, blanks, filled):
            break
        blanks, filled, last = 0, filled + 1, below + 1
    return last


def _ends_here(text: str, head: _Head, depth: int, blanks: int, filled: int) -> bool:
    """Whether a line that is not blank is outside the failure."""
    indent = _indent(text)
    if head.ends == "hash":
        return not re.match(r"\s*#", text) or head.pattern.match(text) is not None
    if head.ends == "tap" and not text.lstrip().startswith("#") and indent <= depth:
        return True
    if head.ends == "indent" and indent <= depth:
        return True
    if SUMMARY.match(text) or (_STOP.match(text) and indent <= depth):
        return True
    if head.ends in ("indent", "tap"):
        return (
            indent <= depth + 2 and _ANY.match(text) is not None and _NUMBERED.match(text) is None
        )
    if head.checked:
        numbered = _NUMBERED.match(text) is not None and indent <= depth
        return numbered or (blanks > 1 and indent < depth and filled > 1)
    return head.pattern.match(text) is not None or (
        ".*<<<" in head.pattern.pattern
        and blanks > 0
        and not text.startswith(("\t", " ", "Caused"))
    )


def plan_failure(
    plan: LinePlan, failure: Failure, inside: Sequence[Trace], *, top: float, tied: bool
) -> None:
    """Write a failed test's lines into the plan, its name worth ``top``.

    ``inside``: the traces between its first and last line. ``tied``: its lines need its name and
    are one unit with it; else each brings the name along (where many failures share a budget,
    every name comes before any of the details).
    """
    head = failure.first
    for index in range(head + 1, failure.last):
        if not plan.blank(index):
            plan.set(index, top - behind_name(plan.texts[index]), kind="line", head=head)
    for trace in inside:
        plan_trace(plan, trace, top=top - 0.2)
        start = next((i for i in range(trace.first, trace.last) if plan.heads[i] < 0), trace.first)
        plan.set(start, plan.salience[start], head=head)
        plan.opens[start] = 0
    _tie_values(plan, failure)
    plan.set(head, top, kind="failure")
    plan.heads[head] = -1
    plan.opens[head] = 1
    if _UNNAMED.search(plan.texts[head]) and head + 1 < failure.last:
        plan.joined[head + 1] = 1  # the name stands on the next line
    for index in _rest_of_name(plan, failure):
        plan.joined[index] = 1
    if not tied:
        _loosen(plan, failure, top)


def _rest_of_name(plan: LinePlan, failure: Failure) -> range:
    """The lines below a number and a suite that name the test: deeper, up to a colon."""
    head, texts = failure.first, plan.texts
    if not _NAMED_BELOW.match(texts[head]):
        return range(0)
    last = head + 1
    while last < min(failure.last, head + 6) and _indent(texts[last]) > _indent(texts[head]):
        if plan.blank(last):
            break
        last += 1
    named = last < failure.last and plan.blank(last) and texts[last - 1].rstrip().endswith(":")
    return range(head + 1, last if named else head + 1)


def behind_name(text: str) -> float:
    """How far a line of a failure stands behind its name."""
    if _NESTED.match(text):
        return 0.0 if "FAIL" in text else 4.6
    if _ROUTINE.match(text) or _CAPTURED.match(text):
        return 2.4
    excerpt = _EXCERPT.match(text)
    if excerpt:
        return 0.4 if excerpt.group(1) else 1.8
    if _VALUES.match(text):
        return 0.3
    if re.match(r"E\s", text) or (_ASSERTION.search(text) and not is_library(text)):
        return 0.25
    if _PLACE.search(text):
        return 2.6 if is_library(text) else 0.7
    return 2.8 if is_library(text) else 1.6


def _tie_values(plan: LinePlan, failure: Failure) -> None:
    """What was expected and what came are read together."""
    before = -1
    for index in range(failure.first + 1, failure.last):
        if plan.joined[index] or not _VALUES.match(plan.texts[index]):
            continue
        if 0 <= index - before <= 2 and before >= 0:
            plan.refers[index] = (*plan.refers.get(index, ()), before)
            plan.refers[before] = (*plan.refers.get(before, ()), index)
            before = -1
        else:
            before = index


def _loosen(plan: LinePlan, failure: Failure, top: float) -> None:
    """Lines that bring the name along each: messages before values, values before frames."""
    message = _message(plan, failure)
    for index in range(failure.first + 1, failure.last):
        if plan.joined[index] or plan.blank(index):
            continue
        said = plan.kinds[index] == "exception" and plan.salience[index] > top - 0.6
        if plan.heads[index] == failure.first or said:
            plan.heads[index] = -1
            plan.refers[index] = (*plan.refers.get(index, ()), failure.first)
        behind = top - plan.salience[index]
        if index == message:
            plan.salience[index] = top - 0.3
        else:
            plan.salience[index] = top - max(0.6, behind + (0.3 if behind < 0.6 else 0.6))


def _message(plan: LinePlan, failure: Failure) -> int:
    """The line that says what went wrong first, or -1."""
    inside = range(failure.first + 1, failure.last)
    filled = [i for i in inside if not plan.joined[i] and not plan.blank(i)]
    best = max((plan.salience[i] for i in filled), default=0.0)
    for sure in (True, False):
        for i in filled:
            if sure and (plan.texts[i].startswith("E ") or plan.kinds[i] == "exception"):
                if is_exception(plan.texts[i]) or plan.texts[i].startswith("E "):
                    return i
            elif not sure and plan.salience[i] >= best - 0.1:
                return i
    return -1
