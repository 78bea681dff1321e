"""One line of a log: whether it begins an event, at which level, what HTTP said."""

from __future__ import annotations

import re

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DATED = re.compile(
    r"(?:[\w.-]{1,40} +\| )?[\[(<|\"]?"
    r"(?:\d{4}[-/.]\d\d[-/.]\d\d[T _,-]{1,2}\d\d[:.]\d\d"  # ISO and its kin
    rf"|(?:<\d+>)?{_MONTH} [ \d]\d \d\d:\d\d:\d\d"  # syslog, the journal
    rf"|\d\d[ /-]{_MONTH}[ /-]\d{{4}}[ :]\d\d:\d\d"
    rf"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:{_MONTH} [ \d]\d|\d\d {_MONTH}).{{0,6}} \d\d:\d\d:\d\d"
    rf"|{_MONTH} \d{{1,2}}, \d{{4}} \d{{1,2}}:\d\d:\d\d"
    r"|\d\d[-/.]\d\d[-/.]\d\d(?:\d\d)? \d\d:\d\d:\d\d"
    r"|\d\d?[-.]\d\d? \d\d:\d\d:\d\d"  # Android, Proxifier
    r"|\d{8}[-T ](?:\d{6}|\d{1,2}:\d{1,2}:\d{1,2})|\d{6} \d{6} \d+ "  # HealthApp, HDFS
    r"| *\d{1,6}\.\d{4,9}\] "  # the kernel's
    r"|(?:- )?\d{10}(?:\.\d+)? \d{4}\.\d\d\.\d\d )"
)
_OTHER = re.compile(
    r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d"  # klog, glog
    r"|[VDIWEF]/[\w.$-]{1,60}\( *\d+\):"  # logcat, brief
    r"|\S{1,80} \S{1,60} \S{1,60} \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d"  # access logs
    r"|\d{1,3}(?:\.\d{1,3}){3} .{0,40}\[\d\d/\w{3}/\d{4}:"
    r"|(?:time|ts|timestamp|at|date)=[\"\d]"
    r"|(?:\w+=\S+ ){1,4}level=\w|level=\w+ "
    r"|\d{1,9} \S{1,40} \S{1,40} \S{1,60} 1\d{9} "  # HPC
)
_CLOCK = re.compile(r"[\[(]?\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?[\])]?(?:[ \t|]|$)")
_LEVEL_FIRST = re.compile(
    r"[\[<(]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)[\]>):| \t-]"
)
_LEVELS = {
    "fatal": 4.7, "critical": 4.7, "crit": 4.7, "emerg": 4.8, "alert": 4.6, "panic": 4.8, "f": 4.6,
    "severe": 4.2, "error": 4.0, "err": 4.0, "e": 3.9, "failure": 4.0,
    "warning": 2.9, "warn": 2.9, "w": 2.7,
    "notice": 1.4, "info": 1.0, "information": 1.0, "i": 1.0,
    "debug": 0.6, "d": 0.6, "fine": 0.5, "trace": 0.4, "verbose": 0.4, "v": 0.4, "finest": 0.3,
}  # fmt: skip
_NAMED = "|".join(sorted((k for k in _LEVELS if len(k) > 1), key=len, reverse=True))
_LEVEL = re.compile(
    rf"(?<![\w./-])(?P<upper>{_NAMED.upper()})(?![\w./-]|\s?=\s?0\b)"
    rf"|\b(?:level|lvl|severity|log\.level)\\?\"?[=:]\s?\\?\"?(?P<key>[A-Za-z]+)"
    rf"|[\[<(|](?P<lower>{_NAMED})[\]>)|:]"
    rf"|(?:^|[\s\]]) {{0,2}}(?P<word>{_NAMED})(?::|\s+-|\])"
    r"|^(?P<klog>[IWEF])\d{4} |^(?P<brief>[VDIWEF])/"
    r"|^\d\d-\d\d \d\d:\d\d:\d\d\.\d+ +\d+ +\d+ (?P<android>[VDIWEF]) "
)
_HTTP = re.compile(
    r"\"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT|-)?[^\"]{0,2000}\" (?P<a>[1-5]\d\d)\b"
    r"|\bHTTP/\d(?:\.\d)?\"? (?P<b>[1-5]\d\d)\b"
    r"|\b(?:status|status_code|code|http_status)[\"']?[=:]\s?\"?(?P<c>[1-5]\d\d)\b"
    r"|\b(?:GET|POST|PUT|PATCH|DELETE|HEAD) \S{1,500} (?:- )?(?P<d>[1-5]\d\d)\b"
)
_SEEN = 400  # characters of a line in which its level stands


def is_dated(text: str) -> bool:
    """Whether a line begins with a date and time, or as access logs, klog and logfmt do.

    >>> is_dated("Jun 14 15:16:01 combo sshd[19939]: x"), is_dated("The meeting began at 10:30:00")
    (True, False)
    """
    return _DATED.match(text) is not None or _OTHER.match(text) is not None


def is_clocked(text: str) -> bool:
    """Whether a line begins with a time of day alone: a log's, a transcript's, a subtitle's."""
    return _CLOCK.match(text) is not None and "-->" not in text


def starts_with_level(text: str) -> bool:
    return _LEVEL_FIRST.match(text) is not None


def level_of(text: str) -> float | None:
    """The salience of a line's level, None where it names none.

    >>> level_of("2024-01-01 10:00:00 ERROR db: gone"), level_of("no errors")
    (4.0, None)
    """
    match = _LEVEL.search(text[:_SEEN])
    if match is None:
        return None
    return _LEVELS.get(next(g for g in match.groups() if g is not None).lower())


def http_status(text: str) -> int:
    """The HTTP status of a request a line reports, 0 where there is none.

    >>> http_status('10.0.0.1 - - [x] "GET /a HTTP/1.1" 503 12'), http_status("took 500 ms")
    (503, 0)
    """
    match = _HTTP.search(text)
    return int(next(g for g in match.groups() if g is not None)) if match else 0
