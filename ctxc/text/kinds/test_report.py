"""Test reports: pytest, unittest, jest, vitest, mocha, go test, cargo test, TAP, RSpec, minitest,
JUnit and surefire, Gradle, ctest, GoogleTest, PHPUnit, ScalaTest, prove, dotnet test.

Told by the words of verdicts (passed, failed, ok, ``--- FAIL``) and by the runners' rulers. A
failed test is a unit: its name is the head; message, expected and actual value, place and frames
need it. Where many tests failed, every name ranks before any of the details. Summary lines are
verdicts. What passed is worth nothing by itself, and repeats of it fold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..segment.builder import Builder
from . import Passage
from .failures import SUMMARY, Failure, failures, is_failure, plan_failure
from .fault_words import role_of
from .line_plan import LinePlan
from .templates import first_of, plain, template, unstamped
from .traceback import plan_traces
from .traces import Trace

_SAMPLE = 250  # lines from either end that are looked at
_MANY = 3  # failures: with more, names come before details
_RULERS = re.compile(
    r"={3,} (?:test session starts|FAILURES|ERRORS|short test summary info|warnings summary"
    r"|.*\b(?:passed|failed)\b.*) ={3,}$|platform \w+ -- Python |Ran \d+ tests? in|test result: "
    r"|(?:Test Suites|Test Files|Tests):? +\d+ |running \d+ tests?$|TAP version \d+|1\.\.\d+$"
    r"|PHPUnit \d|\s*\d+ (?:passing|failing)\b|Failures:$|Failed examples:|\d+ examples?, \d+ fail"
    r"|\d+ runs, \d+ assertions|Run options: .*--seed|(?:\[\w+\] )?Tests run: \d+|T E S T S$"
    r"|Test project /|\d+% tests passed|\[=+\] |\[-{5,}\]|Google Test|Discovery (?:starting"
    r"|completed)"
    r"|Starting test execution|Test Run (?:Failed|Successful)|Result: (?:PASS|FAIL)|DONE \d+ tests"
    r"|ℹ (?:tests|pass|fail) \d|\d+ tests? completed, \d+|# (?:tests|pass|fail) +\d"
    r"|=== (?:Failed|Skipped|Errors|RUN)\b|\s*Test Summary Report|Total tests: \d+"
)
_LINE = re.compile(
    r"\s*(?:--- (?:PASS|FAIL|SKIP)|=== (?:RUN|PAUSE|CONT|NAME|SKIP|FAIL)|(?:not )?ok \d+|ok {2}\t"
    r"|(?:PASS|FAIL)\b[ \t]+\S|test \S.* \.\.\. (?:ok|FAILED|ignored)|[✓✔√✕✗✖✘] \S"
    r"|\[ +(?:OK|RUN|FAILED|PASSED) +\]|\S+ (?:PASSED|FAILED|SKIPPED|ERROR|XFAIL)(?: +\[ *\d+%\])?$"
    r"|.*\.\.\. (?:ok|FAIL|ERROR|skipped)\b|\d+/\d+ Test +#\d+|\S+#\S+ = [\d.]+ s = [.FES]$|● |\S+\.\w+ [.FEsxX]+ +\[ *\d+%\]$)"  # noqa: E501
    r"|\S.* > .* (?:PASSED|FAILED|SKIPPED)$"
)
_DIFF = re.compile(r"diff --git |@@ -\d+(?:,\d+)? \+\d")
_PASSED_MINITEST = re.compile(r"\S+#\S+ = [\d.]+ s = [.S]$")
_PROGRESS = re.compile(r"(?:\S+\s+)?[.FEsxXPSIW*]{2,}(?:\s+\[ *\d+%\]|\s+\d+ ?/ ?\d+ .*)?\s*$")
_PROGRESS_FAILED = re.compile(r"[.sx]*[FE][.sxFE]*(?:\s|$)")
_BAD = re.compile(
    r"[1-9]\d* (?:tests? )?(?:failed|failing|failures?|errors?)|fail(?:ed|ures?"
    r"|s)?\W{1,3}[1-9]|(?-i:FAIL)",
    re.IGNORECASE,
)
_TOTALS = 6  # lines above the last total that may hold others of the same run
_FAILED_OF = re.compile(
    r"\s*\d+ of +\d+ in |(?:Tests|Test Suites|Test Files)[: ]+.*\bfailed"
    r"|\d+ passed and \d+ failed"
)
_RUN = re.compile(r"\s*=== (?:RUN|NAME|CONT)\s+(\S+)")
_FAILED_GO = re.compile(r"\s*--- FAIL: (\S+)")
_OUTPUT = re.compile(r"\s+\S+\.go:\d+: ")
_VERDICTS = re.compile(
    r"^\s*(?:(?:FAIL(?:ED)?|ERROR|test|----|---)\b:?|----|_{3,})\s+"
    r"|\s+\.\.\. ?(?:FAIL(?:ED)?|ERROR)$"
    r"|\s+(?:FAILED|ERROR)(?:\s+\[ *\d+%\])?$|\s(?:stdout ----|_{3,})$"
)
_RULE = re.compile(r"\s*([=_-])\1{2,} .* \1{2,}$|\s*[=_\-⎯]{5,}")


def detect(passage: Passage) -> float:
    """High where a runner's rulers stand, or where most lines are tests with their verdicts."""
    lines = passage.lines
    sample = lines if len(lines) <= 2 * _SAMPLE else [*lines[:_SAMPLE], *lines[-_SAMPLE:]]
    texts = [t for t in (unstamped(plain(line.text[:500])) for line in sample) if t.strip()]
    if not texts or texts[0][0] in "<{" or any(_DIFF.match(t) for t in texts):
        return 0.0
    rulers = sum(_RULERS.match(t) is not None for t in texts)
    verdicts = sum(_LINE.match(t) is not None for t in texts)
    if any(t.startswith(("The command ", "travis_", "##[", "Step 1/")) for t in texts):
        return 0.4 if rulers else 0.0  # a whole build with tests in it
    if verdicts + rulers > 0.5 * len(texts) and verdicts + rulers > 1:
        return 0.95
    failed = sum(is_failure(t) or SUMMARY.match(t) is not None for t in texts)
    if rulers and (rulers + verdicts + failed) >= 2:
        return 0.9
    return 0.45 if rulers or failed > 1 else 0.0


def add_units(out: Builder, passage: Passage) -> None:
    """Failed tests with what belongs to them; verdicts; the rest by lines, what passed folded."""
    plan = LinePlan(passage.lines)
    entries = plan_tests(plan)
    _plan_others(plan)
    _plan_go_output(plan)
    _plan_verdicts(plan, bool(entries), _few(entries))
    plan.add_to(out)


def plan_tests(plan: LinePlan, *, top: float = 5.0) -> list[Failure]:
    """Plan the failed tests and the traces outside them; returns the failures."""
    inside = plan_traces(plan, top=top - 0.1)
    entries = [f for f in failures(plan.texts) if _is_telling(plan.texts, f)]
    tied = _few(entries)
    detailed = set() if tied else {_name(plan, f) for f in entries if f.last - f.first > 1}
    at = 0
    seen: set[str] = set()
    for entry in entries:
        name = plan.texts[entry.first]
        alone = entry.last - entry.first == 1
        again = 1.0 if name in seen and not alone else 0.0  # a test run again
        if alone and _name(plan, entry) in detailed:
            again = 1.6  # where many failed, the name once is enough
        seen.add(name)
        while at < len(inside) and inside[at].last <= entry.first:
            at += 1
        within = _within(inside, at, entry)
        plan_failure(plan, entry, within, top=top - again, tied=tied)
    return entries


def _few(entries: Sequence[Failure]) -> bool:
    return sum(f.last - f.first > 1 for f in entries) <= _MANY


def _within(inside: Sequence[Trace], at: int, entry: Failure) -> list[Trace]:
    out = []
    while at < len(inside) and inside[at].first < entry.last:
        if inside[at].first > entry.first and inside[at].last <= entry.last:
            out.append(inside[at])
        at += 1
    return out


def _name(plan: LinePlan, entry: Failure) -> str:
    """The test's name alone, without the verdict before or behind it.

    >>> [_VERDICTS.sub("", t) for t in ("FAIL: test_a (x.A)", "test_a (x.A) ... FAIL")]
    ['test_a (x.A)', 'test_a (x.A)']
    """
    return _VERDICTS.sub("", plan.texts[entry.first]).strip()


def _is_telling(texts: Sequence[str], entry: Failure) -> bool:
    """Not a line that only counts failures, or is none."""
    return SUMMARY.match(texts[entry.first]) is None


def _plan_others(plan: LinePlan) -> None:
    """Lines outside failures: verdicts, errors, warnings, what passed."""
    firsts = first_of([template(t) for t in plan.texts])
    for index, text in enumerate(plan.texts):
        if plan.fixed[index] or not text.strip():
            continue
        worth = _worth(text)
        if SUMMARY.match(text):
            plan.kinds[index] = "verdict"
        elif worth < 1:
            plan.kinds[index] = "step"
        plan.salience[index] = worth
        if worth < 1 and firsts[index] != index and not plan.fixed[firsts[index]]:
            plan.folds[index] = firsts[index]


def _worth(text: str) -> float:
    if text.startswith("1.."):
        return 1.0
    if _PASSED_MINITEST.match(text):
        return 0.2
    if SUMMARY.match(text):
        return 4.0 if _BAD.search(text) else 2.6
    if _PROGRESS.match(text):
        return 2.2 if _PROGRESS_FAILED.search(text) else 0.1
    if _RULE.match(text):
        return 0.6
    role, sure = role_of(text)
    table = {"error": 2.0 + 1.6 * sure, "warning": 1.8, "passed": 0.2, "noise": 0.1, "verdict": 3.6}
    return table.get(role, 1.0)


def _plan_go_output(plan: LinePlan) -> None:
    """``go test -v`` prints output above verdicts: that of a failed test is its message."""
    heads = {m.group(1): i for i, t in enumerate(plan.texts) if (m := _FAILED_GO.match(t))}
    if not heads:
        return
    name = ""
    for index, text in enumerate(plan.texts):
        run = _RUN.match(text)
        if run:
            name = run.group(1)
        elif name in heads and not plan.fixed[index] and _OUTPUT.match(text):
            plan.set(index, 4.6, kind="line")
            plan.refers[index] = (heads[name],)


def _plan_verdicts(plan: LinePlan, failed: bool, tied: bool) -> None:
    """The last total that counts failures is worth more than details; else totals are the news."""
    totals = [
        i for i, t in enumerate(plan.texts) if plan.kinds[i] == "verdict" and SUMMARY.match(t)
    ]
    if failed:
        last = next((i for i in reversed(totals) if _BAD.search(plan.texts[i])), -1)
        near = [i for i in totals if last - _TOTALS <= i <= last]
        totals = [i for i in near if i == last or _FAILED_OF.match(plan.texts[i])]
    for index in totals:
        plan.salience[index] = max(plan.salience[index], (4.8 if tied else 5.0) if failed else 3.5)
