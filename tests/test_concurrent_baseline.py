"""Runs of ``check --update-baseline`` at the same time: every document stays recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc import locks
from ctxc.cli import check as check_command
from ctxc.cli import check_run

ROOT = str(Path(__file__).parents[1])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_runs_at_the_same_time_keep_each_others_entries() -> None:
    names = [f"doc{number}.md" for number in range(8)]
    for name in names:
        Path(name).write_text("The pump failed on Monday.\n")
    command = [sys.executable, "-m", "ctxc", "check", "--baseline", "b.json", "--update-baseline"]
    environment = os.environ | {"PYTHONPATH": ROOT}
    runs = [subprocess.Popen([*command, name, "--quiet"], env=environment) for name in names]
    assert [run.wait(timeout=120) for run in runs] == [0] * len(names)
    assert list(json.loads(Path("b.json").read_text())["documents"]) == names
    assert sorted(os.listdir()) == ["b.json", *names]  # no lock is left


def test_what_another_run_recorded_while_this_one_counted_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check: Callable[..., Ran] = runner(check_command.check, capsys)
    for name in ("a.md", "b.md", "c.md"):
        Path(name).write_text("The pump failed on Monday.\n")
    options = ("--baseline", "b.json", "--update-baseline")
    assert check("a.md", *options).code == 0
    count_all = check_run.count_all

    def counting(*arguments: object, **options_: object) -> object:
        monkeypatch.setattr(check_run, "count_all", count_all)
        assert check("b.md", *options).code == 0
        return count_all(*arguments, **options_)  # type: ignore[arg-type]

    monkeypatch.setattr(check_run, "count_all", counting)
    assert check("c.md", *options).code == 0
    assert list(json.loads(Path("b.json").read_text())["documents"]) == ["a.md", "b.md", "c.md"]


def test_the_second_waits_for_the_first(here: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ctxc.locks import alone\n"
        "with alone(Path(sys.argv[1])): print('in', flush=True)"
    )
    with locks.alone(here / "b.json"):
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(here / "b.json")],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": ROOT},
        )
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(timeout=2)
    assert other.communicate(timeout=60)[0] == b"in\n"


def test_a_folder_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    check: Callable[..., Ran] = runner(check_command.check, capsys)
    Path("a.md").write_text("The pump failed.\n")
    ran = check("a.md", "--baseline", "none/b.json", "--update-baseline")
    assert ran.code == 1 and ran.error is not None
    assert "cannot write none/b.json: there is no such folder" in ran.error.message
