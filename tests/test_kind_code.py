"""Source code: members, statements, comments and imports, cut by its syntax."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from pathlib import Path

import pytest
from code_kinds import assert_tiles, confidence, heads, passage_of, told, units, with_piece
from hypothesis import given, settings
from hypothesis import strategies as st
from unit_subsets import random_subset

import ctxc
from ctxc.text import kinds
from ctxc.text.kinds.code_languages import LANGUAGES, parse

SAMPLES = {
    p.suffix[1:]: p.read_text("utf-8") for p in Path(__file__).parent.glob("fixtures/kinds/code/*")
}
SOURCES = sorted(Path(ctxc.__file__).parent.rglob("*.py"))

PYTHON = '''\
#!/usr/bin/env python3
"""Orders."""
import os
from decimal import Decimal, ROUND_UP as UP

LIMIT = 5


# What a customer pays for.
@dataclass
class Order(Base):
    """An order."""

    total: Decimal = Decimal(0)

    def cancel(self, user):
        """Cancel it.

        Only its owner may.
        """
        # TODO: log who did it
        if self.owner != user:
            raise PermissionError("not yours")
        elif self.age > LIMIT:
            for part in self.parts:
                part.stop(
                    now=True,
                    path=os.path.join("a", "b"),
                )
                part.wait()
                part.close()
            return None
        else:
            self.state = "cancelled"
            self.saved = False
            self.save()
        return self


def report(rows):
    for row in rows:
        print(row)
'''

PROSE = (
    "Import duties rose in March. If you return goods, for example shoes, we pay.\n\n"
    "def: a definition. Class action (see below): the court let it = stand.\n"
) * 20
MARKDOWN = (
    "# Use\n\nInstall it:\n\n```python\nimport os\n\ndef f():\n    return 1\n```\n\nThen go on.\n"
)
CONFIG = "[server]\nhost = 1\nport = 2\n\n[client]\nname = 3\n" * 5
SHELL_PROSE = (
    "Run these steps to deploy.\n\n    $ kubectl apply -f deploy.yaml && echo done\n\n"
    "export PATH=/opt/app/bin:$PATH && ./run\nThe service is then available.\n"
)


def test_every_language_has_its_grammar() -> None:
    assert all(parse("x", language) is not None for language in LANGUAGES)


@pytest.mark.parametrize("suffix", sorted(SAMPLES))
def test_a_file_is_told_by_its_name_and_a_pipe_by_its_content(suffix: str) -> None:
    text = SAMPLES[suffix]
    for parts in (told(text, f"x.{suffix}", "text/x-code"), told(text)):
        assert {s.text_kind for s in parts} == {"code"}
        assert sum(s.kind == "member" for s in parts) >= 1 and len(parts) > 4


@pytest.mark.parametrize("text", [PROSE, MARKDOWN, CONFIG, SHELL_PROSE, "", "\n", "x = 1", "a;b\n"])
def test_other_texts_are_none(text: str) -> None:
    assert confidence(text, "code") == 0.0


def test_a_member_is_the_head_of_its_body() -> None:
    parts = units(PYTHON, "code")
    assert heads(PYTHON, parts, "raise PermissionError") == [
        "if self.owner != user:",
        "def cancel(self, user):",
        "@dataclass",
    ]
    order = with_piece(PYTHON, parts, "class Order")
    assert order.core(PYTHON) == "@dataclass\nclass Order(Base):" and order.salience == 2
    assert heads(PYTHON, parts, "# What a customer")[0] == "@dataclass"
    assert heads(PYTHON, parts, '"""Cancel it.')[0] == "def cancel(self, user):"
    docstring = with_piece(PYTHON, parts, '"""Cancel it.')
    assert docstring.kind == "comment" and "Only its owner may." in docstring.core(PYTHON)
    assert with_piece(PYTHON, parts, "TODO").salience == 2


def test_an_opened_statement_keeps_all_lines_of_its_skeleton() -> None:
    parts = units(PYTHON, "code")
    opened = next(i for i, s in enumerate(parts) if "if self.owner" in s.core(PYTHON))
    closers = [s.core(PYTHON).strip() for s in parts if s.closes == opened]
    assert closers == ["elif self.age > LIMIT:", "else:"]
    text = SAMPLES["ts"]
    parts = units(text, "code", "x.ts")
    opened = next(i for i, s in enumerate(parts) if s.core(text) == "    if (id) {")
    closers = [s.core(text).strip() for s in parts if s.closes == opened]
    assert closers == ["} else if (b) {", "} else {", "}"]


def test_imports_are_cheap_and_come_with_what_uses_them() -> None:
    parts = units(PYTHON, "code")
    decimal = next(i for i, s in enumerate(parts) if "from decimal" in s.core(PYTHON))
    assert parts[decimal].salience == 1
    assert with_piece(PYTHON, parts, "total: Decimal").refers == (decimal,)
    assert with_piece(PYTHON, parts, "os.path.join").refers == (decimal - 1,)
    assert with_piece(PYTHON, parts, "self.state").refers == ()
    go = SAMPLES["go"]
    parts = units(go, "code", "x.go")
    assert parts[with_piece(go, parts, "os.Exit").refers[0]].core(go).startswith("import (")


def test_decorators_and_comments_of_other_languages_are_tied() -> None:
    rust, ts, cs = SAMPLES["rs"], SAMPLES["ts"], SAMPLES["cs"]
    parts = units(rust, "code", "x.rs")
    assert with_piece(rust, parts, "pub struct Point").core(rust).startswith("#[derive")
    assert heads(rust, parts, "/// Makes one.")[0] == "#[inline]"
    parts = units(ts, "code", "x.ts")
    assert heads(ts, parts, "/** A service.")[0] == "@Injectable()"
    parts = units(cs, "code", "x.cs")
    assert with_piece(cs, parts, "int Total").core(cs).strip().startswith("[Fact]")
    assert heads(cs, parts, "return a.Sum()")[-1].startswith("namespace App")


@pytest.mark.parametrize("path", SOURCES[::4], ids=lambda path: path.stem)
def test_no_unit_begins_inside_an_expression(path: Path) -> None:
    text = path.read_text("utf-8")
    rows = [0]
    for line in text.split("\n"):
        rows.append(rows[-1] + len(line) + 1)
    row_of = {start: row + 1 for row, start in enumerate(rows)}
    begun = {row_of[s.start] for s in units(text, "code", path.name)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.expr) and node.end_lineno:
            assert not begun & set(range(node.lineno + 1, node.end_lineno + 1))


@pytest.mark.parametrize("suffix", sorted({*SAMPLES} - {"rb", "sh", "sql"}))
def test_brackets_stay_in_pairs_whatever_is_dropped(suffix: str) -> None:
    text = SAMPLES[suffix]
    parts = units(text, "code", f"x.{suffix}")
    for seed in range(40):
        left = random_subset(text, parts, random.Random(seed))
        assert all(left.count(a) == left.count(b) for a, b in ("()", "[]", "{}"))


def test_a_broken_file_is_cut_all_the_same() -> None:
    broken = PYTHON.replace("class Order(Base):", "class Order(Base:") + "def (((\n" * 3
    parts = units(broken, "code", "x.py")
    assert len(parts) > 4
    assert any("report" in s.core(broken) and s.core(broken).startswith("def") for s in parts)


def test_without_a_grammar_blank_lines_cut() -> None:
    text = "local x = 1\n\nfunction f()\n  return x\nend\n"
    assert [s.core(text) for s in units(text, "code", "x.lua")] == [
        "local x = 1",
        "function f()\n  return x\nend",
    ]


def test_a_language_is_told_with_two_parses_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    from ctxc.text.kinds import code_languages

    parsed = []

    def counted(code: str, language: str) -> object:
        parsed.append(language)
        return parse(code, language)

    monkeypatch.setattr(code_languages, "parse", counted)
    mixed = "\n".join(SAMPLES.values()) + "\n# never seen before\n"
    kinds.kind_module("code").detect(passage_of(mixed))
    assert len(parsed) <= 2
    parsed.clear()
    kinds.kind_module("code").detect(passage_of(PROSE + "never seen before"))
    assert parsed == []


def test_no_grammar_is_imported_for_prose() -> None:
    program = (
        "import sys\nfrom ctxc.document import Document\nfrom ctxc.text.segment import segments\n"
        "segments(Document('The pump failed. It was old. ' * 50, '-'))\n"
        "print([m for m in sys.modules if m.startswith('tree_sitter')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(SAMPLES)))
def test_tiles_whatever_is_broken(seed: int, suffix: str) -> None:
    rng = random.Random(seed)
    lines = SAMPLES[suffix].splitlines(keepends=True)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(lines))
        lines[at : at + rng.randint(0, 3)] = rng.choices([*lines, "\n", "}{(\n", "é'\r\n"], k=1)
        lines = lines or ["\n"]
    mutated = "".join(lines)[: rng.randint(1, 900)]
    units(mutated, "code", f"x.{suffix}")
    assert_tiles(mutated, told(mutated))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.sampled_from(sorted(SAMPLES)))
def test_tiles_any_text(text: str, suffix: str) -> None:
    if text:
        units(text, "code", f"x.{suffix}")
        confidence(text, "code")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_characters_far_beyond_ascii_crash_no_grammar(language: str) -> None:
    """In a process of its own: what goes wrong here is a segmentation fault."""
    program = (
        "from ctxc.text.kinds.code_languages import parse\n"
        "for first in ['{', '${', '$', '<<', chr(39), '#', '[', 'R(', '`', '@', '<?php <<<']:\n"
        "    for code in range(0x100, 0x110000, 4099):\n"
        "        if not 0xd800 <= code < 0xe000:\n"
        f"            parse(first + chr(code) * 3 + '}}', {language!r})\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-300:]
