"""The ledger on the command line: grouped, exported, forgotten; and ``ctxc cache``."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc.cli import cache as cache_command
from ctxc.cli import stats as stats_command
from ctxc.errors import StoreError, UsageError
from ctxc.stats.history import group, since
from ctxc.store import Run, Store

Command = Callable[..., Ran]
DAY = 86400.0
NOW = time.time()
FIRST = Run(NOW - 40 * DAY, "lingua", "extract", None, "o200k_base", 1000, 250, 0.5, 1, "/notes")
RUNS = (
    FIRST,
    replace(FIRST, time=NOW - 2 * DAY, engine="distill", model="smollm2-135m", original=3000),
    replace(FIRST, time=NOW - 2 * DAY + 1, folder="/docs", files=4),
    replace(FIRST, time=NOW - 60, tokenizer="cl100k_base", original=10, compressed=5),
)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite"
    monkeypatch.setenv("CTXC_STORE", str(path))
    with Store.open() as store:
        for run in RUNS:
            store.add_run(run)
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return runner(stats_command.stats, capsys)


def objects(ran: Ran) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in ran.out.splitlines()]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("engine", ["distill", "extract", "extract"]),
        ("model", ["smollm2-135m", "no model", "no model"]),
        ("folder", ["/notes", "/docs", "/notes"]),
    ],
)
def test_groups_by_what_was_asked_most_saved_first(
    run: Command, ledger: Path, by: str, names: list[str]
) -> None:
    found = objects(run("--history", "--by", by, "--json"))
    assert [each["name"] for each in found] == names
    assert sum(each["original"] for each in found) == sum(each.original for each in RUNS)
    assert {each["basis"] for each in found} == {"measured"}


def test_counts_of_two_tokenizers_are_never_added_up(run: Command, ledger: Path) -> None:
    found = objects(run("--history", "--by", "folder", "--json"))
    assert {(each["name"], each["tokenizer"], each["runs"]) for each in found} == {
        ("/notes", "o200k_base", 2),
        ("/notes", "cl100k_base", 1),
        ("/docs", "o200k_base", 1),
    }


def test_days_are_in_order_and_since_leaves_older_ones_out(run: Command, ledger: Path) -> None:
    found = objects(run("--history", "--since", "30d", "--json"))
    days = [each["name"] for each in found]
    assert days == sorted(days)
    assert sum(each["runs"] for each in found) == 3


def test_the_table_has_totals_and_bars(run: Command, ledger: Path) -> None:
    out = run("--history", "--chart").out
    assert out.count("total") == 2  # one for each tokenizer
    assert "\u2591" in out and "measured" in out


def test_history_as_csv(run: Command, ledger: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("--history", "--by", "engine", "--csv").out)))
    assert rows[0]["engine"] == "distill"
    assert rows[0]["saved"] == "2750"


def test_export_gives_every_field_of_every_run(run: Command, ledger: Path) -> None:
    found = objects(run("--export"))
    expected = [{"schema": 1, "kind": "run", **asdict(one)} for one in RUNS]
    assert found == expected
    rows = list(csv.DictReader(io.StringIO(run("--export", "--csv", "--since", "30d").out)))
    assert len(rows) == 3


def test_forget_erases_the_ledger(run: Command, ledger: Path) -> None:
    ran = run("--export", "--forget")
    assert len(objects(ran)) == 4  # written out before it is forgotten
    assert "forgot 4 runs" in ran.err
    with Store.open() as store:
        assert store.runs() == []


def test_an_empty_ledger_is_said(run: Command, ledger: Path) -> None:
    with Store.open() as store:
        store.forget()
    ran = run("--history")
    assert ran.code == 0
    assert ran.out == "" and "no runs" in ran.err


def test_a_ledger_of_a_newer_version_is_refused(run: Command, ledger: Path) -> None:
    db = sqlite3.connect(ledger)
    db.execute("PRAGMA user_version = 7")
    db.close()
    ran = run("--history")
    assert ran.code == 1
    assert isinstance(ran.error, StoreError) and "newer version" in ran.error.message


@pytest.mark.parametrize(
    "arguments",
    [["--by", "colour"], ["--since", "soon"], ["file.md"], ["--export"], ["--since", "30"]],
)
def test_impossible_wishes(run: Command, ledger: Path, arguments: list[str]) -> None:
    ran = run("--history", *arguments)
    assert ran.code == 2
    assert isinstance(ran.error, UsageError)


def test_spans_of_time() -> None:
    assert since("2d", now=1e6) == 1e6 - 2 * DAY
    assert since("90m", now=1e6) == 1e6 - 5400
    assert since("1w", now=1e7) == 1e7 - 7 * DAY
    assert time.localtime(since("2026-01-31"))[:3] == (2026, 1, 31)


def test_groups_hold_what_their_runs_add_up_to() -> None:
    [one] = group([FIRST, replace(FIRST, files=3, seconds=1.5)], "engine")
    assert (one.runs, one.files, one.original, one.saved, one.seconds) == (2, 4, 2000, 1500, 2.0)


# ctxc cache


@pytest.fixture
def cache(capsys: pytest.CaptureFixture[str]) -> Command:
    return runner(cache_command.cache, capsys)


def test_cache_shows_place_and_size_and_clears(cache: Command, ledger: Path) -> None:
    with Store.open() as store:
        store.put("k", b"v" * 100_000)
    [found] = objects(cache("--json"))
    assert found["path"] == str(ledger)
    assert found["results"] == 1 and found["runs"] == 4
    assert found["bytes"] >= 100_000
    assert str(ledger) in cache().out
    assert "dropped 1 results" in cache("--clear").err
    [after] = objects(cache("--json"))
    assert after["results"] == 0 and after["runs"] == 4
    assert after["bytes"] < 100_000


def test_cache_does_not_make_a_store_by_looking(
    cache: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CTXC_STORE", str(tmp_path / "none.sqlite"))
    assert objects(cache("--json"))[0]["results"] == 0
    assert list(tmp_path.iterdir()) == []
