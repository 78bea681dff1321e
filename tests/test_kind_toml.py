"""TOML: tables and keys; what is left parses and says the same."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_data import document
from unit_subsets import closure, is_subset, kind_of, random_subset, units, write

PROJECT = '''\
# A project
title = "x"

[project]
name = "ctxc"
# why so many
dependencies = [
    "a>=1", # [not closed
    "b",
]
readme = """
[not a table]
key = 1
"""

[tool.lint.rules]
select = ["E", "F"]

[[package]]
name = "one"
version = "1.0"

[package.source]
registry = "r"

[[package]]
name = "two"
version = "2.0"
status = "failed"

[[package.files]]
file = "a"
'''


def keep(text: str, *cores: str) -> dict[str, Any]:
    segments = units(text, "toml")
    chosen = {i for i, s in enumerate(segments) if s.core(text).strip() in cores}
    assert len(chosen) == len(cores)
    return tomllib.loads(write(text, segments, closure(segments, chosen)))


def test_a_key_brings_its_table() -> None:
    assert kind_of(PROJECT) == "toml"
    assert keep(PROJECT, 'select = ["E", "F"]') == {
        "tool": {"lint": {"rules": {"select": ["E", "F"]}}}
    }
    assert keep(PROJECT, 'version = "2.0"') == {"package": [{"name": "two", "version": "2.0"}]}


def test_tables_below_an_element_bring_it() -> None:
    assert keep(PROJECT, 'registry = "r"') == {"package": [{"source": {"registry": "r"}}]}
    assert keep(PROJECT, 'file = "a"') == {"package": [{"files": [{"file": "a"}]}]}


def test_values_over_lines_are_whole() -> None:
    whole = tomllib.loads(PROJECT)
    cores = [s.core(PROJECT) for s in units(PROJECT, "toml")]
    (readme,) = [c for c in cores if c.startswith("readme")]
    (needs,) = [c for c in cores if "dependencies" in c]
    assert tomllib.loads(readme)["readme"] == whole["project"]["readme"]
    assert tomllib.loads(needs) == {"dependencies": ["a>=1", "b"]}
    assert needs.startswith("# why")


def test_what_says_a_failure_comes_first() -> None:
    segments = units(PROJECT, "toml")
    assert [s.core(PROJECT) for s in segments if s.salience >= 4] == ['status = "failed"']


def dumped(value: dict[str, Any], rng: random.Random) -> str:
    """A TOML document that says this; lists over lines now and then."""
    lines: list[str] = []
    _dump(value, "", lines, rng)
    return "\n".join(lines) + "\n"


def _dump(value: dict[str, Any], path: str, lines: list[str], rng: random.Random) -> None:
    tables = [(k, v) for k, v in value.items() if isinstance(v, dict) and rng.random() < 0.8]
    arrays = [
        (k, v)
        for k, v in value.items()
        if isinstance(v, list) and v and all(isinstance(x, dict) for x in v)
    ]
    apart = {k for k, _ in (*tables, *arrays)}
    lines += [f"{_key(k)} = {_inline(v, rng)}" for k, v in value.items() if k not in apart]
    for k, v in tables:
        lines += [""] * rng.randrange(2) + [f"[{path}{_key(k)}]"]
        _dump(v, f"{path}{_key(k)}.", lines, rng)
    for k, v in arrays:
        for element in v:
            lines += ["# one more"] * rng.randrange(2) + [f"[[{path}{_key(k)}]]"]
            _dump(element, f"{path}{_key(k)}.", lines, rng)


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else f'"{key}"'


def _inline(value: Any, rng: random.Random) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, list):
        inner = [_inline(v, rng) for v in value]
        return (
            "[\n  " + ",\n  ".join(inner) + "\n]" if rng.random() < 0.3 else f"[{', '.join(inner)}]"
        )
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_inline(v, rng)}" for k, v in value.items()) + "}"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    if "\n" in text and rng.random() < 0.5:
        return f'"""{text}"""'
    return '"' + text.replace("\n", "\\n").replace("\t", "\\t") + '"'


def test_a_thousand_random_documents_parse_and_are_subsets_at_random_cuts() -> None:
    parsed = 0
    for seed in range(1400):
        rng = random.Random(seed)
        text = dumped(document(rng, 3), rng)
        try:
            whole = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue  # a list over lines inside an inline table
        parsed += 1
        segments = units(text, "toml")
        for _ in range(3):
            left = tomllib.loads(random_subset(text, segments, rng))
            assert is_subset(left, whole), text
    assert parsed >= 1000


@pytest.mark.parametrize(
    "text",
    [
        "[section]\nkey = value with words\nother = /a/path\n",
        "[INFO] key = 1\n[WARN] key = 2\n",
        "x = 1\ny = 2\nprint(x + y)\n",
        "[a](b)\n\nProse = more prose.\n",
        "- [ ] task = 1\n",
        "export A=1\nB = '2'\n",
    ],
)
def test_what_is_no_toml(text: str) -> None:
    assert kind_of(text) != "toml"


def test_this_projects_own_file() -> None:
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")
    assert kind_of(text, "pyproject.toml") == kind_of(text) == "toml"
    whole, segments = tomllib.loads(text), units(text, "toml")
    for seed in range(50):
        left = tomllib.loads(random_subset(text, segments, random.Random(seed)))
        assert is_subset(left, whole)


@settings(deadline=None)
@given(st.text(alphabet="ab=.[]{}#\"'\\ \n\t,1", max_size=150))
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text, "a.toml")
    if text.strip():
        units(text, "toml")
