"""Messages of compilers and linters, and matches of searches, with their places and excerpts."""

from __future__ import annotations

import random

import pytest
from code_kinds import assert_tiles, confidence, heads, told, units, with_piece
from hypothesis import given, settings
from hypothesis import strategies as st

GCC = """\
In file included from src/main.c:3,
                 from src/other.c:1:
src/util.h:12:5: warning: unused variable 'x' [-Wunused-variable]
   12 |     int x;
      |         ^
src/main.c: In function 'main':
src/main.c:14:9: error: 'foo' undeclared (first use in this function)
   14 |     foo = 3;
      |     ^~~
src/main.c:14:9: note: each undeclared identifier is reported only once
src/main.c:20:5: warning: unused variable 'y' [-Wunused-variable]
   20 |     int y;
      |         ^
src/main.c:21:1: error: expected ';' before '}' token
1 warning and 2 errors generated.
"""

RUSTC = """\
   Compiling app v0.1.0 (/tmp/app)
warning: unused variable: `x`
 --> src/main.rs:2:9
  |
2 |     let x = 5;
  |         ^ help: if this is intentional, prefix it with an underscore: `_x`
  |
  = note: `#[warn(unused_variables)]` on by default

error[E0308]: mismatched types
  --> src/main.rs:10:18
   |
10 |     let y: i32 = "a";
   |            ---   ^^^ expected `i32`, found `&str`
   |            |
   |            expected due to this

error: could not compile `app` (bin "app") due to 1 previous error; 1 warning emitted
"""

TSC = """\
src/a.ts:3:7 - error TS2322: Type 'string' is not assignable to type 'number'.

3 const x: number = "a";
        ~

  src/b.ts:1:1
    1 export const q = 1;
      ~~~~~~
    The expected type comes from here

src/c.ts:8:1 - error TS2304: Cannot find name 'foo'.

8 foo();
  ~~~


Found 2 errors in 2 files.
"""

TSC_PLAIN = """\
src/Modal.tsx(12,5): error TS2304: Cannot find name 'usePortal'.
src/Button.tsx(3,1): error TS2322: Type 'string' is not assignable to type 'number'.
"""

ESLINT = """
/home/u/app/src/index.js
   1:10  error    'foo' is defined but never used  no-unused-vars
  12:5   warning  Unexpected console statement     no-console

/home/u/app/src/b.js
  3:1  error  Parsing error: Unexpected token

✖ 3 problems (2 errors, 1 warning)
"""

MYPY = """\
ctxc/a.py:3: error: Incompatible types in assignment  [assignment]
ctxc/a.py:9: note: See https://mypy.readthedocs.io
ctxc/b.py:7:12: error: Name "x" is not defined  [name-defined]
Found 2 errors in 2 files (checked 12 source files)
"""

RUFF = """\
F401 [*] `os` imported but unused
 --> a.py:1:8
  |
1 | import os
  |        ^^
help: Remove unused import: `os`

Found 1 error.
"""

FLAKE8 = """\
./num_guess.py:4:1: F401 'sys' imported but unused
./num_guess.py:4:11: E261 at least two spaces before inline comment
./num_guess.py:9:3: F821 undefined name 'gues'
"""

JAVAC = """\
src/shop/Cart.java:12: error: cannot find symbol
import shop.Foo;
           ^
  symbol:   class Foo
  location: package shop
src/shop/Cart.java:30: warning: [deprecation] foo() in Bar has been deprecated
        bar.foo();
           ^
1 error
1 warning
"""

MSBUILD = """\
  56>C:\\src\\Net Lib\\Device.cs(229,30): warning CS0618: 'SendQueue' is obsolete [C:\\src\\a.csproj]
  56>C:\\src\\Net Lib\\Units.cs(75,27): error CS0103: The name 'x' does not exist [C:\\src\\a.csproj]
"""

SHELLCHECK = """
In deploy.sh line 3:
rm -rf $DIR
       ^--^ SC2086 (info): Double quote to prevent globbing and word splitting.

Did you mean: 
rm -rf "$DIR"
"""

MAVEN = """\
[ERROR] /home/u/src/Main.java:[86,74] cannot find symbol
[WARNING] /home/u/src/Other.java:[12,7] unchecked cast
"""

GREP = """\
src/auth/session.py:12:    expires = now() + ttl
src/auth/session.py:48:    expires = now() + ttl
src/auth/token.py:7:def refresh(token, ttl=900):
src/billing/tax.py:301:    ttl = None  # never expires
"""

GREP_CONTEXT = """\
src/a.py-10-def f():
src/a.py:11:    return ttl
src/a.py-12-
--
src/b-2-x.py-3-import os
src/b-2-x.py:4:ttl = 5
"""

RIPGREP = """\
src/auth/session.py
12:    expires = now() + ttl
13-    return expires

src/billing/tax.py
300-
301:    ttl = None  # never expires
"""

ALL = {
    "gcc": GCC,
    "rustc": RUSTC,
    "tsc": TSC,
    "tsc plain": TSC_PLAIN,
    "eslint": ESLINT,
    "mypy": MYPY,
    "ruff": RUFF,
    "flake8": FLAKE8,
    "javac": JAVAC,
    "msbuild": MSBUILD,
    "shellcheck": SHELLCHECK,
    "maven": MAVEN,
    "grep": GREP,
    "grep -C": GREP_CONTEXT,
    "ripgrep": RIPGREP,
}

LOG = "2026-11-25 10:00:00,123 INFO app/foo.py:12: ready\n10:53:05 [INFO] a: 3: b\n" * 20
PROSE = "We met at 10:30: all were there. See chapter 3:12 (page 4): it says so.\n" * 20
TRANSCRIPT = "Anna: 12: that is the number.\nBen: I think so.\n" * 20
STACK = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nValueError: x\n'


@pytest.mark.parametrize("name", ALL)
def test_told_by_its_places(name: str) -> None:
    assert {s.text_kind for s in told(ALL[name])} == {"diagnostics"}


@pytest.mark.parametrize("text", [LOG, PROSE, TRANSCRIPT, STACK, "", "\n", "a.py:3: alone\n"])
def test_other_texts_are_none(text: str) -> None:
    assert confidence(text, "diagnostics") == 0.0


def test_a_message_has_its_excerpt_and_its_includes() -> None:
    parts = units(GCC, "diagnostics")
    error = with_piece(GCC, parts, "'foo' undeclared").core(GCC)
    assert error.endswith("^~~") and "14 |     foo = 3;" in error
    assert with_piece(GCC, parts, "unused variable 'x'").core(GCC).startswith("In file included")
    java = with_piece(JAVAC, units(JAVAC, "diagnostics"), "cannot find").core(JAVAC)
    assert "import shop.Foo;" in java and "location: package shop" in java
    rust = with_piece(RUSTC, units(RUSTC, "diagnostics"), "error[E0308]").core(RUSTC)
    assert "--> src/main.rs:10:18" in rust and "expected due to this" in rust
    script = with_piece(TSC, units(TSC, "diagnostics"), "TS2304").core(TSC)
    assert script.endswith("  ~~~")


def test_ties_to_file_function_error_and_match() -> None:
    parts = units(GCC, "diagnostics")
    assert heads(GCC, parts, "'foo' undeclared") == ["src/main.c: In function 'main':"]
    assert "'foo' undeclared" in heads(GCC, parts, "note: each undeclared")[0]
    lint = units(ESLINT, "diagnostics")
    assert heads(ESLINT, lint, "no-console") == ["/home/u/app/src/index.js"]
    assert heads(ESLINT, lint, "Parsing error") == ["/home/u/app/src/b.js"]
    found = units(GREP_CONTEXT, "diagnostics")
    assert heads(GREP_CONTEXT, found, "def f()") == ["src/a.py:11:    return ttl"]
    assert heads(GREP_CONTEXT, found, "import os") == ["src/b-2-x.py:4:ttl = 5"]
    assert heads(RIPGREP, units(RIPGREP, "diagnostics"), "never")[0] == "src/billing/tax.py"
    assert heads(TSC, units(TSC, "diagnostics"), "The expected type")[0].startswith("src/a.ts:3")


def test_errors_before_warnings_before_steps_and_the_summary_with_them() -> None:
    for text, error, warning in (
        (GCC, "'foo' undeclared", "variable 'x'"),
        (RUSTC, "error[E0308]", "warning: unused"),
        (ESLINT, "Parsing error", "no-console"),
        (JAVAC, "cannot find", "[deprecation]"),
        (MSBUILD, "CS0103", "CS0618"),
        (MAVEN, "cannot find", "unchecked"),
        (FLAKE8, "F821", "E261"),
    ):
        parts = units(text, "diagnostics")
        bad = with_piece(text, parts, error).salience
        assert bad >= 4 > 3 >= with_piece(text, parts, warning).salience >= 2
    parts = units(GCC, "diagnostics")
    assert (
        with_piece(GCC, parts, "'foo'").salience > with_piece(GCC, parts, "expected ';'").salience
    )
    assert with_piece(GCC, parts, "2 errors generated").salience == 4
    assert with_piece(RUSTC, units(RUSTC, "diagnostics"), "could not compile").kind == "verdict"
    assert with_piece(RUSTC, units(RUSTC, "diagnostics"), "Compiling").salience == 0


def test_warnings_alone_are_worth_more() -> None:
    text = GCC.replace("error:", "warning:")
    assert with_piece(text, units(text, "diagnostics"), "variable 'x'").salience == 3


def test_warnings_that_say_the_same_repeat_the_first_and_other_errors_do_not() -> None:
    parts = units(GCC, "diagnostics")
    first = next(i for i, s in enumerate(parts) if "variable 'x'" in s.core(GCC))
    assert with_piece(GCC, parts, "variable 'y'").folds == first
    names = TSC_PLAIN + TSC_PLAIN.replace("usePortal", "useModal")
    assert all(s.folds < 0 for s in units(names, "diagnostics")[:3])
    parts = units(GREP, "diagnostics")
    assert [s.folds for s in parts] == [-1, 0, -1, -1]


def test_found_inside_a_build() -> None:
    steps = "".join(f"[{i}/90] Building CXX object lib/a{i}.o\n" for i in range(90))
    text = steps + GCC + steps
    parts = told(text)
    assert with_piece(text, parts, "'foo' undeclared").salience == 5


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(ALL)))
def test_tiles_whatever_is_broken(seed: int, name: str) -> None:
    rng = random.Random(seed)
    lines = ALL[name].splitlines(keepends=True)
    for _ in range(rng.randint(0, 8)):
        at = rng.randrange(len(lines))
        lines[at : at + rng.randint(0, 3)] = rng.choices([*lines, "\n", "  ^\n", ":3:"], k=1)
        lines = lines or ["\n"]
    mutated = "".join(lines)[: rng.randint(1, 900)]
    units(mutated, "diagnostics")
    confidence(mutated, "diagnostics")
    assert_tiles(mutated, told(mutated))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="a.c:(1,2)-> error:|^~\n\r\t/", max_size=200))
def test_tiles_any_text(text: str) -> None:
    if text:
        units(text, "diagnostics")
        confidence(text, "diagnostics")
