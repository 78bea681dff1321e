"""What the README and the documentation's pages show exists: commands, options, recipes, keys."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from ctxc.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {p.stem: p.read_text(encoding="utf-8") for p in sorted((ROOT / "ctxc/docs").glob("*.md"))}
EVERYTHING = "\n".join((README, *PAGES.values()))
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def shown() -> list[str]:
    """The ``ctxc`` invocations of the README's console blocks, one each."""
    found = []
    for block in re.findall(r"```(?:console|sh)\n(.*?)```", EVERYTHING, re.S):
        for line in block.splitlines():
            line = line.removeprefix("$ ")
            match = re.search(r"(?<![\w/.-])ctxc (?:-|[a-z]).*", line)
            if match and not line.startswith(("ctxc:", "#")):
                found.append(match.group())
    return found


def options(name: str, second: str) -> set[str]:
    command = COMMANDS[name]
    nested = getattr(command, "commands", {}).get(second)
    return {
        o
        for each in (command, nested)
        if each
        for p in each.params
        for o in (*p.opts, *p.secondary_opts)
    } | {"--help"}


@pytest.mark.parametrize("line", shown())
def test_every_command_line_shown_has_these_options(line: str) -> None:
    line = re.split(r" [|>]| && |' :::", line)[0].rstrip("'").split("  #")[0]
    words = shlex.split(line.replace("{}", "x"))
    if words[1].startswith("--"):
        return  # an option of ctxc itself
    known = options(words[1], words[2] if len(words) > 2 else "")
    for word in words[2:]:
        if re.match(r"--?[a-z]", word):
            assert word.split("=")[0] in known, (word, line)


def test_every_option_named_in_the_text_exists() -> None:
    text = re.sub(r"```.*?```", "", EVERYTHING, flags=re.S)
    everything = {
        option
        for name, command in COMMANDS.items()
        for second in ("", *getattr(command, "commands", {}))
        for option in options(name, second)
    }
    foreign = {"--no-cache-dir", "--install-completion"}
    for option in set(re.findall(r"`(--[a-z][a-z0-9-]+)", text)) - foreign:
        assert option in everything, option


def test_the_two_commands_are_those_that_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    install, tests = re.findall(r"```console\n(pip install [^\n]*)\n```", README)[:2]
    assert install in ci and tests in ci


def test_the_json_shown_has_the_keys_that_are_written(tmp_path: Path) -> None:
    example = json.loads(
        re.search(r'```json\n(\{"schema".*?\})\n```', PAGES["json"], re.S).group(1)
    )  # type: ignore[union-attr]
    file = tmp_path / "a.txt"
    file.write_text("One sentence here. Another sentence there. A third one at last.")
    ran = subprocess.run(
        [sys.executable, "-m", "ctxc", "lingua", str(file), "--engine", "truncate", "--json"],
        capture_output=True,
        check=True,
    )
    written = json.loads(ran.stdout)
    assert example.keys() <= written.keys()
    assert example["tokens"].keys() == written["tokens"].keys()


def test_every_engine_is_described() -> None:
    from ctxc.engines.registry import NAMES

    for name in NAMES:
        assert f"`{name}`" in PAGES["lingua"] + PAGES["distill"], name


def recipes(language: str) -> list[str]:
    """The blocks of one language on the page about folders, pipes and hooks."""
    return re.findall(rf"```{language}\n(.*?)```", PAGES["folders"], re.S)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with short samples, and a ``ctxc`` on the path that is this one."""
    (tmp_path / "samples").mkdir()
    for name in ("meeting.txt", "code.md", "README.md"):
        text = (ROOT / "samples" / name).read_text(encoding="utf-8")
        (tmp_path / "samples" / name).write_text("\n".join(text.splitlines()[:60]) + "\n")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "ctxc"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ctxc "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.mark.skipif(os.name != "posix", reason="the recipes are for a POSIX shell")
@pytest.mark.parametrize("block", recipes("console"))
def test_the_recipes_run_as_written(block: str, checkout: Path) -> None:
    if "parallel " in block and shutil.which("parallel") is None:
        pytest.skip("GNU parallel is not installed")
    script = "set -eo pipefail\n" + "\n".join(
        line.removeprefix("$ ") for line in block.splitlines()
    )
    if "--update-baseline" not in script and "--baseline" in script:
        pytest.fail("a baseline is used before it is made")
    ran = subprocess.run(["bash", "-c", script], cwd=checkout, capture_output=True, timeout=240)
    assert ran.returncode == 0, ran.stderr.decode()
    made = {p.name for p in checkout.iterdir()} - {"samples", "bin"}
    assert made or "check" in script, "a recipe that leaves nothing"
    assert b"Traceback" not in ran.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_the_makefile_makes_what_it_says(checkout: Path) -> None:
    (block,) = recipes("make")
    (checkout / "Makefile").write_text(block)
    ran = subprocess.run(["make", "short"], cwd=checkout, capture_output=True, timeout=240)
    assert ran.returncode == 0, ran.stderr.decode()
    short = checkout / "samples" / "meeting.short"
    assert 0 < short.stat().st_size < (checkout / "samples" / "meeting.txt").stat().st_size / 2


def test_the_readme_can_be_read_in_a_minute() -> None:
    assert README.count("\n") < 200


def test_every_page_and_every_kind_of_text_is_named() -> None:
    from ctxc.text.kinds import KINDS

    for name in PAGES:
        assert f"`{name}`" in README, name
    for kind in KINDS:
        assert f"`{kind}`" in PAGES["kinds"], kind
