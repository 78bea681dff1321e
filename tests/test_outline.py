"""``lingua --outline``: signatures and first docstring lines, nothing of the bodies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

from ctxc import tokens
from ctxc.cli.lingua import lingua

PYTHON = '''\
"""Orders."""

import os

LIMIT = 5


class Order(Base):
    """An order.

    It has parts.
    """

    def cancel(self, user):
        """Cancel it."""
        if self.owner != user:
            raise PermissionError("not yours")
        return self

    @property
    def total(self) -> int:
        return sum(self.parts)


def report(rows):
    for row in rows:
        print(row)
'''
OUTLINE = '''\
"""Orders."""
class Order(Base):
    """An order."""
    def cancel(self, user):
        """Cancel it."""
    @property
    def total(self) -> int:
def report(rows):'''

JAVA = """\
package shop;

import java.util.List;

/**
 * A cart.
 * Not thread safe.
 */
public class Cart {
    private final int size = 3;

    /** Adds a line. */
    public void add(String sku, int quantity) {
        if (quantity <= 0) {
            throw new IllegalArgumentException("quantity");
        }
        lines.add(sku);
    }

    interface Line {
        String sku();
    }
}
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return runner(lingua, capsys)


def lines_of(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def test_the_whole_outline_without_a_budget(tmp_path: Path, run: Callable[..., Ran]) -> None:
    path = tmp_path / "orders.py"
    path.write_text(PYTHON)
    done = run(path, "--outline", "--no-store")
    assert done.code == 0 and lines_of(done.out) == lines_of(OUTLINE)


def test_a_class_keeps_the_signatures_of_its_methods(
    tmp_path: Path, run: Callable[..., Ran]
) -> None:
    path = tmp_path / "Cart.java"
    path.write_text(JAVA)
    out = run(path, "--outline", "--no-store").out
    assert "public class Cart {" in out and "void add(String sku, int quantity) {" in out
    assert "* A cart. */" in out and "/** Adds a line. */" in out and "Not thread safe" not in out
    assert "String sku();" in out and "IllegalArgument" not in out and "import" not in out
    assert out.count("{") == out.count("}")


def test_a_budget_keeps_the_outer_signatures(tmp_path: Path, run: Callable[..., Ran]) -> None:
    path = tmp_path / "orders.py"
    path.write_text(PYTHON)
    out = run(path, "--outline", "--tokens", 14, "--no-store").out
    assert "class Order(Base):" in out and "def report(rows):" in out and "cancel" not in out
    assert tokens.get("o200k_base").count(out) <= 14


def test_a_text_without_declarations_says_so(tmp_path: Path, run: Callable[..., Ran]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("The pump failed. It was old. Nobody was hurt.\n")
    done = run(path, "--outline", "--no-store")
    assert done.code == 0 and "The pump failed." in done.out and "no outline" in done.err


def test_fences_in_markdown_are_no_outline(tmp_path: Path, run: Callable[..., Ran]) -> None:
    path = tmp_path / "readme.md"
    path.write_text(f"# Use\n\nRead this.\n\n```python\n{PYTHON}```\n")
    done = run(path, "--outline", "--no-store")
    assert "Read this." in done.out and "no outline" in done.err
