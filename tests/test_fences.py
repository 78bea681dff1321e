"""Fenced code in Markdown: small blocks whole, long ones opened under their first line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from code_kinds import assert_tiles, heads, told, with_piece
from command import Ran, runner
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxc.cli.lingua import lingua

CODE = '''\
import os


class Store:
    """Keeps files in a folder that is made where it is not there yet."""

    def path(self, name):
        """Where a file lies."""
        if not name:
            raise ValueError("a name is needed")
        return os.path.join(self.root, name)


def refund(value):
    """Pay back at most the refund limit."""
    limit = 500
    if value > limit:
        raise ValueError("over the refund limit")
    return value
'''
ERRORS = "".join(f"src/a{i}.py:{i + 1}:1: error: name x{i} is not defined\n" for i in range(12))
PROSE = "# Title\n\nWe use the store every day. It is old.\n\n"


def document(fence: str, name: str, body: str) -> str:
    return f"{PROSE}{fence}{name}\n{body}{fence}\n\nThat is all.\n"


@pytest.mark.parametrize("name", ["python", "py", "", "{.python}"])
def test_a_long_fence_is_opened_by_its_language(name: str) -> None:
    text = document("```", name, CODE)
    parts = told(text, "x.md", "text/markdown")
    above = heads(text, parts, "limit = 500")
    assert above == ["def refund(value):", f"```{name}"]
    closer = parts[-2]
    assert closer.core(text) == "```" and parts[closer.closes].core(text) == f"```{name}"
    assert with_piece(text, parts, "That is all.").text_kind == ""


def test_a_small_fence_stays_one_piece() -> None:
    text = document("```", "python", "import os\n\n\ndef f():\n    return 1\n")
    fence = with_piece(text, told(text, "x.md", "text/markdown"), "import os")
    assert fence.core(text).startswith("```python") and fence.core(text).endswith("```")


def test_other_kinds_stand_in_fences_too() -> None:
    text = document("~~~~", "text", ERRORS)
    parts = told(text, "x.md", "text/markdown")
    error = with_piece(text, parts, "name x3 ")
    assert error.text_kind == "diagnostics" and heads(text, parts, "name x3 ") == ["~~~~text"]
    plain = document("```", "", "one two three four\n\n" * 40)
    assert len(told(plain, "x.md", "text/markdown")) > 30


def test_what_the_question_asks_for_comes_with_its_fence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.md"
    path.write_text(document("```", "python", CODE))
    run: Callable[..., Ran] = runner(lingua, capsys)
    out = run(
        path, "-q", "what is the refund limit?", "--tokens", 60, "--engine", "lexical", "--no-store"
    ).out
    assert "limit = 500" in out and "def refund(value):" in out and "os.path.join" not in out
    assert out.count("```") == 2


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="`~ \n\tab{}\"':,[]#-", min_size=1, max_size=40))
def test_tiles_any_long_fence(body: str) -> None:
    text = document("```", "json", f"{body}\n" * 40)
    assert_tiles(text, told(text, "x.md", "text/markdown"))
