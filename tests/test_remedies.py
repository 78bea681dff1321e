"""Every command that a message tells a user to run names an extra that exists, in both forms."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ctxc import remedies
from ctxc.engines.literature.llmlingua2 import INSTALL
from ctxc.errors import CtxcError
from ctxc.models import catalogue, hub
from ctxc.stats import plot

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "ctxc").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = set(PROJECT["optional-dependencies"])


def asked_for() -> dict[str, set[str]]:
    """The extras that messages name, each with the files that do."""
    out: dict[str, set[str]] = {}
    for path in SOURCES:
        for extra in re.findall(r"\binstall\([\"'](\w+)[\"']\)", path.read_text("utf-8")):
            out.setdefault(extra, set()).add(path.name)
    return out


def test_every_extra_that_is_named_exists() -> None:
    named = asked_for()
    known = {"hub", "openai", "plot", "llmlingua", "crypto", "office", "train"}
    assert set(named) == known <= EXTRAS
    assert PROJECT["name"] == remedies.PACKAGE


def test_no_message_makes_the_command_by_itself() -> None:
    for path in SOURCES:
        if path.name != "remedies.py":
            text = path.read_text("utf-8")
            assert not re.search(rf"'{remedies.PACKAGE}\[|\.\[\w+\]'", text), path


def test_the_documentation_names_extras_that_exist_in_both_forms() -> None:
    for page in sorted((ROOT / "ctxc" / "docs").glob("*.md")):
        text = page.read_text("utf-8")
        index = re.findall(r"pip install 'ctxc-cli\[(\w+)\]'", text)
        assert index == re.findall(r"pip install '\.\[(\w+)\]'", text), page.name
        assert set(index) <= EXTRAS


@pytest.mark.parametrize("extra", sorted(EXTRAS - {"dev"}))
def test_both_forms_are_said(extra: str) -> None:
    line = remedies.install(extra)
    assert f"pip install '.[{extra}]' in a checkout" in line
    assert f"pip install 'ctxc-cli[{extra}]' from an index" in line


def test_messages_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    assert remedies.install("llmlingua") == INSTALL
    with pytest.raises(CtxcError) as caught:
        hub._require()
    assert caught.value.hint == remedies.install("hub")
    with pytest.raises(CtxcError) as caught:
        plot.check(Path("a.png"))
    assert remedies.install("plot") in caught.value.hint


def test_the_reader_that_is_recommended_can_be_pulled() -> None:
    entry = catalogue.find(remedies.SMALL_READER)
    assert entry is not None and entry.repo
    assert f"ctxc models pull {entry.name}" in remedies.reader()
