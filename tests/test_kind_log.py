"""Logs: events with what continues them, levels, statuses, rare templates; repeats fold."""

from __future__ import annotations

import pytest
from machine_text import LANGUAGES, best, fixture, names, piece
from unit_subsets import kind_of, units

from ctxc.text.kinds.log_events import http_status, is_dated, level_of


@pytest.mark.parametrize("name", names("log"))
def test_a_log_is_told_by_its_content(name: str) -> None:
    assert kind_of(fixture("log", name)) == "log"


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_other_texts_are_no_logs(language: str) -> None:
    assert kind_of(LANGUAGES[language]) != "log"


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-23T10:00:00.112Z INFO up",
        "2026/03/23 10:00:00 [error] 12#0: upstream timed out",
        "Jun 14 15:16:01 combo sshd[19939]: authentication failure",
        "<13>Jun  4 15:16:01 combo sshd[19939]: x",
        '10.0.0.7 - - [17/May/2026:10:05:03 +0000] "GET / HTTP/1.1" 200 1',
        "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok",
        "03-17 16:13:38.811  1702  2395 D WindowManager: x",
        "081109 203615 148 INFO dfs.DataNode: x",
        "17/06/09 20:10:40 INFO executor.Backend: x",
        "I0521 10:00:00.123456  1 file.go:12] x",
        "[    0.000000] Linux version 6.1",
        "time=2026-03-23T10:00:00Z level=info msg=up",
        "web_1  | 2026-03-23 10:00:00 up",
        "20171223-22:15:29:606|Step_LSC|30002312|x",
    ],
)
def test_dates_of_many_loggers_begin_events(line: str) -> None:
    assert is_dated(line)


@pytest.mark.parametrize(
    "line",
    [
        "At 10:30:00 the meeting began.",
        "2026 was a good year.",
        "May 1, we left.",
        "10.5 percent of all",
        "00:00:01,000 --> 00:00:02,000",
    ],
)
def test_times_in_prose_begin_none(line: str) -> None:
    assert not is_dated(line)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-03-23 10:00:00 ERROR x", 4.0),
        ("[Sun Dec 04 04:47:44 2005] [error] mod_jk", 4.0),
        ("time=2026 level=warning msg=x", 2.9),
        ("E0521 10:00:00.1 1 f.go:1] x", 3.9),
        ("03-17 16:13:38.811  1702  2395 E Tag: x", 3.9),
        ("2026-03-23 10:00:00 INFO no error here", 1.0),
        ("2026-03-23 10:00:00 x=/var/ERROR.log", None),
    ],
)
def test_levels_are_read_where_loggers_put_them(line: str, level: float | None) -> None:
    assert level_of(line) == level


def test_statuses_are_those_of_requests_only() -> None:
    assert http_status('10.0.0.8 - - [x] "POST /cart HTTP/1.1" 503 12') == 503
    assert http_status("GET /api/cart 500 in 31 ms") == 500
    assert http_status("waited 503 ms for 404 rows") == 0


def test_a_traceback_needs_its_event_and_the_root_cause_is_worth_most() -> None:
    text = fixture("log", "app.txt")
    segments = units(text, "log")
    event = piece(text, segments, "2026-03-23 10:00:03,002 ERROR")
    error = piece(text, segments, "java.lang.IllegalStateException")
    cause = piece(text, segments, "Caused by: java.sql")
    frame = piece(text, segments, "at shop.Cart.price")
    library = piece(text, segments, "at java.base")
    assert segments[error].needs == segments[cause].needs == event
    assert segments[frame].needs == error
    assert segments[cause].salience > segments[error].salience > segments[frame].salience
    assert segments[frame].salience > segments[library].salience
    assert segments[event].salience > 4.5


def test_repeats_fold_only_where_level_and_status_agree() -> None:
    text = fixture("log", "access.txt")
    segments = units(text, "log")
    first = piece(text, segments, "10.0.0.7 - -")
    folded = [s.core(text) for s in segments if s.folds == first]
    assert folded and all('" 200 ' in core for core in folded)
    for status in ('" 503 ', '" 404 '):
        (alone,) = (s for s in segments if status in s.core(text))
        assert alone.folds == -1


def test_server_errors_outrank_words_in_paths() -> None:
    text = fixture("log", "access.txt")
    segments = units(text, "log")
    bad = segments[piece(text, segments, "10.0.0.8 - - [17/May/2026:10:05:07")]
    path = segments[piece(text, segments, "10.0.0.9 - -")]
    assert bad.salience >= 4 > 3 > path.salience


def test_what_killed_the_service_is_kept_in_little_room() -> None:
    kept = best(fixture("log", "journal.txt"), "log", 300)
    assert "Out of memory: Killed process 812" in kept
    assert "Failed with result 'oom-kill'" in kept
    assert "run-parts" not in kept


def test_a_rare_event_outranks_one_of_many() -> None:
    lines = [
        f"2026-03-23 10:{i // 60:02}:{i % 60:02} INFO job {i} done in {i} ms\n" for i in range(300)
    ]
    lines[171] = "2026-03-23 10:02:51 INFO switched to the reserve generator\n"
    text = "".join(lines)
    segments = units(text, "log")
    rare = segments[piece(text, segments, "2026-03-23 10:02:51")]
    assert rare.salience > 1.5 and rare.folds == -1
    assert sum(s.folds >= 0 for s in segments) > 290
    assert "reserve generator" in best(text, "log", 300)


def test_first_and_last_event_stay() -> None:
    text = fixture("log", "app.txt")
    segments = units(text, "log")
    assert min(segments[0].salience, segments[-1].salience) >= 2
    assert segments[-1].folds == -1


def test_what_stands_above_a_fatal_event_is_worth_more() -> None:
    lines = [f"2026-03-23 10:00:{i:02} INFO step {chr(97 + i) * 3} begun\n" for i in range(20)]
    lines[15] = "2026-03-23 10:00:15 FATAL disk gone\n"
    segments = units("".join(lines), "log")
    assert segments[14].salience > segments[5].salience
