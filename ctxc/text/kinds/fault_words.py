"""What a line of a program's output says by its words: an error, a verdict, a passed test, noise.

Words deceive: ``Compiling error_handler.o``, ``0 errors``, ``test_error ... ok`` are harmless.
So what is harmless is taken out of the line first, and what is passed or progress is told before
words are looked at.
"""

from __future__ import annotations

import re
from typing import Literal

Role = Literal["", "noise", "passed", "warning", "error", "verdict", "command", "mark"]
"""What a line is; "" for none of these."""

_PREFIX = re.compile(
    r"\s*(?:\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)?\s"  # hosted CI stamps every line
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?\s+"
    r"|#\d+ (?:\d+\.\d+ )?"  # a step of a container build
    r"|\[(?:INFO|DEBUG|info|debug|exec|java|javac|junit|echo|null)\]\s?"
    r"|[\w.-]+(?:_\d+|-\d+)\s+\|\s"
    r")+"
)
_HARMLESS = re.compile(
    r"\b(?:0|no|without|zero)[ -](?:\w+ )?(?:errors?|failures?|failed|failing|fails|warnings?)\b"
    r"|\b(?:errors?|failures?|failed|fail|warnings?)\s?[:=]\s?\"?0\b"
    r"|-W(?:no-)?error(?:=[\w-]+)?|--(?:no-)?fail[\w-]*|--error[\w-]*|\bset -e\b|--max-warnings\S*"
    r"|(?<![\w./\\-])[\w./\\-]{0,200}/[\w./\\-]{0,80}(?:error|fail|exception"
    r"|warn)[\w./\\-]{0,80}(?=[\s,;:'\")\]]|$)"
    r"|\b[\w-]*(?:errors?|fail\w*|exceptions?|warnings?)[\w-]*\.(?:[a-z]{1,5}\d?|\d)\b(?!:\d)"
    r"|\b(?:error|exception|fail|failure)[-_]\w+|\b\w+[-_](?:errors?|exceptions?|fail\w*)\b(?!:)"
    r"|\bon[_-]?(?:error|failure)\b|\berror\w*\(\)|\b(?:ignor|expect)\w+ (?:errors?|failures?)\b"
    r"|\berrors? (?:handl|report|pages?|messages? catalog)\w*|\ballow(?:ed)?[_ ]fail\w*"
    r"|\(ignored\)|\bfail(?:s|ing)? fast|\bfailover|\berror-free|\bTRAVIS_\w+=\S*|\bfailure_?rate"
    r"|\b(?:lib)?(?:gpg-)?error[\w.+-]*(?::amd64|:i386|-dev|\d)\S*",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"(?:^|[\s:\]>(|*\"'\[])(?:fatal )?(?:error|erro|err!|fatal|E)(?:\s?\[?[A-Z]*\d+\]?)?\s?:\s"
    r"|^\W{0,4}(?:error|fatal|failure|e)\b[:!]|\berror (?:[A-Z]{1,4}\d+|TS\d+)|CMake Error"
    r"|\b\w*[a-z]Error\b:? |\b[A-Z]\w+Exception\b|(?:^|\s)(?:Uncaught|Unhandled)\b|\*\* \(\w+"
    r"|\bpanicked at\b|^panic: |Traceback \(most recent|\[ERROR\]|##\[error\]|\bERR!|^E: "
    r"|: (?:command )?not found\b|\bcommand not found|no such (?:file|option|command|module)"
    r"|undefined (?:reference|symbol|method|variable|index|name|local|:)|\bunresolved (?:ref|ext)"
    r"|\bno rule to make|\bsegmentation fault|\bcore dumped|\bout of memory|\bno space left"
    r"|\bsyntax error|\bparse error|\bfatal\b|cannot find (?:module|symbol|package|name|type)"
    r"|\b(?:rake|build) aborted|\baborting\b|\bAssertion\b.{0,60}\bfailed|\bmust be (?:one|set|a)\b"
    r"|\bis (?:currently )?not (?:currently )?(?:installed|defined|recognized|available)\b"
    r"|\bcould not (?:resolve|find|transfer|locate|load|open|connect|import|compile|be (?:found|re"
    r"solved|loaded))|\bwent wrong\b|^Execution failed for"
    r"|^\s*\d+:\d+\s+(?:error|✖)\s|^! \S|^\*\*\* Error|\*\* (?:TEST|BUILD) FAILED|^e: \S|❌"
    r"|no output has been received|exceeded the maximum|has been terminated"
    r"|can't (?:locate|find|open)|an error occurr?ed|bailing out|\bload(?:ing)? error"
    r"|\bis not available for package|^\s*\^-- SC\d"
    r"|\bERESOLVE\b|\bunable to (?:resolve|find|locate|access|connect|start|execute|import|load)"
    r"|\bpermission denied|\bconnection (?:refused|reset|timed)|\btimed[ -]out\b"
    r"|\btimeout\b.{0,30}(?:exceeded|expired|reached)|: timeout\b"
    r"|\bwas not found\b|\bnot on this system|\bOOM\b|\bkilled\b|\bnot in order\b|\bdeadlock"
    r"|\bcould not be parsed",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"\b(?:could|can|did|does|do|was|were|has|have)(?: ?not|n['’]t)\b|\bcannot\b|\bunable\b"
    r"|\bfail(?:ed|ing|ure|ures|s|ed!|ure!)?\b|\berror(?:s|ed)?\b|\bproblems?\b|\binvalid\b"
    r"|\bunexpected\b|\bmissing\b|\bconflict(?:s|ing)?\b|\bmismatch\b|\babort(?:ed|ing)?\b"
    r"|\brejected\b|\bdenied\b|\bunsupported\b|\bunknown\b|\billegal\b|\bcorrupt\w*|\bexpected\b"
    r"|\bnot (?:found|installed|available|supported|allowed|exist|valid|match\w*|ok)\b"
    r"|\bException\b"
    r"|\bunresolvable\b|\bcrash(?:ed|es)?\b|\bincompatible\b|\bplease (?:re|fix|check|run|install)"
    r"|\b(?:failed|failures?|errors?|unreachable)=[1-9]|\bmust be replaced|\bforces replacement"
    r"|\bviolat(?:es|ed|ions?)\b|\bforbidden\b|\bnon-zero\b|\btoo (?:long|many|large|wide|old)\b",
    re.IGNORECASE,
)
_WARNING = re.compile(
    r"\bwarn(?:ing|ings|ed)?\b|\bdeprecat\w*|^\W*(?:W|WARN|npm WARN|npm warn)\b|\bNotice:|^Note:",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"^(?:The command .{1,2000} |Your build |Done\. Your build )?exited with \d+"
    r"|^The command .* exited with \d+|^Done\. Your build|Process completed with exit code"
    r"|^(?:g?make|mingw32-make)(?:\[\d+\])?: \*\*\*|^BUILD (?:FAIL|SUCC|ABORT)\w*|^BUILD UNSTABLE"
    r"|\bBUILD (?:FAILURE|SUCCESS|FAILED)\b|^FAILURE: Build failed|^Finished: [A-Z]{3,}"
    r"|^ERROR: Job failed|^ERROR: script returned exit code|\bexit (?:status|code):? \d+"
    r"|\bexited (?:with|code|status)\b|\breturned (?:non-zero|a non-zero|exit)\b|\bexit code \d+"
    r"|^Command failed with|^npm ERR! (?:code|errno|exit|Test failed)|^npm error (?:code|errno)"
    r"|^error: (?:build failed|could not compile|aborting due|test failed|process didn)"
    r"|^-- Configuring incomplete|^ninja: build stopped|^Failing due to|^Execution halted$"
    r"|^\d+ (?:errors?|warnings?)(?: generated)?\.?$|^(?:Error|Process) ?exit"
    r"|^collect2: .*ld returned"
    r"|^Build step .* marked build as failure|^One or more tests failed|^[×x] ?\d+ problems?",
)
_ZERO = re.compile(r"exited with 0\b|exit (?:status|code):? 0\b|BUILD SUCC\w*|^Finished: SUCCESS")
_PASSED = re.compile(
    r"^\s*(?:✓|✔|√|\u2022 ✓|--- PASS|=== (?:RUN|PAUSE|CONT|NAME)\b|ok\s+\d+\b|ok\s+\S+\s+[\d.(]+"
    r"|PASS(?:ED)?\b|\[\s*(?:OK|RUN|PASSED)\s*\]|\[-+\]|test \S+ \.\.\. (?:ok|ignored)"
    r"|\?\s+\S+\s+\[no)"
    r"|\.{3,} ?(?:ok|OK|Passed|done|PASSED|skipped|yes|no)\b[^\w]*|\.\.\. (?:ok|skipped)\b"
    r"|\b(?:PASSED|SKIPPED)(?:\s+\[ *\d+%\])?\s*$|\bPassed +[\d.]+ sec|\s-> (?:ok|passed)\s*$"
    r"|^\s*(?:Success\b|Passed!|No (?:errors|failures|problems)\b)|^\s*․ "
    r"|^Tests run: \d+, Failures: 0, Errors: 0"
)
_NOISE = re.compile(
    r"^\s*(?:travis_(?:time|fold):|Get:\d|Hit:\d|Ign:?\d? |Selecting previously|Preparing to unpack"
    r"|\(Reading database|Unpacking |Setting up |Processing triggers|Fetched \d|Reading package"
    r"|Building dependency|Downloading\b|Downloaded\b|Progress \(|Collecting |Using cached"
    r"|Requirement"
    r" already|Installing collected|Stored in directory|Building wheels?|Created wheel"
    r"|Receiving objects"
    r"|Resolving deltas|remote: (?:Counting|Compressing|Enumerating|Total)|Unpacking objects"
    r"|npm http|npm verb|npm sill|npm timing|\+-- |[├└│]|Pulling |Pull complete|Waiting$"
    r"|Extracting\b"
    r"|Already (?:exists|up)|Sending build context|---> |Removing intermediate|Fetching gem"
    r"|Installing \w"
    r"|Using \w[\w-]* \d|Compiling \w+ v|Checking \w+ v|Fresh \w|CC\s|LD\s|CXX\s|AR\s|GEN\s"
    r"|inflating:"
    r"|adding: |uploading |Completed [\d.]+ [KMG]iB|\$? ?export \w+=|checking \w.*\.\.\. "
    r"|-- (?:Found|Looking|"
    r"Performing|Check|Detecting|Could NOT)|> Task :\S+(?: [A-Z-]+)?$(?<!FAILED)"
    r"|config\.status: |libtool: |install(?:ing)?: |mkdir |cp |mv |rm |chmod )"
    r"|\d{1,3}(?:\.\d+)?%[\s|\])]*(?:$|\[|\||#|=|\d)|[=#>.\-]{8,}\s*\d{1,3}%"
    r"|[\u2588\u2592\u2591]{3,}"
    r"|^\s*[.\s]{8,}$|^\s*\.$|\b[KMG]i?B/s\b|^\s*(?:%|\d+)\s+(?:Total|\d+[kMG]?)\s+.*(?:--:--"
    r"|\d:\d\d)"
    r"|^\s*[-=_*~#+.]{3,}\s*$|\[\d+/\d+\] (?:Building|Compiling|Linking|CC|CXX)|^\[ *\d+%\] Built"
)
_COMMAND = re.compile(
    r"^(?:\$ |\+{1,3} [a-z./][\w./-]*(?: |$)|\[command\]|##\[command\]|> \S+@\S+ \S|Step \d+/\d+ :)"
)
_MARK = re.compile(
    r"^(?:##\[(?:group|endgroup|section)\]|::(?:group|endgroup)::|travis_fold:"
    r"|section_(?:start|end):"
    r"|\[Pipeline\]|\+\+\+ |--- |~~~ )"
)


_SEEN = 500  # characters of a line whose words count
_SUSPECT = ("err", "fail", "exception", "warn")
_WORDS = (
    *_SUSPECT, "fatal", "not", "n't", "n’t", "unable", "panic", "traceback", "no ", "undefined",
    "unresolv", "segmentation", "dumped", "abort", "must", "resolve", "denied", "refused", "reset",
    "time", "oom", "killed", "problem", "invalid", "unexpected", "missing", "conflict", "mismatch",
    "reject", "un", "illegal", "corrupt", "expected", "crash", "incompatible", "please", "violat",
    "forbidden", "non-zero", "too ", "** (", "e:", "out of", "deprecat",
    "locate", "can't", "maximum", "terminated", "❌", "! ", "*** ", "sc", "bail",
    "notice", "note", "w:", "deadlock", "replace",
)  # fmt: skip
"""What a line must hold, in lower case, to be looked at for words: most lines hold none."""


def body_of(line: str) -> str:
    """The line without what a runner puts before each: times, step numbers, ``[INFO]``."""
    match = _PREFIX.match(line)
    return line[match.end() :] if match else line.lstrip()


def without_harmless(body: str) -> str:
    """The line without words that only look like errors.

    >>> without_harmless("CC error_handler.o, 0 errors").split()
    ['CC', ',']
    """
    low = body.lower()
    return _HARMLESS.sub(" ", body) if any(w in low for w in _SUSPECT) else body


def role_of(line: str) -> tuple[Role, float]:
    """What a line is, and how plainly it says so, from 0 to 1.

    >>> role_of("test_error ... ok")[0], role_of("x.c:3:1: error: no")[0]
    ('passed', 'error')
    >>> role_of('The command "make" exited with 2.')[0]
    'verdict'
    """
    body = body_of(line[:_SEEN])
    if not body:
        return "", 0.0
    if _COMMAND.match(body):
        return "command", 1.0
    if _VERDICT.search(body):
        return "verdict", 0.2 if _ZERO.search(body) else 1.0
    if _PASSED.search(body):
        return "passed", 1.0
    if _MARK.match(body):
        return "mark", 1.0
    return _by_words(body)


def _by_words(body: str) -> tuple[Role, float]:
    low = body.lower()
    if not any(word in low for word in _WORDS):
        return ("noise", 1.0) if _NOISE.search(body) else ("", 0.0)
    harmless = without_harmless(body)
    if _WARNING.search(harmless[:60]) and not _strong_start(harmless):
        return "warning", 0.6 if _PLAIN.search(harmless) else 0.4
    noise = _NOISE.search(body) is not None
    if _STRONG.search(harmless):
        return "error", 0.5 if noise else 1.0
    if noise:
        return "noise", 1.0
    if _PLAIN.search(harmless):
        return "error", 0.6
    return "", 0.0


def _strong_start(text: str) -> bool:
    return re.match(r"\W{0,4}(?:error|fatal|E:)", text, re.IGNORECASE) is not None
