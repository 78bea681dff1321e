"""A result is used again as long as the program that made it is the same, in every room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ctxc

ASKED = ("-m", "ctxc", "lingua", "a.md", "--engine", "truncate", "--tokens", "20")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the program that a test may change; its data is linked."""
    source, copy = Path(ctxc.__file__).parent, tmp_path / "ctxc"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "data"))
    (copy / "data").symlink_to(source / "data")
    (tmp_path / "a.md").write_text("The pump failed on Monday. " * 60 + "\n")
    return copy


def closing(package: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    run = [sys.executable, *ASKED]
    ran = subprocess.run(run, cwd=package.parent, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stderr.splitlines()[-1]


@pytest.mark.parametrize("changed", ["engines/baselines.py", "prompts/shorten.txt", "budget.py"])
def test_what_other_code_made_is_made_again(package: Path, changed: str) -> None:
    assert "reused" not in closing(package)
    assert "reused" in closing(package)
    with open(package / changed, "a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    assert "reused" not in closing(package)
