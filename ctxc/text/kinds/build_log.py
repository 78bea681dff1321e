"""Build, CI and install logs: Travis, GitHub Actions, GitLab, Jenkins, make, cmake, cargo, npm,
pip, docker, Maven, Gradle, apt.

Told by what runners and build tools write: folds and groups, exit statuses, the tools' prefixes.
A log is cut into steps: a command, its output, its exit status. In a step that failed the reason
stands in the error lines, in failed tests and tracebacks, and often just above the exit status in
lines without any such word; a log without a status is one step that ends where the log ends. So
the nearer the end of its step, the more a line is worth. Error lines of steps that ended well,
warnings and consequences (``make: *** Error 2``) stand behind; downloads and progress are noise.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ...document import Kind
from ..segment.builder import Builder
from . import Passage
from .fault_words import role_of
from .line_plan import LinePlan
from .templates import first_of, plain, template, unstamped
from .test_report import plan_tests

_SAMPLE = 200  # lines from either end that are looked at
_FOUND = re.compile(
    r"travis_(?:fold|time):|The command .{1,300} (?:exited with|returned a non-zero)"
    r"|Done\. Your build"
    r"|##\[(?:group|error|warning|section|command)\]|::(?:group|error|endgroup)"
    r"|section_(?:start|end):"
    r"|Process completed with exit code|\[Pipeline\] |Finished: (?:SUCCESS|FAILURE|ABORTED)"
    r"|Started by "
    r"|g?make(?:\[\d+\])?: (?:\*\*\*|Entering|Leaving|Nothing)|(?:npm|yarn|pnpm) (?:ERR!|error"
    r"|WARN|warn"
    r"|info|http|verbose|notice) |BUILD (?:FAILED|SUCCESS\w*|FAILURE)|\[INFO\] (?:-{10,}"
    r"|Building|Scanning)"
    r"|> Task :|FAILURE: Build failed|-- (?:Configuring|Generating|The C\w* compiler"
    r"|Looking for|Build files)"
    r"|\[ *\d+%\] (?:Building|Linking|Built)|\[\d+/\d+\] (?:Building|Linking|Compiling|CC|CXX)"
    r"|ninja: |CMake (?:Error|Warning)|\s+Compiling \S+ v\d|error: could not compile"
    r"|\s+Finished .*target"
    r"|Collecting \S+|Successfully (?:installed|built|tagged)|ERROR: (?:Could not|No matching"
    r"|Failed)"
    r"|Step \d+/\d+ : |#\d+ (?:\[|DONE|ERROR|CACHED)|Sending build context|--->|Get:\d+ http|E: "
    r"|Reading package lists|Setting up \S+ \(|(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+) -|(?:CC"
    r"|LD|CXX|AR)\s"
    r"|Buildfile: |\s+\[(?:javac|exec|mkdir|echo)\]|Resolving dependencies|Fetching gem"
    r"|bundle install"
    r"|yarn (?:install|run) v|\[\d/\d\] .*\.\.\.|checking (?:for|whether) |configure: "
    r"|Bundle complete"
)
_RUNNER = re.compile(
    r"travis_(?:fold|time):|##\[(?:group|section|command|endgroup)\]|section_start:\d|\[Pipeline\] "
    r"|\[INFO\] (?:Scanning for projects|BUILD (?:SUCCESS|FAILURE)|Reactor|-+< )"
    r"|\[INFO\] --- maven-"
    r"|Using worker: |Worker information|Running with gitlab-runner"
)
_STATUS = re.compile(
    r"(?:The command .*|\") exited with (\d+)(?:\.|$| during)"
    r"|Process completed with exit code (\d+)"
    r"|returned a non-zero code: (\d+)"
    r"|process \".*\" did not complete successfully: exit code: (\d+)"
    r"|^ERROR: Job failed: exit (?:code|status) (\d+)|^Command exited with non-zero status (\d+)"
)
_OVER = re.compile(
    r"^Done\. Your build|^Finished: |^ERROR: Job failed|^Job (?:failed|succeeded)"
    r"|^Build (?:finished|failed)"
)
_AFTERWARDS = re.compile(
    r"travis_fold:start:(?:after_|before_cache|cache\.[2-9])|^store build cache|^Post job cleanup"
    r"|^##\[(?:group|section)\](?:Post |Finishing)|^Uploading artifacts|^Cleaning up"
)
_STOPPED = re.compile(
    r"^(?:g?make|mingw32-make)(?:\[\d+\])?: \*\*\*|^npm (?:ERR!|error) "
    r"|^error: (?:build failed|could not compile|aborting due)"
    r"|^-- Configuring incomplete|^ninja: build stopped|^Execution halted"
    r"|^error Command failed with"
)
_COMMAND = re.compile(
    r"^(?:\$ |\[command\]|##\[command\]|##\[group\]Run |Step \d+/\d+ : |#\d+ \[.{1,60}\] )"
)
_GENERIC = re.compile(
    r"^npm (?:ERR!|error)(?: (?:argv|node|npm|Linux|Darwin|Windows_NT|cwd|System|command"
    r"|A complete log|"
    r"This is probably|Make sure|Tell the author|There is likely|You can get|If you need|Or if"
    r"|Failed at|"
    r"not ok code|Please include|code ELIFECYCLE|errno|Exit status|Test failed|file |path "
    r"|\s*(?:npm |/)).*)?$"
    r"|^\(See full trace|^Tasks: TOP|^\* (?:Try|Get more help)|^(?:>\s)?Run with --"
    r"|^See also \"|^info Visit "
    r"|^make\[\d+\]: (?:Entering|Leaving)|^A complete log|^Use --trace|^note: run with"
    r"|^For more info"
    r"|^\[(?:INFO|ERROR)\] (?:-> \[Help|To see the full|Re-run|For more information|\[Help"
    r"|After correct)"
    r"|^\d+ actionable tasks?|^\S+ info (?:ok|it worked)|^Executed in|^real\s|^user\s|^sys\s"
    r"|^(?:npm|yarn) info "
)
_STRICT = re.compile(
    r"Failing due to -Werror|treated as errors?\b|--max-warnings|warnings? found, failing"
)
_FRESH = 8  # lines over which what stands just above the end of a step fades
_NEAR = 20.0  # lines over which the end of a step still favours its error lines
_FRAMES = 2.6  # library frames are worth less than that, and here that much more
_FAR = 10_000
_COMMAND_LENGTH = 240  # characters: what a longer command says is not worth its room


@dataclass(frozen=True, slots=True)
class Step:
    """``[first, last)``: a command's line, its output, and its exit status where there is one.

    ``failed``: it ended with a status other than 0; ``status`` is that line's index, or -1.
    """

    first: int
    last: int
    failed: bool
    status: int = -1


def detect(passage: Passage) -> float:
    """By how many lines speak of build tools; sure where a runner's own marks stand."""
    lines = passage.lines
    sample = lines if len(lines) <= 2 * _SAMPLE else [*lines[:_SAMPLE], *lines[-_SAMPLE:]]
    texts = [t for t in (unstamped(plain(line.text[:500])) for line in sample) if t.strip()]
    if not texts:
        return 0.0
    marks = sum(_FOUND.match(t) is not None for t in texts)
    status = any(_STATUS.search(t) for t in texts)
    runner = sum(_RUNNER.match(t) is not None for t in texts)
    if (status and marks > 1) or runner > 1:
        return 0.97
    share = marks / len(texts)
    if marks < 2:
        return 0.0
    return min(0.9, 0.35 + 1.5 * share) if marks > 4 or share > 0.15 else 0.3


def add_units(out: Builder, passage: Passage) -> None:
    """Lines worth by what they say and where in their step; failed tests, traces as units."""
    plan = LinePlan(passage.lines)
    roles = [role_of(text) for text in plan.texts]
    steps = _steps(plan.texts)
    plan_tests(plan)
    for step in steps:
        _plan_step(plan, step, roles)
    _fold(plan, roles)
    plan.add_to(out)


def _steps(texts: Sequence[str]) -> list[Step]:
    """The log as steps that tile it; without a status line the last one is taken as failed."""
    out: list[Step] = []
    start = 0
    for index, text in enumerate(texts):
        body = text.lstrip()
        match = _STATUS.search(body) if len(body) < 4000 else None
        if match:
            code = next(g for g in match.groups() if g is not None)
            out.append(Step(start, index + 1, int(code) != 0, index))
            start = index + 1
        elif index > start and (_COMMAND.match(body) or _AFTERWARDS.search(body)):
            out.append(Step(start, index, False))
            start = index
    out.append(Step(start, len(texts), False))
    return out if any(s.failed for s in out) else _with_last(texts, out)


def _with_last(texts: Sequence[str], steps: list[Step]) -> list[Step]:
    """Without a status: the last command before the runner cleans up is the one that failed."""
    end = len(texts)
    for index in range(len(texts) - 1, len(texts) // 3, -1):
        if _AFTERWARDS.search(texts[index]) or _OVER.match(texts[index]):
            end = index
    begun = [s for s in steps if s.first < end] or steps
    first = begun[-1].first
    stopped = [i for i in range(first, end) if _STOPPED.match(texts[i])]
    last = stopped[-1] + 1 if stopped and stopped[-1] > first + 0.5 * (end - first) else end
    tail = [Step(last, len(texts), False)] if last < len(texts) else []
    return [*begun[:-1], Step(first, last, True), *tail]


def _plan_step(plan: LinePlan, step: Step, roles: Sequence[tuple[str, float]]) -> None:
    behind = 0
    strict = step.failed and any(_STRICT.search(t) for t in plan.texts[step.first : step.last])
    for index in range(step.last - 1, step.first - 1, -1):
        text = plan.texts[index]
        if not text.strip():
            continue
        role, sure = roles[index]
        if strict and role == "warning":
            role, sure = "error", 1.0
        near = behind if step.failed else _FAR
        if plan.fixed[index]:
            _plan_fixed(plan, index, behind, step.failed)
            behind += 1
        elif index == step.status or role == "command":
            kind: Kind = "verdict" if index == step.status else "step"
            plan.set(index, _frame(text, step, index == step.status), kind=kind)
        else:
            calm = 0.0 if step.failed or role not in ("error", "verdict") else 1.0
            plan.salience[index] = _line(text, role, sure, near) - calm
            plan.kinds[index] = _KINDS.get(role, "line")
            behind += not (_GENERIC.match(text) or role in ("noise", "passed", "mark"))
    if step.failed:
        _spread(plan, step, roles)


_KINDS: dict[str, Kind] = {
    "error": "failure",
    "verdict": "verdict",
    "noise": "step",
    "passed": "step",
}


def _line(text: str, role: str, sure: float, behind: int) -> float:
    """A line's worth by what it is and how many lines stand between it and its step's end."""
    fresh, near = math.exp(-behind / _FRESH), math.exp(-behind / _NEAR)
    if _GENERIC.match(text):
        return 0.9
    if role in ("noise", "mark"):
        return 0.1
    if role == "passed":
        return 0.2
    if role == "error":
        return (3.2 if sure > 0.9 else 2.0) + 0.9 * near + 0.7 * fresh
    if role == "verdict":
        return 2.0 + 0.6 * sure + 0.4 * near + 0.6 * fresh
    if role == "warning":
        return 1.3 + 0.5 * sure + 0.5 * near + 1.4 * fresh
    return 1.0 + 0.5 * near + 2.5 * fresh


def _frame(text: str, step: Step, status: bool) -> float:
    """A step's command and its exit status, which mostly names the command once more."""
    if not step.failed:
        return 1.2
    if len(text) > _COMMAND_LENGTH:
        return 2.0
    return 4.4 if status or step.status < 0 else 3.3


def _plan_fixed(plan: LinePlan, index: int, behind: int, failed: bool) -> None:
    """Failed tests and traces rank by their step, too; frames before what only stands near."""
    if failed:
        worth = plan.salience[index]
        if plan.kinds[index] == "frame" and worth < _FRAMES:
            worth += _FRAMES - 0.6
        plan.salience[index] = worth - 0.5 * (1 - math.exp(-behind / _NEAR))
    else:
        plan.salience[index] = max(0.0, plan.salience[index] - 1.8)


def _spread(plan: LinePlan, step: Step, roles: Sequence[tuple[str, float]]) -> None:
    """What stands around an error line, and what is nested under it, shares in its worth."""
    worth, depth = 0.0, 0
    for index in range(step.first, step.last):
        text = plan.texts[index]
        indent = len(text) - len(text.lstrip())
        own = plan.salience[index]
        if plan.kinds[index] == "failure" and own > worth and not plan.fixed[index]:
            worth, depth = own, indent
        elif roles[index][0] == "warning" and indent <= depth:
            worth = 0.0
        elif plan.blank(index):
            worth -= 0.1
        elif _is_apart(plan, index, roles):
            worth = 0.0
        else:
            worth -= 0.04 if indent > depth else 0.2
            if not plan.fixed[index] and not _GENERIC.match(text):
                plan.salience[index] = max(own, worth)
    worth = 0.0
    for index in range(step.last - 1, step.first - 1, -1):
        if plan.blank(index) or _is_apart(plan, index, roles):
            worth = 0.0
            continue
        worth -= 0.3
        if not plan.fixed[index] and not _GENERIC.match(plan.texts[index]):
            plan.salience[index] = max(plan.salience[index], worth)
        if roles[index][0] == "error" and not plan.fixed[index]:
            worth = max(worth, plan.salience[index])


def _is_apart(plan: LinePlan, index: int, roles: Sequence[tuple[str, float]]) -> bool:
    """Lines that nothing is shared across."""
    return roles[index][0] in ("command", "mark", "noise", "passed")


def _fold(plan: LinePlan, roles: Sequence[tuple[str, float]]) -> None:
    """Repeats: noise folds into its first; of errors that repeat, later ones are worth less."""
    templates = [template(t) for t in plan.texts]
    firsts = first_of(templates)
    seen: Counter[str] = Counter()
    for index, first in enumerate(firsts):
        if plan.heads[index] >= 0 or plan.joined[index] or plan.blank(index):
            continue
        seen[templates[index]] += 1
        times = seen[templates[index]]
        if first != index and plan.salience[index] < 1.5 and not plan.fixed[index]:
            plan.folds[index] = first
        elif (
            times > 2
            and not plan.fixed[index]
            and roles[index][0] in ("error", "warning", "verdict")
        ):
            plan.salience[index] -= min(0.8, 0.2 * (times - 2))
