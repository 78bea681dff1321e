"""The pre-commit hooks, run by the real program in a scratch repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pre_commit")

MANIFEST = Path(__file__).parents[1] / ".pre-commit-hooks.yaml"
PRE_COMMIT = [sys.executable, "-m", "pre_commit"]
TEXT = "The pump in hall B failed on Monday. Nobody was hurt. The invoice is 4711.\n"


def entry(hook: str) -> str:
    """A hook's command as the manifest has it, run by this interpreter."""
    found = re.search(rf"- id: {hook}\n(?:  .*\n)*?  entry: ctxc (.+)\n", MANIFEST.read_text())
    assert found is not None
    return f"{sys.executable} -m ctxc {found[1]}"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / ".cache"))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    git("init", "-q")
    git("config", "user.name", "A")
    git("config", "user.email", "a@example.org")
    return tmp_path


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def configure(hook: str, arguments: list[str]) -> None:
    """``repo: local``: the same hook without building an environment for it."""
    one = {
        "id": hook,
        "name": hook,
        "entry": entry(hook),
        "language": "system",
        "args": arguments,
        "files": r"\.md$",
        "exclude": r"\.ctx\.md$",
    }
    config = {"repos": [{"repo": "local", "hooks": [one]}]}
    Path(".pre-commit-config.yaml").write_text(json.dumps(config))  # JSON is YAML


def commit(message: str) -> subprocess.CompletedProcess[str]:
    git("add", "-A", "--", ":!.cache")
    return subprocess.run(
        ["git", "commit", "-m", message], capture_output=True, text=True, env=dict(os.environ)
    )


def test_the_manifest_is_valid() -> None:
    checked = subprocess.run([*PRE_COMMIT, "validate-manifest", str(MANIFEST)])
    assert checked.returncode == 0


def test_a_commit_that_breaks_a_budget_is_refused(repository: Path) -> None:
    configure("ctxc-budget", ["--max-tokens", "100"])
    subprocess.run([*PRE_COMMIT, "install"], check=True, capture_output=True)
    Path("notes.md").write_text(TEXT)
    assert commit("short").returncode == 0
    Path("notes.md").write_text(TEXT * 30)
    refused = commit("long")
    assert refused.returncode == 1
    assert "notes.md: 600 tokens, 500 over its budget of 100" in refused.stdout + refused.stderr
    Path("notes.md").write_text(TEXT * 2)
    assert commit("shorter").returncode == 0
    assert git("log", "--format=%s").split() == ["shorter", "short"]


def test_a_changed_document_gets_its_distillation_beside_it(repository: Path) -> None:
    configure("ctxc-distill", ["--engine", "verbatim", "--min-tokens", "1"])
    subprocess.run([*PRE_COMMIT, "install"], check=True, capture_output=True)
    Path("docs").mkdir()
    Path("docs/notes.md").write_text(TEXT * 9)
    first = commit("notes")
    assert first.returncode == 1, first.stdout + first.stderr
    assert Path("docs/notes.md.ctx.md").exists()
    assert commit("notes").returncode == 0, "what was written is committed with the second try"
    assert git("ls-files", "docs").split() == ["docs/notes.md", "docs/notes.md.ctx.md"]
    before = Path("docs/notes.md.ctx.md").read_bytes()
    Path("docs/notes.md").write_text(TEXT * 9 + "The seal was made in 1998.\n")
    assert commit("more").returncode == 1
    assert Path("docs/notes.md.ctx.md").read_bytes() != before
    changed = git("status", "--short", "docs").split()
    assert changed == ["M", "docs/notes.md", "M", "docs/notes.md.ctx.md"]


def test_the_documented_configuration_works_as_it_stands(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (MANIFEST.parent / "ctxc" / "docs" / "folders.md").read_text()
    (snippet,) = re.findall(r"```yaml\n(repos:\n.*?)```", page, re.DOTALL)
    Path(".pre-commit-config.yaml").write_text(snippet)
    program = repository / ".cache" / "bin" / "ctxc"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ctxc "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(MANIFEST.parent))
    Path("notes.md").write_text(TEXT)
    git("add", "notes.md", ".pre-commit-config.yaml")
    ran = subprocess.run([*PRE_COMMIT, "run", "ctxc-budget"], capture_output=True, text=True)
    assert ran.returncode == 0 and "Passed" in ran.stdout, ran.stdout
    Path("notes.md").write_text(TEXT * 500)
    git("add", "notes.md")
    ran = subprocess.run([*PRE_COMMIT, "run", "ctxc-budget"], capture_output=True, text=True)
    assert ran.returncode == 1 and "over its budget of 8,000" in ran.stdout
