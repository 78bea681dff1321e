"""The container file and the workflow of the documentation: what they name is there, and runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from ctxc.cli import app

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def block(page: str, language: str) -> str:
    text = (ROOT / "ctxc" / "docs" / f"{page}.md").read_text("utf-8")
    (only,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return str(only)


def dockerfile() -> list[tuple[str, str]]:
    lines = [line for line in block("container", "dockerfile").splitlines() if line]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def test_the_container_installs_extras_that_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r"'([\w.-]+)\[([\w,]+)\]'", block("container", "dockerfile"))
    assert {name for name, _ in named} == {".", project["name"]}
    for _, extras in named:
        assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_what_the_container_runs_are_shell_lines_a_shell_can_read() -> None:
    runs = [line for instruction, line in dockerfile() if instruction == "RUN"]
    assert len(runs) == 4
    for line in runs:
        assert subprocess.run(["sh", "-n", "-c", line]).returncode == 0, line


def test_the_second_stage_takes_what_the_first_one_made() -> None:
    text = block("container", "dockerfile")
    made = re.search(r"pip wheel --wheel-dir (\S+)", text)
    assert made is not None
    assert f"COPY --from=build {made[1]} {made[1]}" in text
    assert f"--find-links {made[1]} " in text


def test_the_container_starts_a_command_with_options_that_exist() -> None:
    instructions = dict(dockerfile())
    program, command, *arguments = yaml.safe_load(instructions["CMD"])
    assert program == "ctxc"
    known = {option for each in COMMANDS[command].params for option in each.opts}
    assert {word for word in arguments if word.startswith("--")} <= known
    ports = [each.default for each in COMMANDS[command].params if "--port" in each.opts]
    assert instructions["EXPOSE"] == str(ports[0])
    assert f":{ports[0]}/health" in instructions["HEALTHCHECK"]
    assert instructions["USER"] == "ctxc", "it does not run as root"


@pytest.fixture
def workflow() -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load(block("actions", "yaml"))
    return value


def test_the_workflow_may_only_read(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for step in workflow["jobs"]["budgets"]["steps"]:
        assert ("uses" in step) != ("run" in step)


def test_the_steps_of_the_workflow_run(workflow: dict[str, Any], tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, line in (
        ("ctxc", f'exec "{sys.executable}" -P -m ctxc "$@"'),
        ("python", f'exec "{sys.executable}" "$@"'),
        ("pip", 'test "$1" = install'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nShort enough.\n")
    (tmp_path / "test_a.py").write_text("def test_sum() -> None:\n    assert 1 + 1 == 3\n")
    summary = tmp_path / "summary.md"
    env = dict(
        os.environ,
        PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
        PYTHONPATH=str(ROOT),
        GITHUB_STEP_SUMMARY=str(summary),
    )
    codes = {}
    for step in workflow["jobs"]["budgets"]["steps"]:
        if "run" in step:
            ran = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=env)
            codes[step["name"]] = ran.returncode
    assert codes.pop("tests, and what matters of their output") == 1, "as pytest's"
    assert set(codes.values()) == {0}
    assert "test_sum" in summary.read_text("utf-8")


def test_the_shell_lines_of_the_container_s_page_are_read_by_a_shell() -> None:
    for line in block("container", "sh").splitlines():
        assert subprocess.run(["sh", "-n", "-c", line]).returncode == 0
        assert shlex.split(line)
