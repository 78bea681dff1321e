"""A budget of less than one token prints no token: it is said, with an exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command import Ran, runner

import ctxc
from ctxc.budget import Rate
from ctxc.cli import distill as distill_command
from ctxc.cli import lingua as lingua_command
from ctxc.errors import BudgetError


@pytest.fixture
def lingua(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    monkeypatch.chdir(tmp_path)
    Path("short.md").write_text("The pump failed.\n")  # 4 tokens
    Path("long.md").write_text("The pump failed on Monday and nobody was hurt.\n" * 9)
    Path("empty.md").write_text("")
    return runner(lingua_command.lingua, capsys)


@pytest.mark.parametrize(
    ("original", "rate", "target"), [(1, 0.5, 0), (5, 0.19, 0), (5, 0.2, 1), (0, 0.5, 0), (1, 1, 1)]
)
def test_a_share_is_rounded_down(original: int, rate: float, target: int) -> None:
    assert Rate(rate).target(original) == target


@pytest.mark.parametrize("engine", ["truncate", "random", "lexical"])
@pytest.mark.parametrize("option", [("--rate", "0.1"), ("--ratio", "9")])
def test_less_than_a_token_is_no_output(
    lingua: Callable[..., Ran], engine: str, option: tuple[str, str]
) -> None:
    asked = ("-q", "What failed?") if engine == "lexical" else ()
    ran = lingua("short.md", "--engine", engine, *option, *asked)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ctxc: short.md: rate 0.1")
    assert "of its 4 tokens is less than one token, so nothing can be kept\n" in ran.err
    assert lingua("short.md", "--engine", engine, "--rate", "0.25", *asked).code == 0


def test_the_rest_of_a_batch_goes_on(lingua: Callable[..., Ran]) -> None:
    ran = lingua(
        "short.md", "long.md", "empty.md", "--engine", "truncate", "--rate", "0.15", "--json"
    )
    first, second, third = map(json.loads, ran.out.splitlines())
    assert ran.code == 1 and first["error"]["kind"] == "budget"
    assert second["tokens"]["compressed"] <= second["tokens"]["target"] == 13
    assert third["text"] == ""
    planned = lingua("short.md", "long.md", "--engine", "truncate", "--rate", "0.15", "--dry-run")
    assert planned.code == 1 and planned.out.startswith("fail      short.md")


def test_what_is_too_short_to_distil_passes_through(
    lingua: Callable[..., Ran], capsys: pytest.CaptureFixture[str]
) -> None:
    distill: Callable[..., Ran] = runner(distill_command.distill, capsys)
    options = ("short.md", "--engine", "verbatim", "--rate", "0.1")
    assert distill(*options).out == "The pump failed.\n"
    assert distill(*options, "--dry-run").code == 0
    assert distill(*options, "--min-tokens", "1").code == 1


def test_the_library_says_it_too() -> None:
    with pytest.raises(BudgetError, match="less than one token"):
        ctxc.compress("The pump failed.", rate=0.1, engine="truncate")
