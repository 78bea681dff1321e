"""A cloned project's ``pyproject.toml``: no model's file, no download, and never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ctxc import config
from ctxc.errors import ConfigError

TEXT = "One pump failed on Monday. Nobody was hurt. The invoice is 4711. It rained.\n" * 30
DEEP = ".".join(["a"] * 30_000)


def ctxc(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run in ``folder`` with an empty model cache, which can reach no package index."""
    own = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "CTXC_CACHE_DIR": str(folder / "cache"),
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    }
    (folder / "a.md").write_text(TEXT)
    return subprocess.run(
        [sys.executable, "-m", "ctxc", *arguments],
        cwd=folder,
        env=os.environ | own | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def project(folder: Path, text: str) -> Path:
    path = folder / "pyproject.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("where", ["own.gguf", "sub/own.gguf", "/own.gguf", "~/own.gguf"])
def test_a_project_names_no_models_file(tmp_path: Path, where: str) -> None:
    path = project(tmp_path, f"[tool.ctxc]\ntokenizer = 'gguf:{where}'\n")
    with pytest.raises(ConfigError) as caught:
        config.read(path, None)
    assert "a model's file is for a user to name, not for a project" in caught.value.message
    assert config.read(None, user(tmp_path, f"tokenizer = 'gguf:{where}'\n")).defaults


def user(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "engine",
    ["information", "likelihood", "perplexity", "llmlingua", "longllmlingua", "selective-context"],
)
def test_a_project_starts_no_download(tmp_path: Path, engine: str) -> None:
    project(tmp_path, f"[tool.ctxc.lingua]\nengine = '{engine}'\n")
    ran = ctxc(tmp_path, "lingua", "a.md", "-q", "Who was hurt?")
    assert ran.returncode == 2 and not ran.stdout
    assert f"engine = '{engine}' needs a model, and a project may not fetch one" in ran.stderr
    assert "ctxc models pull" in ran.stderr and not list(tmp_path.glob("cache/models/*"))


def test_a_project_takes_no_classifier_from_a_hub(tmp_path: Path) -> None:
    project(tmp_path, "[tool.ctxc.lingua]\nengine = 'llmlingua2'\n")
    ran = ctxc(tmp_path, "lingua", "a.md")
    assert ran.returncode == 2 and "is for a user to decide" in ran.stderr


def test_the_users_word_goes_before_a_projects_engine(tmp_path: Path) -> None:
    project(tmp_path, "[tool.ctxc.lingua]\nengine = 'information'\n")
    assert ctxc(tmp_path, "lingua", "a.md", "--engine", "lexical").returncode == 0
    named = ctxc(tmp_path, "lingua", "a.md", "-m", "none.gguf")
    assert named.returncode == 2 and "none.gguf" in named.stderr
    ran = ctxc(tmp_path, "stats", "a.md")
    assert ran.returncode == 0, ran.stderr  # what needs no engine is not stopped by it


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[tool.ctxc.check]\nbaseline = "a\\u0000b"\n', "holds a NUL character"),
        ('[tool.ctxc]\nignore = ["a", "b\\u0000"]\n', "holds a NUL character"),
        ('[tool.ctxc.check]\nbaseline = "~nobodyofthatname/x"\n', "in no user's folder"),
        (f"[tool.ctxc]\n{DEEP} = 1\n", "its keys have too many parts"),
        (f"[tool.ctxc.{DEEP}]\nx = 1\n", "its keys have too many parts"),
        (f"{DEEP} = 1\n", "its keys have too many parts"),
        ("".join(f"{DEEP[:399]}.b{n} = 1\n" for n in range(1000)), "its keys have too many parts"),
        ("[tool.ctxc]\nx = " + "[" * 3000 + "]" * 3000 + "\n", "is nested too deeply"),
        ("[tool.ctxc]\nx = " + "{a=" * 900 + "1" + "}" * 900 + "\n", "is nested too deeply"),
        ("[tool.ctxc]\ntokenizer.a.b.c = 1\n", "takes a string, not a table"),
        ("[tool.ctxc]\nx = " + "9" * 5000 + "\n", "is not TOML"),
        ("#" * 1_100_000, "is larger than 1 MB"),
    ],
)
def test_a_hostile_file_is_one_line_that_names_it(tmp_path: Path, text: str, message: str) -> None:
    path = project(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        config.read(path, None)
    assert message in caught.value.message and "pyproject.toml" in caught.value.message
    assert "\n" not in caught.value.message and len(caught.value.message) < 400


def test_thousands_of_ordinary_keys_are_read(tmp_path: Path) -> None:
    rows = "".join(f"k{n}.version = '1.2.{n}'\n" for n in range(20_000))
    text = rows + "[tool.ctxc.lingua]\nengine = 'lexical'\n"
    assert config.read(project(tmp_path, text), None).defaults["lingua"] == {"engine": "lexical"}
